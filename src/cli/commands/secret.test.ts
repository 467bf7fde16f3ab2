import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sealVault } from "../../secrets/ansible-vault.ts";
import { inventoryText, makeWorkplace, playbookText, type Workplace } from "../testing/run-in-memory.ts";

const value = "Mee7-zoh4-Kee9";
const byIdentity = ["--identity", "id.txt"];
const byVault = ["--vault-password-file", "vault-password"];

let place: Workplace;
beforeEach(async () => {
  place = makeWorkplace({
    "inventory.yml": inventoryText,
    "move.yml": playbookText,
    "vault-password": "correct horse\n",
  });
  mkdirSync(join(place.directory, "group_vars"));
  await place.run(["secret", "keygen", "id.txt"]);
});
afterEach(() => place.remove());

function piped(text: string) {
  const stdin = new PassThrough();
  stdin.end(text);
  return { stdin };
}

/** An editor that runs a line of sed on the file. */
function sed(line: string) {
  return { environment: { HOME: "/nonexistent", PATH: "/usr/bin:/bin", EDITOR: `sed -i ${line}` } };
}

const read = (name: string) => readFileSync(join(place.directory, name), "utf8");

async function encrypt(name: string, keys: readonly string[], text = value): Promise<string> {
  return (await place.run(["secret", "encrypt", "--name", name, ...keys], piped(`${text}\n`))).stdout;
}

describe("secret keygen", () => {
  it("writes a key that only its owner reads, and never over one", async () => {
    expect(read("id.txt")).toMatch(/^# public key: age1\w+\nAGE-SECRET-KEY-1\w+\n$/);
    expect(statSync(join(place.directory, "id.txt")).mode & 0o777).toBe(0o600);
    const { exitCode, stderr } = await place.run(["secret", "keygen", "id.txt"]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("is there already")]);
  });
});

describe("secret encrypt and view", () => {
  it.each([
    ["an identity", "!age", byIdentity],
    ["a vault password", "!vault", byVault],
  ])("keep a value by %s", async (_, tag, keys) => {
    const yaml = await encrypt("db_password", keys);
    expect(yaml).toContain(`db_password: ${tag} |\n  `);
    expect(yaml).not.toContain(value);
    place.write("vars.yml", `# a comment\nplain: 1\n${yaml}users:\n  - name: x\n`);
    const one = await place.run(["secret", "view", "vars.yml", "--name", "db_password", ...keys]);
    expect(one).toEqual({ exitCode: 0, stdout: `${value}\n`, stderr: "" });
    const all = await place.run(["secret", "view", "vars.yml", ...keys]);
    expect(all.stdout).toBe(`# a comment\nplain: 1\ndb_password: "${value}"\nusers:\n  - name: x\n`);
  });

  it("keep a whole file, by a passphrase", async () => {
    place.write("pass", "correct horse\n");
    place.write("key.pem", "-----BEGIN PRIVATE KEY-----\nabc\n");
    const keys = ["--secret-pass-file", "pass"];
    expect((await place.run(["secret", "encrypt", "key.pem", ...keys])).exitCode).toBe(0);
    expect(read("key.pem")).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(statSync(join(place.directory, "key.pem")).mode & 0o777).toBe(0o600);
    const shown = await place.run(["secret", "view", "key.pem", ...keys]);
    expect(shown.stdout).toBe("-----BEGIN PRIVATE KEY-----\nabc\n");
    const again = await place.run(["secret", "encrypt", "key.pem", ...keys]);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("encrypted already")]);
  });

  it("take the identity from the file that the environment names", async () => {
    place.write("vars.yml", await encrypt("db_password", byIdentity));
    const environment = { HOME: "/nonexistent", MAILFERRY_IDENTITY_FILE: "id.txt" };
    const { stdout } = await place.run(["secret", "view", "vars.yml", "--name", "db_password"], {
      environment,
    });
    expect(stdout).toBe(`${value}\n`);
  });

  it.each([
    ["no key", [], "nothing says what to encrypt with"],
    ["keys of two kinds", [...byIdentity, ...byVault], "keys of different kinds are given"],
    ["a wrong recipient", ["--recipient", "age1nobody"], '"age1nobody" is no recipient of age'],
    ["a key file that is not there", ["--identity", "nowhere"], "is not there"],
    ["a key file that holds something else", ["--identity", "vault-password"], "holds something else"],
    ["a question where nobody is", ["--ask-vault-pass"], "there is no terminal to ask at"],
  ])("refuse %s", async (_, keys, message) => {
    const { exitCode, stdout, stderr } = await place.run(["secret", "encrypt", ...keys], piped("x"));
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("say which values there are when none has the name", async () => {
    place.write("vars.yml", `db:\n  ${(await encrypt("password", byVault)).replaceAll("\n", "\n  ")}`);
    const { exitCode, stderr } = await place.run([
      "secret",
      "view",
      "vars.yml",
      "--name",
      "password",
      ...byVault,
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("These are encrypted: db.password.")]);
  });
});

describe("secret edit", () => {
  it("changes one value and leaves the rest of the file", async () => {
    place.write("vars.yml", `a: 1\n${await encrypt("db_password", byIdentity)}# end\n`);
    const words = ["secret", "edit", "vars.yml", "--name", "db_password", ...byIdentity];
    expect((await place.run(words, sed("s/Kee9/Kee10/"))).stdout).toBe("encrypted vars.yml anew\n");
    expect(read("vars.yml")).toMatch(/^a: 1\ndb_password: !age \|\n {2}-----BEGIN[^#]*-----\n# end\n$/);
    const shown = await place.run(["secret", "view", "vars.yml", "--name", "db_password", ...byIdentity]);
    expect(shown.stdout).toBe("Mee7-zoh4-Kee10\n");
  });

  it("writes nothing when nothing was changed", async () => {
    place.write("whole.yml", await sealVault(Buffer.from("a: 1\n"), "correct horse", "web"));
    const before = read("whole.yml");
    expect((await place.run(["secret", "edit", "whole.yml", ...byVault], sed("s/b/c/"))).exitCode).toBe(0);
    expect(read("whole.yml")).toBe(before);
  });

  it("keeps the vault id of a whole file", async () => {
    place.write("whole.yml", await sealVault(Buffer.from("a: 1\n"), "correct horse", "web"));
    expect((await place.run(["secret", "edit", "whole.yml", ...byVault], sed("s/1/2/"))).exitCode).toBe(0);
    expect(read("whole.yml")).toMatch(/^\$ANSIBLE_VAULT;1\.2;AES256;web\n/);
    expect((await place.run(["secret", "view", "whole.yml", ...byVault])).stdout).toBe("a: 2\n");
  });

  it("does not lock out a recipient that is not named again", async () => {
    await place.run(["secret", "keygen", "other.txt"]);
    const both = [...byIdentity, "--identity", "other.txt"];
    place.write("vars.yml", await encrypt("a", both));
    const words = ["secret", "edit", "vars.yml", "--name", "a"];
    const alone = await place.run([...words, ...byIdentity], sed("s/M/N/"));
    expect([alone.exitCode, alone.stderr]).toEqual([
      2,
      expect.stringContaining("encrypted for 2 recipients"),
    ]);
    expect((await place.run([...words, ...both], sed("s/M/N/"))).exitCode).toBe(0);
  });

  it("changes nothing when the editor fails", async () => {
    place.write("vars.yml", await encrypt("a", byIdentity));
    const before = read("vars.yml");
    const failing = { environment: { HOME: "/nonexistent", PATH: "/usr/bin:/bin", VISUAL: "false" } };
    const { exitCode } = await place.run(
      ["secret", "edit", "vars.yml", "--name", "a", ...byIdentity],
      failing,
    );
    expect([exitCode, read("vars.yml")]).toEqual([2, before]);
  });
});

describe("encrypted values of a project", () => {
  const files = ["move.yml", "-i", "inventory.yml"];
  const variables = (text: string) => place.write("group_vars/all.yml", text);

  it("are read with their key, masked, and not taken for passwords in plain text", async () => {
    variables(
      `${await encrypt("ansible_password", byIdentity)}${await encrypt("token", byVault, "t0k{{en")}`,
    );
    const checked = await place.run(["check", ...files, ...byIdentity, ...byVault]);
    expect([checked.exitCode, checked.stderr]).toEqual([0, ""]);
    const host = ["inventory", "-i", "inventory.yml", "--host", "mail-new.example.org"];
    const shown = await place.run([...host, ...byIdentity, ...byVault]);
    expect(shown.exitCode).toBe(0);
    expect(shown.stdout).toContain("********");
    for (const secret of [value, "t0k", Buffer.from("t0k{{en").toString("base64").slice(0, 6)])
      expect(shown.stdout).not.toContain(secret);
  });

  it.each([
    ["no key", [], "no key for it is given"],
    ["the wrong password", ["--vault-password-file", "wrong"], "none of the passwords given opens this"],
  ])(
    "end the command with 2 and their place, by %s, before anything is touched",
    async (_, keys, message) => {
      place.write("wrong", "wrong horse");
      variables(`a: 1\n${await encrypt("token", byVault)}`);
      const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "copy", ...keys]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("group_vars/all.yml:2:15: ");
      expect(stderr).toContain(message);
      expect(readdirSync(place.directory)).not.toContain(".mailferry");
    },
  );

  it("are read in files of -e and of --answers too, as they are", async () => {
    place.write("more.yml", await encrypt("ansible_password", byVault, "{{no template}}"));
    expect((await place.run(["check", ...files, "-e", "@more.yml", ...byVault])).exitCode).toBe(0);
    expect((await place.run(["check", ...files, "-e", "@more.yml"])).exitCode).toBe(2);
  });

  it("take a password from a program, which is told the vault id when it is a client", async () => {
    variables(await sealVault(Buffer.from("token: geheim\n"), "word-of-web", "web"));
    const client = place.write("pass-client", '#!/bin/sh\n[ "$1" = --vault-id ] && echo "word-of-$2"\n');
    chmodSync(client, 0o700);
    expect((await place.run(["check", ...files, "--vault-id", "web@pass-client"])).exitCode).toBe(0);
    const wrong = await place.run(["check", ...files, "--vault-password-file", "pass-client"]);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("none of the passwords")]);
  });

  it("are nowhere in what a run shows and keeps", async () => {
    place.write("here.yml", "all: { hosts: { here: { connection: local } } }\n");
    variables(await encrypt("token", byVault));
    mkdirSync(join(place.directory, "files"));
    place.write(
      "files/key.pem",
      await sealVault(Buffer.from(`-----BEGIN KEY-----\n${value}-in-a-file\n`), "correct horse"),
    );
    place.write(
      "canary.yml",
      `- hosts: here
  gather_facts: false
  vars: { target: "${place.directory}/written" }
  tasks:
    - command: "printf '%s' {{quote token}}"
      register: printed
    - debug: { msg: "{{printed.stdout}} {{base64 token}}" }
    - copy: { dest: "{{target}}", content: "{{token}}", mode: "0600" }
    - copy: { dest: "{{target}}.pem", src: key.pem, mode: "0600" }
    - fail: { msg: "it was {{token}}" }
`,
    );
    const words = ["run", "canary.yml", "-i", "here.yml", "--diff", "-v", "-v", "--debug", ...byVault];
    const environment = { HOME: "/nonexistent", PATH: "/usr/bin:/bin" };
    const { exitCode, stdout, stderr } = await place.run(words, { environment });
    expect([exitCode, stderr]).toEqual([1, ""]);
    expect(stdout).toContain("it was ********");
    expect(read("written")).toBe(value);
    expect(read("written.pem")).toContain(`${value}-in-a-file`);
    const state = join(place.directory, ".mailferry");
    const kept = readdirSync(state, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    expect(kept.length).toBeGreaterThan(2);
    for (const text of [stdout, ...kept])
      for (const form of [value, Buffer.from(value).toString("base64").slice(0, 12)])
        expect(text).not.toContain(form);
  });
});
