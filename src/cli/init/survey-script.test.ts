import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCounts } from "./read-counts.ts";
import { countScript, mailHomesScript, runningScript, surveyScript } from "./survey-script.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mailferry-survey-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("the scripts of a survey", () => {
  it("are written for any POSIX shell", () => {
    for (const script of [surveyScript, countScript]) execFileSync("sh", ["-n"], { input: script });
  });

  it("know Postfix to run by its master alone", async () => {
    program("postconf", `[ "$*" = "-h queue_directory" ] && echo ${root}`);
    program("pgrep", "exit 1");
    expect(running()).toBe("");
    const master = await started("master");
    write("pid/master.pid", `${String(master.pid).padStart(15)}\n`);
    expect(running()).toBe("Postfix\n");
    await master.end();
    expect(running()).toBe("");
    // Its number is another program's by now.
    write("pid/master.pid", `${process.pid}\n`);
    expect(running()).toBe("");
  });

  it("know qmail to run by qmail-send, where Postfix is installed and does not", async () => {
    program("postconf", `echo ${root}`);
    const { end } = await started("qmail-send");
    expect(running()).toBe("qmail\n");
    await end();
  });

  it("find the directories in which homes with mail of qmail's lie", () => {
    write("mail/a.org/alice/Maildir/cur/1.a", "1");
    write("mail/b.org/bob/Mailbox", "From");
    write("domains/c.org/.qmail-default", "| vdelivermail");
    mkdirSync(join(root, "srv/backup"), { recursive: true });
    const homes = ["mail/a.org/alice", "mail/b.org/bob", "domains/c.org", "srv/backup", "gone"];
    const input = homes.map((home) => `${join(root, home)}\n`).join("");
    const found = execFileSync("sh", ["-c", mailHomesScript], { encoding: "utf8", input });
    expect(found).toBe(
      ["domains", "mail/a.org", "mail/b.org"].map((name) => `${join(root, name)}\n`).join(""),
    );
  });

  it("count a mail root", () => {
    write("example.org/john/Maildir/cur/1700000000.M1P1.old:2,S", "12345");
    write("example.org/john/Maildir/new/1700000001.M1P1.old", "123");
    write("example.org/john/Maildir/.Sent/cur/1700000002.M1P1.old:2,S", "12");
    write("example.org/john/Maildir/dovecot-uidlist", "1");
    expect(count()).toMatchObject({
      folders: 2,
      dotted: 1,
      nested: 0,
      messages: 3,
      bytes: 11,
      isWhole: true,
      owner: userInfo().username,
    });
  });

  it("tell LAYOUT=fs from Maildir++", () => {
    write("john/Maildir/cur/1.a", "1");
    write("john/Maildir/Sent/2026/cur/2.a", "1");
    expect(count()).toMatchObject({ folders: 2, dotted: 0, nested: 1 });
  });

  it("count what is not there as nothing, with the room that there is", () => {
    const counts = count(join(root, "not", "there"));
    expect(counts).toMatchObject({ folders: 0, messages: 0, bytes: 0, owner: undefined });
    expect(counts.freeBytes).toBeGreaterThan(0);
  });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Puts a program before all others of that name. */
function program(name: string, body: string): string {
  const file = join(root, "bin", name);
  write(`bin/${name}`, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A process of that name, which runs until `end`. */
async function started(name: string) {
  const child = spawn(program(name, "echo up; read -r line"), { stdio: ["pipe", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const end = async () => {
    child.stdin.end();
    await once(child, "exit");
  };
  return { pid: child.pid, end };
}

function running(): string {
  const env = { PATH: `${join(root, "bin")}:${process.env.PATH}` };
  return execFileSync("sh", ["-c", `exec 2>/dev/null; ${runningScript}; true`], { encoding: "utf8", env });
}

function count(directory = root) {
  return readCounts(execFileSync("sh", ["-c", countScript, "count", directory, "60"], { encoding: "utf8" }));
}
