import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { runWaveScript } from "./wave-scripts.ts";

/** Looks at a certificate that is its own authority. `extension` holds its names besides `mail.example.org` as its CN. */
function nameFor(extension: string, wave_proxy_name = "") {
  const certificate = join(temporaryDirectory(), "cert.pem");
  const names = extension === "" ? [] : ["-addext", `subjectAltName=${extension}`];
  const words = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=mail.example.org", "-keyout", "/dev/null", "-out", certificate, ...names],
  ];
  execFileSync("openssl", words, { stdio: "ignore" });
  const { status, stdout, stderr } = runWaveScript({
    file: "proxy-host",
    task: "Whether old knows it by its authorities",
    values: { wave_proxy_name, wave_proxy_ca: certificate },
    input: readFileSync(certificate, "utf8"),
  });
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

test.each([
  { version: "2.3.13 (89f716dc2)", lines: ["ssl_verify_client_cert = yes"], isAsked: true },
  { version: "2.2.27", lines: ["protocol imap {", "  ssl_verify_client_cert = yes", "}"], isAsked: true },
  { version: "2.3.13 (89f716dc2)", lines: ["ssl = required"], isAsked: false },
  { version: "2.4.1-4 (7d8c0e5759)", lines: ["ssl_verify_client_cert = yes"], isAsked: false },
])("clients' certificates hinder Dovecot $version with $lines: $isAsked", ({ version, lines, isAsked }) => {
  const { status, stdout } = runWaveScript({
    file: "proxy-host",
    task: "Whether users on old log in by certificates of their own",
    programs: { dovecot: `${version}\n`, doveconf: `${lines.join("\n")}\n` },
  });
  expect({ status, isAsked: stdout !== "" }).toEqual({ status: 0, isAsked });
});
