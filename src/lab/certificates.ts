import { copyFile, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

/** A certificate authority that exists for one lab. */
export interface LabCa {
  readonly certificate: string;
  readonly key: string;
}

/** What /etc/letsencrypt on the old server holds: a certificate for the mail names of each domain. */
export const lineages: Readonly<Record<string, readonly string[]>> = {
  "mail.example.org": [
    "mail.example.org",
    "imap.example.org",
    "smtp.example.org",
    "mail-old.example.org",
    "mail-new.example.org",
  ],
  "mail.example.net": ["mail.example.net"],
};

/** Makes the lab's certificate authority; its certificate is `ca.pem` in the lab's directory. */
export async function makeCa(directory: string): Promise<LabCa> {
  const ca = { certificate: join(directory, "ca.pem"), key: join(directory, "ca.key") };
  await runCommand([
    ...[
      "openssl",
      "req",
      "-x509",
      "-nodes",
      "-days",
      "3650",
      "-subj",
      "/O=Mailferry lab/CN=Mailferry lab CA",
    ],
    ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", ca.key, "-out", ca.certificate],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  ]);
  return ca;
}

/** Fills `directory` as certbot fills /etc/letsencrypt: `archive/`, links in `live/`, `renewal/*.conf`. */
export async function makeLetsencrypt(directory: string, ca: LabCa): Promise<void> {
  for (const [lineage, names] of Object.entries(lineages)) await makeLineage(directory, lineage, names, ca);
  await writeFile(
    join(directory, "cli.ini"),
    "max-log-backups = 0\npost-hook = systemctl reload postfix dovecot\n",
  );
}

async function makeLineage(
  directory: string,
  lineage: string,
  names: readonly string[],
  ca: LabCa,
): Promise<void> {
  const archive = join(directory, "archive", lineage);
  const live = join(directory, "live", lineage);
  for (const each of [archive, live]) await mkdir(each, { recursive: true });
  await mkdir(join(directory, "renewal"), { recursive: true });
  // Two generations, as after a first renewal.
  for (const generation of [1, 2]) await issueCertificate(archive, String(generation), names, ca);
  for (const part of ["cert", "chain", "fullchain", "privkey"]) {
    await symlink(join("..", "..", "archive", lineage, `${part}2.pem`), join(live, `${part}.pem`));
  }
  await writeFile(join(directory, "renewal", `${lineage}.conf`), renewalConfiguration(lineage));
}

/** Issues a certificate for names. Writes privkey, cert, chain and fullchain, with the end of their names, into `directory`. */
export async function issueCertificate(
  directory: string,
  generation: string,
  names: readonly string[],
  ca: LabCa,
): Promise<void> {
  const at = (part: string) => join(directory, `${part}${generation}.pem`);
  const request = join(directory, "request.csr");
  const alternatives = names.map((name) => `DNS:${name}`).join(",");
  await runCommand([
    ...["openssl", "req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    ...["-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${alternatives}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth"],
    ...["-keyout", at("privkey"), "-out", request],
  ]);
  const { stdout } = await runCommand([
    ...["openssl", "x509", "-req", "-in", request, "-CA", ca.certificate, "-CAkey", ca.key, "-days", "90"],
    ...["-copy_extensions", "copy"],
  ]);
  await writeFile(at("cert"), stdout);
  await copyFile(ca.certificate, at("chain"));
  await writeFile(at("fullchain"), stdout);
  await rm(request);
}

/** What certbot writes for a certificate got through a web root. */
function renewalConfiguration(lineage: string): string {
  const live = `/etc/letsencrypt/live/${lineage}`;
  return `# renew_before_expiry = 30 days
version = 1.12.0
archive_dir = /etc/letsencrypt/archive/${lineage}
cert = ${live}/cert.pem
privkey = ${live}/privkey.pem
chain = ${live}/chain.pem
fullchain = ${live}/fullchain.pem

[renewalparams]
account = 0123456789abcdef0123456789abcdef
authenticator = webroot
webroot_path = /var/www/html,
server = https://acme-v02.api.letsencrypt.org/directory

[[webroot_map]]
${lineage} = /var/www/html
`;
}
