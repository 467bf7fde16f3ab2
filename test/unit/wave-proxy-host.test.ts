import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

/** By which name the role waves lets old's Dovecot ask for new's. */
const file = new URL("../../roles/waves/tasks/proxy-host.yml", import.meta.url);
const tasks = parse(readFileSync(file, "utf8")) as readonly {
  readonly name: string;
  readonly shell: { readonly cmd: string };
}[];

/** Looks at a certificate that is its own authority. `extension` holds its names besides `mail.example.org` as its CN. */
function nameFor(extension: string, wave_proxy_name = "") {
  const certificate = join(temporaryDirectory(), "cert.pem");
  const names = extension === "" ? [] : ["-addext", `subjectAltName=${extension}`];
  const words = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=mail.example.org", "-keyout", "/dev/null", "-out", certificate, ...names],
  ];
  execFileSync("openssl", words, { stdio: "ignore" });
  const looking = tasks.find((task) => task.name === "Whether old knows it by its authorities");
  const values = { wave_proxy_name, wave_proxy_ca: certificate };
  const script = renderText(looking?.shell.cmd ?? "", values, "proxy-host.yml");
  const input = readFileSync(certificate, "utf8");
  const { status, stdout, stderr } = spawnSync("sh", ["-c", script], { encoding: "utf8", input });
  return { status, name: stdout.trim(), stderr };
}

test.each([
  { names: "DNS:mail.example.org,DNS:example.org", name: "mail.example.org" },
  { names: "DNS:*.example.org,DNS:example.org", name: "example.org" },
])("the first name of a single host is taken from a certificate for $names", ({ names, name }) => {
  expect(nameFor(names)).toMatchObject({ status: 0, name });
});

test.each(["", "DNS:*.example.org"])("a certificate whose names are '%s' needs one named", (names) => {
  const stderr = expect.stringContaining("wave_proxy_name");
  expect(nameFor(names)).toMatchObject({ status: 1, name: "", stderr });
  expect(nameFor(names, "mail.example.org")).toMatchObject({ status: 0, name: "mail.example.org" });
  expect(nameFor(names, "mail.example.com")).not.toMatchObject({ status: 0 });
});
