import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loginUser } from "../../src/lab/host-files.ts";
import type { LabHost } from "../../src/lab/lab.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import { makeIdentity, sealAge } from "../../src/secrets/age.ts";
import { sealVault } from "../../src/secrets/ansible-vault.ts";
import { sudoersLines } from "../../src/transport/sudoers.ts";
import { type Stage, until } from "./rehearse.ts";

/** Secrets that a whole move works with, and where they may be seen. */
export interface Canary extends SecretWatch {
  /** Files that have to be found, or the search is worth nothing. */
  readonly planted: readonly string[];
}

/** What looks for secrets while a move runs, and behind it. */
export interface SecretWatch {
  /**
   * Who showed one since the secrets are in use: in its command line or its environment (`cmdline of PID: …`), or in a file that
   * came and went (`file PATH: …`) and that others could read.
   */
  seen(): readonly string[];
  /** How many keys of data links were among the secrets: they are made on the way. */
  linkKeys(): number;
  /** Files that hold a secret, in any of its forms, written since then on the hosts and here. */
  files(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/**
 * Gives sudo, MariaDB and a mailbox on both hosts passwords of their own, and the controller the first of them encrypted with age,
 * the last with Ansible Vault, whose own password is as secret, as a user would. Looks at all processes of this machine, which those
 * of the lab's hosts are among, until it is stopped.
 */
export async function plantCanary({ lab, rehearsal }: Stage, mailbox: string): Promise<Canary> {
  const hosts = [lab.hosts.old, lab.hosts.new];
  const [sudo, database, user, vault] = ["sudo", "data", "user", "vault"].map(
    (name) => `${name}"&%/${randomBytes(9).toString("hex")}`,
  ) as [string, string, string, string];
  const tsig = /secret "([^"]+)"/.exec(await readFile(lab.files.tsigKeyFile, "utf8"))?.[1] ?? "";
  const own = await mkdtemp(join(tmpdir(), "mailferry-canary-"));
  const watch = await watchForSecrets({ lab, rehearsal }, [sudo, database, user, vault, tsig], own);
  await protect(hosts, { sudo, database });
  const hashed = await lab.hosts.old.run(["openssl", "passwd", "-6", "-stdin"], { stdin: `${user}\n` });
  await lab.hosts.old.run(["mysql", "mailserver"], {
    stdin: `UPDATE virtual_users SET password = '{SHA512-CRYPT}${hashed.trim()}' WHERE email = '${mailbox}';`,
  });

  const { identity, recipient } = await makeIdentity();
  writeFileSync(join(own, "identity"), `${identity}\n`, { mode: 0o600 });
  writeFileSync(join(own, "vault"), `${vault}\n`, { mode: 0o600 });
  const byAge = await sealAge(Buffer.from(sudo), { recipients: [recipient] });
  const byVault = await sealVault(Buffer.from(user), vault);
  await mkdir(join(rehearsal.directory, "group_vars"));
  writeFileSync(
    join(rehearsal.directory, "group_vars", "all.yml"),
    `become_password: !age ${block(byAge)}smoke_password: !vault ${block(byVault)}`,
  );
  process.env.MAILFERRY_IDENTITY_FILE = join(own, "identity");
  process.env.ANSIBLE_VAULT_PASSWORD_FILE = join(own, "vault");

  for (const host of hosts) {
    const hidden = Buffer.from(`.${user}.`).toString("base64");
    await host.run(["sh", "-c", "umask 077; cat >/var/tmp/planted"], { stdin: hidden });
  }
  const here = join(rehearsal.directory, "planted");
  writeFileSync(here, `{"x":"${Buffer.from(sudo).toString("hex")}"}`);
  return {
    ...watch,
    planted: [
      here,
      ...hosts.flatMap(({ name }) => [`${name}: /root/.my.cnf`, `${name}: /var/tmp/planted`]),
    ].sort(),
    stop: async () => {
      delete process.env.MAILFERRY_IDENTITY_FILE;
      delete process.env.ANSIBLE_VAULT_PASSWORD_FILE;
      await watch.stop();
    },
  };
}

/** From now on sudo asks for a password, and MariaDB wants one of root, which its option file knows. */
async function protect(
  hosts: readonly LabHost[],
  { sudo, database }: { readonly sudo: string; readonly database: string },
): Promise<void> {
  const rights = sudoersLines({ loginUser, becomeUsers: ["root"], asksPassword: true });
  for (const host of hosts) {
    await host.run(["chpasswd"], { stdin: `${loginUser}:${sudo}\n` });
    await host.run(["sh", "-c", `cat >/etc/sudoers.d/${loginUser}`], { stdin: `${rights.join("\n")}\n` });
    await host.run(["mysql"], { stdin: `ALTER USER root@localhost IDENTIFIED BY '${database}';` });
    await host.run(["sh", "-c", "umask 077; cat >/root/.my.cnf"], {
      stdin: `[client]\npassword='${database}'\n`,
    });
  }
}

/** As it may stand in a file: as it is, in JSON, in a URL, in hexadecimal digits, and in base64 wherever it begins there. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].map((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor((shifted.length * 8) / 6)];
    return shifted.toString("base64").slice(from, to);
  });
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString("hex"),
  ];
  return [...new Set([...forms, ...inBase64])];
}

/**
 * Looks at every process, and at every file that comes and goes where such files are put, again and again. `own` is a directory that
 * may hold them; it is removed in the end.
 */
export async function watchForSecrets(
  { lab, rehearsal }: Pick<Stage, "lab" | "rehearsal">,
  secrets: readonly string[],
  own: string,
): Promise<SecretWatch> {
  const hosts = [lab.hosts.old, lab.hosts.new];
  const forms = new Set(secrets.flatMap(formsOf));
  const keys = new Set<string>();
  const seen = new Set<string>();
  for (const host of hosts) await host.run(["touch", "/var/tmp/begin"]);
  writeFileSync(join(own, "begin"), "");
  const ending = new AbortController();
  const look = () => {
    for (const key of linkKeysOf(lab.hosts.new)) {
      keys.add(key);
      forms.add(key);
    }
    for (const shown of [...shownByProcesses(forms), ...hosts.flatMap((host) => shownByFiles(host, forms))]) {
      seen.add(shown);
    }
  };
  const watching = (async () => {
    while (!ending.signal.aborted) {
      look();
      await sleep(200, undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  await provesToSee(seen, lab.hosts.old, secrets[0] ?? "");
  return {
    seen: () => [...seen],
    linkKeys: () => keys.size,
    files: async () => {
      const found = await Promise.all(hosts.map((host) => filesOf(host, [...forms])));
      writeFileSync(join(own, "forms"), `${[...forms].join("\n")}\n`, { mode: 0o600 });
      return [...found.flat(), ...(await filesHere(own, [rehearsal.directory, tmpdir()]))].sort();
    },
    stop: async () => {
      ending.abort();
      try {
        await watching;
      } finally {
        await rm(own, { recursive: true });
      }
    },
  };
}

function shownByProcesses(forms: ReadonlySet<string>): string[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .flatMap((pid) =>
      ["cmdline", "environ"].flatMap((part) => {
        const text = readIfThere(`/proc/${pid}/${part}`);
        return holdsAny(text, forms) ? [`${part} of ${pid}: ${text.slice(0, 200)}`] : [];
      }),
    );
}

/** Where programs put files that they remove again. What lies in memory (/run, /dev/shm) only root can get at by itself. */
const passingPlaces = ["tmp", "var/tmp", "root", "var/lib/mailferry"];

function shownByFiles(host: LabHost, forms: ReadonlySet<string>): string[] {
  return passingPlaces.flatMap((place) =>
    filesBelow(join(host.root, place)).flatMap((file) => {
      const { mode = 0, size = 0 } = lstatSync(file, { throwIfNoEntry: false }) ?? {};
      if ((mode & 0o077) === 0 || size > 1024 ** 2) return [];
      return holdsAny(readIfThere(file), forms) ? [`file ${file}: ${(mode & 0o777).toString(8)}`] : [];
    }),
  );
}

/** Files may go while they are looked at. */
function filesBelow(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function holdsAny(text: string, forms: ReadonlySet<string>): boolean {
  return text !== "" && [...forms].some((form) => text.includes(form));
}

/** Of each private key for a data link the line that holds the secret itself: the fourth of an Ed25519 key of OpenSSH. */
function linkKeysOf(fresh: LabHost): string[] {
  return filesBelow(join(fresh.root, "var/lib/mailferry"))
    .filter((file) => /\/links\/[^/]+\/id_[a-z0-9]+$/.test(file))
    .flatMap((file) => readIfThere(file).split("\n").slice(4, 5))
    .filter((line) => line.length > 40);
}

/** A process may be gone, or be the kernel's. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** A program on a host that has the secret among its words and in its environment is seen to have it. */
async function provesToSee(seen: Set<string>, host: LabHost, secret: string): Promise<void> {
  const wait =
    "cat >/var/tmp/shown; while [ ! -e /run/seen ]; do sleep 0.1; done; rm /var/tmp/shown /run/seen";
  const shown = host.run(["env", `SHOWN=${secret}`, "sh", "-c", wait, "sh", secret], { stdin: secret });
  const parts = ["cmdline", "environ", "file"];
  await until(() => parts.every((part) => [...seen].some((line) => line.startsWith(part))));
  await host.run(["touch", "/run/seen"]);
  await shown;
  seen.clear();
}

/** Of everything on a host that was written since, its journal too. */
async function filesOf(host: LabHost, forms: readonly string[]): Promise<string[]> {
  const script = `cat >/dev/shm/forms
    find / \\( -path /proc -o -path /sys -o -path /dev/shm/forms \\) -prune -o -type f -newer /var/tmp/begin -print0 2>/dev/null |
      xargs -0 -r grep -laFs -f /dev/shm/forms
    ! journalctl --no-pager -o export | grep -qaF -f /dev/shm/forms || echo "the journal"
    rm /dev/shm/forms`;
  const found = await host.run(["sh", "-c", script], { stdin: `${forms.join("\n")}\n` });
  return found.split("\n").flatMap((file) => (file === "" ? [] : [`${host.name}: ${file}`]));
}

/** Of what was written here since: all of the move's own, and what is in the directory for temporary files. */
async function filesHere(own: string, directories: readonly string[]): Promise<string[]> {
  const script = `own=$1; shift
    find "$@" -path "$own" -prune -o -type f -newer "$own/begin" -print0 2>/dev/null |
      xargs -0 -r grep -laFs -f "$own/forms"; :`;
  const { stdout } = await runCommand(["sh", "-c", script, "sh", own, ...directories]);
  return stdout
    .toString()
    .split("\n")
    .filter((file) => file !== "");
}

/** A text of several lines as a value of YAML. */
function block(text: string): string {
  return `|\n${text.replaceAll(/^/gm, "  ").trimEnd()}\n`;
}
