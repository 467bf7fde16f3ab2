import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainFileName } from "./maildir-name.ts";
import { volumeParts } from "./maildir-volume.ts";
import { composeMessage } from "./message.ts";
import { planSeed } from "./plan.ts";
import { createRandom } from "./random.ts";

const plan = planSeed({ mailboxes: 8, messages: 400, seed: 3 }, 400);

describe("volumeParts", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "mailferry-volume-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("unpacks with tar into Maildirs that hold every message", () => {
    let told = 0;
    for (const { archive, messages } of volumeParts(plan)) {
      execFileSync("tar", ["-x", "-p", "--no-same-owner", `--directory=${root}`, "-f", "-"], {
        input: archive,
      });
      told += messages;
    }
    expect(told).toBe(400);
    const paths = execFileSync("find", [root, "-printf", "%P\\0"]).toString("latin1").split("\0");
    const files = paths.filter((path) => /\/(cur|new)\/[^/]+$/.test(path));
    expect(files).toHaveLength(400);
    expect(files.filter((path) => (path.split("/").pop() ?? "").length > 200)).not.toHaveLength(0);
    expect(files.some((path) => path.includes("\u00ff"))).toBe(true);
    expect(files.some((path) => path.includes("/cur/-"))).toBe(true);
    expect(paths).toContain("example.org/alice/Maildir/.Archive.2024/tmp");
    expect(statSync(join(root, "example.org/alice/Maildir")).mode & 0o777).toBe(0o700);
  });

  it("writes the size into the name, and the date into the file", () => {
    for (const { archive } of volumeParts(plan)) {
      execFileSync("tar", ["-x", `--directory=${root}`, "--no-same-owner", "-f", "-"], { input: archive });
    }
    const cur = join(root, "example.org/alice/Maildir/cur");
    const names = readdirSync(cur).filter((name) => name.includes(",S="));
    expect(names).not.toHaveLength(0);
    for (const name of names) {
      const [, seconds, size, virtual] = /^(\d+)\..*,S=(\d+),W=(\d+):2,/.exec(name) ?? [];
      const content = readFileSync(join(cur, name));
      const stat = statSync(join(cur, name));
      expect([String(stat.size), String(stat.mtimeMs / 1000)]).toEqual([size, seconds]);
      const withCrlf = content.toString("latin1").replace(/\r?\n/g, "\r\n").length;
      expect(String(withCrlf)).toBe(virtual);
    }
  });

  it("gives the same bytes for the same seed", () => {
    const messages = () => [...volumeParts(plan)].map((part) => part.messages);
    expect(messages()).toEqual(messages());
  });
});

describe("plainFileName", () => {
  it("has no flags part in new", () => {
    const facts = { seconds: 1, number: 0, content: Buffer.from("a\nb\r\n"), flags: undefined };
    expect(plainFileName(facts).toString()).toBe("1.M100000P20000.mail-old,S=5,W=6");
  });
});

describe("composeMessage", () => {
  const make = (kind: Parameters<typeof composeMessage>[0]["kind"]) =>
    composeMessage(
      { id: "<1@a>", to: "a@example.org", date: new Date(0), kind, attachmentBytes: 100 },
      createRandom("test"),
    );

  it("writes each kind as it says", () => {
    expect(make("plain").toString()).toMatch(/^Message-Id: <1@a>$/m);
    expect(make("folded-id").toString()).toMatch(/^Message-ID:\n <1@a>$/m);
    expect(make("no-id").toString()).not.toMatch(/message-id/i);
    expect(make("crlf").toString()).not.toMatch(/[^\r]\n/);
    expect(make("latin1").toString("utf8")).toContain("\ufffd");
    expect(make("fake-headers").toString()).toMatch(/\n\n(.*\n)*Message-ID: <body@not.a.header>\n/);
    expect(make("attachment").toString()).toMatch(/^[A-Za-z0-9+/=]{76}$/m);
  });
});
