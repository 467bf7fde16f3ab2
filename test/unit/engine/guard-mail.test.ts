import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { localShell } from "../../../src/modules/testing/local-shell.ts";
import { makePlace, type Place, type Ran, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  for (const host of Object.values(place.hosts)) {
    const { tree } = host;
    tree.put("/home/anna/Maildir/cur/1", { content: Buffer.from("a mail") });
    tree.put("/home/anna/Maildir", { type: "directory" });
    tree.put("/srv/old-notes", { content: Buffer.from("notes") });
    tree.put("/var/mail", { type: "directory" });
    tree.put("/var/mail/anna", { content: Buffer.from("From anna\n") });
    tree.put("/data/store", { type: "directory" });
    tree.put("/srv/link", { type: "link", target: "/home/anna/Maildir" });
    host.answer(["/bin/sh", "-c"], (call) =>
      call.argv[2]?.includes("dbox-Mails") ? mailboxBelow(call.argv[4] ?? "") : undefined,
    );
    host.answer(["umount"], "");
  }
});

// What the script finds on a host whose only mailboxes are those of anna.
const mailboxBelow = (path: string) =>
  "/home/anna/Maildir/cur".startsWith(`${path}/`) ? "/home/anna/Maildir/cur\n" : "";

const set = (host: "alpha" | "beta", latch: string) => {
  place.hosts[host].tree.write(
    `/var/lib/mailferry/latches/${latch}`,
    Buffer.from("2026-01-01T00:00:00Z\n"),
    {},
  );
};

/** One task with its paths hidden from the checks before the run. */
const tasks = (hosts: string, task: string, path: string): Promise<Ran> =>
  run(
    place,
    `name: x
vars: { somewhere: "${path}", vmail_directory: /data/store }
stages: [{ name: main, plays: [{ hosts: "${hosts}", gather_facts: false, tasks: [{ name: do it, ${task} }] }] }]
`,
  );

const writing: readonly (readonly [string, string])[] = [
  ["copy", 'copy: { dest: "{{somewhere}}/x", content: y }'],
  ["lineinfile", 'lineinfile: { path: "{{somewhere}}/x", line: y, create: true }'],
  ["blockinfile", 'blockinfile: { path: "{{somewhere}}/x", block: y, create: true }'],
  ["ini_file", 'ini_file: { path: "{{somewhere}}/x", section: a, option: b, value: c }'],
  ["file: link", 'file: { path: "{{somewhere}}/x", state: link, src: /etc/hosts }'],
  ["file: absent", 'file: { path: "{{somewhere}}", state: absent }'],
];

describe("once new was opened", () => {
  beforeEach(() => {
    set("alpha", "old-frozen");
    set("beta", "new-opened");
  });

  test.each(writing)("%s is refused on new in a place of mail", async (_name, task) => {
    const before = [...place.hosts.beta.tree.entries.keys()];
    const { result } = await tasks("new", task, "/home/anna/Maildir");
    expect(result.failures.map(({ kind }) => kind)).toEqual(["refused"]);
    expect(result.failures[0]?.message).toContain("new was opened at 2026-01-01T00:00:00Z");
    expect(place.hosts.beta.writes).toEqual([]);
    expect([...place.hosts.beta.tree.entries.keys()]).toEqual(expect.arrayContaining(before));
  });

  test.each(writing)("%s is done elsewhere", async (_name, task) => {
    place.hosts.beta.tree.put("/opt/things", { type: "directory" });
    expect((await tasks("new", task, "/opt/things")).result.result).toBe("done");
  });

  test.each([
    ["by a link on the way", "/srv/link/sub", "Maildir/sub"],
    ["in a directory that a variable calls its mail", "/data/store/example.org", "/data/store"],
  ])("it is known %s", async (_name, somewhere) => {
    place.hosts.beta.tree.put("/data/store/example.org", { type: "directory" });
    const { result } = await tasks("new", 'copy: { dest: "{{somewhere}}/x", content: y }', somewhere);
    expect(result.failures[0]?.kind).toBe("refused");
    expect(result.failures[0]?.message).toContain("is a place of mail and would be written over");
  });

  test("a directory with a mailbox somewhere below is not removed", async () => {
    place.hosts.beta.tree.put("/home/anna", { type: "directory" });
    place.hosts.beta.tree.put("/home/anna/files", { type: "directory" });
    const removing = 'file: { path: "{{somewhere}}", state: absent }';
    expect((await tasks("new", removing, "/home/anna/files")).result.result).toBe("done");
    place.hosts.beta.tree.put("/home/anna/files", { type: "directory" });
    place.hosts.beta.answer(["/bin/sh", "-c"], (call) =>
      call.argv[2]?.includes("dbox-Mails") ? "/home/anna/files/box/cur\n" : undefined,
    );
    const { result } = await tasks("new", removing, "/home/anna/files");
    expect(result.failures[0]?.message).toContain("there is a mailbox in /home/anna/files/box/cur");
    expect(place.hosts.beta.tree.stat("/home/anna/files")).toBeDefined();
  });

  test("a mailbox is known by its shape on a real disk", async () => {
    const top = mkdtempSync(join(tmpdir(), "mailferry-guard-"));
    onTestFinished(() => rmSync(top, { recursive: true }));
    mkdirSync(join(top, "notes/cur"), { recursive: true });
    mkdirSync(join(top, "shop/it's/cur"), { recursive: true });
    mkdirSync(join(top, "shop/it's/new"));
    for (const name of ["notes", "shop"]) place.hosts.beta.tree.put(join(top, name), { type: "directory" });
    place.hosts.beta.answer(["/bin/sh", "-c"], (call) =>
      call.argv[2]?.includes("dbox-Mails") ? localShell(call) : undefined,
    );
    const removing = 'file: { path: "{{somewhere}}", state: absent }';
    expect((await tasks("new", removing, join(top, "notes"))).result.result).toBe("done");
    const { result } = await tasks("new", removing, join(top, "shop"));
    expect(result.failures[0]?.message).toContain(`there is a mailbox in ${join(top, "shop/it's/cur")}`);
  });

  test("doveadm deletes no messages, and does the rest", async () => {
    place.hosts.beta.answer(["doveadm"], "");
    const expunge = "doveadm: { command: expunge, user: anna, arguments: [mailbox, Trash, all] }";
    expect((await tasks("new", expunge, "/")).result.failures[0]?.message).toContain("deletes messages");
    expect(
      (await tasks("new", 'doveadm: { command: force-resync, user: anna, arguments: ["*"] }', "/")).result
        .result,
    ).toBe("done");
  });

  test("check mode says so too", async () => {
    const { result } = await run(
      place,
      "name: x\nstages: [{ name: main, plays: [{ hosts: new, tasks: [{ copy: { dest: /var/mail/anna, content: y } }] }] }]\n",
      { checkMode: true },
    );
    expect(result.failures[0]?.kind).toBe("refused");
  });

  test("owner, mode and new directories are no loss", async () => {
    const making = 'file: { path: "{{somewhere}}/.Archive", state: directory, mode: "0700" }';
    expect((await tasks("new", making, "/home/anna/Maildir")).result.result).toBe("done");
    const owning = 'file: { path: "{{somewhere}}", state: directory, mode: "0711" }';
    expect((await tasks("new", owning, "/home/anna/Maildir")).result.result).toBe("done");
  });
});

describe("before new was opened", () => {
  test("mail may be written over on new", async () => {
    const copying = 'copy: { dest: "{{somewhere}}", content: y }';
    expect((await tasks("new", copying, "/var/mail/anna")).result.result).toBe("done");
  });

  test.each(writing)("%s is refused on old, which keeps its mail", async (_name, task) => {
    const { result } = await tasks("old", task, "/home/anna/Maildir");
    expect(result.failures[0]?.message).toContain("nothing of the old server's mail is touched");
    expect(place.hosts.alpha.tree.read("/home/anna/Maildir/cur/1")?.toString()).toBe("a mail");
  });

  test("hosts that are neither old nor new have no latches", async () => {
    place = makePlace(["web1"]);
    place.web.get("web1")?.tree.put("/var/mail/anna", { content: Buffer.from("x") });
    const copying = 'copy: { dest: "{{somewhere}}", content: y }';
    expect((await tasks("web", copying, "/var/mail/anna")).result.result).toBe("done");
  });
});

test("once new was seen to answer, the old server's mail may be tidied up", async () => {
  set("alpha", "old-frozen");
  set("beta", "new-opened");
  set("beta", "new-serving");
  const removing = 'file: { path: "{{somewhere}}", state: absent }';
  expect((await tasks("old", removing, "/home/anna/Maildir")).result.result).toBe("done");
  expect(place.hosts.alpha.tree.stat("/home/anna/Maildir")).toBeUndefined();
});
