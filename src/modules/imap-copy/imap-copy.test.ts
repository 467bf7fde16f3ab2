import { readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../contract/json.ts";
import { type FakeContext, type FakeContextOptions, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { checkOnly, lookWith, refuses } from "../testing/run-module.ts";
import { type ImapCopyArgs, imapCopy } from "./imap-copy.ts";
import { imapCopyProof } from "./imap-copy-proof.ts";
import { type AppendTurn, type FakeImapOptions, FakeImapServer } from "./testing/fake-imap-server.ts";
import { FakeMailbox, letter, usualDate } from "./testing/fake-mailbox.ts";

interface Setting {
  readonly old?: Partial<FakeImapOptions>;
  readonly new?: Partial<FakeImapOptions>;
}

/** Two servers with a mailbox of john's each; old's has "." between names, new's "/". */
async function setUp(setting: Setting = {}) {
  const [before, after] = [new FakeMailbox(1000), new FakeMailbox(2000)];
  const old = await FakeImapServer.start({ john: before }, { separator: ".", ...setting.old });
  const current = await FakeImapServer.start({ john: after }, { separator: "/", ...setting.new });
  const context = fakeContext();
  const args = (words: Partial<ImapCopyArgs> = {}): ImapCopyArgs => ({
    old: { ...serverAt(old.port), master_user: "master", master_password: "canary" },
    new: serverAt(current.port),
    users: [{ user: "john", new_password: "canary" }],
    settle: 0,
    ...words,
  });
  const copy = (words: Partial<ImapCopyArgs> = {}, at: FakeContext = context) => apply(args(words), at);
  return { before, after, old, current, context, args, copy };
}

function serverAt(port: number) {
  return { address: "127.0.0.1", port, tls: "none", timeout: 20 } as const;
}

async function apply(
  args: ImapCopyArgs,
  context: FakeContext,
): Promise<{ readonly result: JsonObject; readonly unchanged: boolean }> {
  expect(refuses(imapCopy, args)).toBeUndefined();
  const host = new FakeHost();
  const change = await imapCopy.check(args, host.reader(), context);
  if (change === undefined) throw new Error("nothing to do outside of check mode");
  const { result = {}, unchanged = false } = await imapCopy.apply(change, host, context);
  return { result, unchanged };
}

/** The same migration in another state: the notes of `context` are there. */
function laterWith(context: FakeContext, options: FakeContextOptions): FakeContext {
  const { runFile, lastRunFile, controlPath } = context;
  return { ...fakeContext(options), runFile, lastRunFile, controlPath };
}

function fill(mailbox: FakeMailbox, count: number, folder = "INBOX"): void {
  for (let index = 1; index <= count; index++)
    mailbox.add(folder, letter(`${folder}-${index}@x`), ["\\Seen"]);
}

describe("imap_copy", () => {
  test("copies folders, subscriptions, messages, flags, keywords and dates", async () => {
    const { before, after, old, copy } = await setUp();
    before.add("INBOX", letter("1@x"), ["\\Seen", "\\Answered", "$Label1"], " 5-Feb-2003 04:05:06 +0100");
    before.add("INBOX", letter(undefined, "without an id"));
    before.add("Lists.Dev&APw-", letter("2@x"), ["\\Draft", "\\Deleted"]);
    before.create("Empty");
    before.subscribed.add("Lists.Dev&APw-");
    const { result, unchanged } = await copy();
    expect(after.contents()).toEqual({
      INBOX: [
        "1@x $Label1 \\Answered \\Seen  5-Feb-2003 03:05:06 +0000",
        "without an id  1-Jan-2024 10:00:00 +0000",
      ],
      "Lists/Dev&APw-": ["2@x \\Deleted \\Draft  1-Jan-2024 10:00:00 +0000"],
      Empty: [],
    });
    expect([...after.subscribed]).toEqual(["Lists/Dev&APw-"]);
    expect(result).toMatchObject({
      ...{ users: 1, folders: 3, folders_created: 2, subscribed: 1, messages: 3, copied: 3, not_copied: 0 },
    });
    expect(unchanged).toBe(false);
    expect(
      old.heard.filter((line) => /^(UID )?(SELECT|STORE|APPEND|CREATE|CLOSE|EXPUNGE)/.test(line)),
    ).toEqual([]);
  });

  test("a second time copies nothing, with notes and without", async () => {
    const { before, after, current, copy } = await setUp();
    fill(before, 5);
    before.add("INBOX", letter("twin@x"));
    before.add("INBOX", letter("twin@x"));
    before.add("INBOX", letter(undefined, "no id"));
    await copy();
    const filled = after.contents();
    for (const context of [undefined, fakeContext()]) {
      const { result, unchanged } = await copy({}, context);
      expect(result).toMatchObject({ messages: 8, copied: 0 });
      expect(unchanged).toBe(true);
    }
    expect(after.contents()).toEqual(filled);
    expect(current.heard.some((line) => /CLOSE|EXPUNGE|DELETE/.test(line))).toBe(false);
  });

  test.each([
    ["before the opening", []],
    ["behind it", ["old-frozen", "new-opened"]],
  ] as const)(
    "stays with a folder that was copied, though new gets one of its use, %s",
    async (_, latches) => {
      const { before, after, context, args, copy } = await setUp();
      before.create("Gesendet", "\\Sent");
      fill(before, 2, "Gesendet");
      await copy();
      // As a mail program makes it when it sends its first mail.
      after.create("Sent", "\\Sent");
      before.add("Gesendet", letter("later@x"));
      expect((await copy({}, laterWith(context, { latches }))).result).toMatchObject({ copied: 1 });
      expect(after.contents()).toMatchObject({ Sent: [], Gesendet: { length: 3 } });
      const { old, new: current, users = [] } = args();
      const proof = await lookWith(imapCopyProof, { old, new: current, users }, new FakeHost(), context);
      expect(proof.result).toMatchObject({ verdict: "same" });
    },
  );

  test.each(["no JSON", "{}", '[["INBOX"]]', "[1]"])(
    "copies nothing where it can't read where folders went before: %s",
    async (damaged) => {
      const { before, after, context, copy } = await setUp();
      fill(before, 2, "INBOX");
      await copy();
      const runs = dirname(await context.runFile("any"));
      const [kept] = (await readdir(runs)).filter((name) => /^imap-folders-[0-9a-f]{32}$/.test(name));
      await writeFile(join(runs, kept ?? ""), damaged);
      before.add("INBOX", letter("later@x"));
      await expect(copy({}, laterWith(context, {}))).rejects.toThrow(`${kept} is damaged`);
      expect(after.contents()).toMatchObject({ INBOX: { length: 2 } });
    },
  );

  test("goes on after a lost connection, whether or not the message had arrived", async () => {
    for (const hasUidPlus of [true, false]) {
      let appended = 0;
      const turns: Readonly<Record<number, AppendTurn>> = {
        3: "drop",
        5: "keep-and-drop",
        6: "keep-and-drop",
      };
      const onAppend = (): AppendTurn => turns[++appended] ?? "take";
      const { before, after, context, copy } = await setUp({ new: { onAppend, hasUidPlus } });
      fill(before, 8);
      before.add("INBOX", letter("INBOX-5@x"), ["\\Seen"]);
      const { result } = await copy({ connections: 1 });
      expect(Object.values(after.contents())).toEqual(
        Object.values(before.contents()).map((lines) =>
          lines.map((line) => line.replace("01-Jan", " 1-Jan")),
        ),
      );
      expect(result).toMatchObject({ messages: 9, copied: 7, not_copied: 0 });
      expect(context.notices.filter((text) => text.includes("looking at what has arrived"))).toHaveLength(3);
    }
  });

  test("goes on where it was killed, with what was on its way neither lost nor doubled", async () => {
    const state = { appended: 0 };
    const ended = new AbortController();
    const onAppend = (): AppendTurn => {
      if (++state.appended !== 4) return "take";
      ended.abort(new Error("killed"));
      return "keep-and-drop";
    };
    const { before, after, context, copy } = await setUp({ new: { onAppend } });
    fill(before, 10);
    await expect(copy({}, laterWith(context, { signal: ended.signal }))).rejects.toThrow("killed");
    expect(after.contents().INBOX).toHaveLength(4);
    const { result } = await copy();
    expect(after.contents().INBOX).toHaveLength(10);
    expect(new Set(after.contents().INBOX).size).toBe(10);
    expect(result).toMatchObject({ messages: 10, copied: 6, found: 1 });
  });

  test("a message that new takes in long after its connection was lost is not there twice", async () => {
    const state = { appended: 0, late: () => {} };
    const onAppend = (): AppendTurn => {
      state.appended += 1;
      if (state.appended === 5) state.late();
      return state.appended === 2 ? "drop" : "take";
    };
    const { before, after, copy } = await setUp({ new: { onAppend } });
    fill(before, 6);
    state.late = () => after.add("INBOX", letter("INBOX-2@x"), ["\\Seen"]);
    const { result } = await copy({ connections: 1 });
    expect(result).toMatchObject({ messages: 6, copied: 5, found: 1 });
    expect(after.contents().INBOX).toHaveLength(6);
    expect(new Set(after.contents().INBOX).size).toBe(6);
  });

  test("gives up on a server that never takes a message, and says so", async () => {
    const { before, after, copy } = await setUp({ new: { onAppend: () => "drop" } });
    fill(before, 2);
    await expect(copy()).rejects.toThrow(/0 messages copied[\s\S]*john INBOX: /);
    expect(after.contents().INBOX).toEqual([]);
  });

  test("names what new refuses, and copies the rest; a full mailbox ends its user", async () => {
    let appended = 0;
    const refusing = (): AppendTurn => (++appended === 2 ? { no: "I don't like it" } : "take");
    const some = await setUp({ new: { onAppend: refusing } });
    fill(some.before, 3);
    await expect(some.copy()).rejects.toThrow(/2 messages copied[\s\S]*john INBOX UID 2: I don't like it/);
    expect(some.after.contents().INBOX).toHaveLength(2);
    const full = await setUp({ new: { onAppend: () => ({ no: "[OVERQUOTA] full" }) } });
    fill(full.before, 3);
    await expect(full.copy()).rejects.toThrow("john INBOX: the server takes no more: full");
    expect(full.current.heard.filter((line) => line.startsWith("APPEND"))).toHaveLength(1);
  });

  test("many messages go through several connections, and a server that allows one gets one", async () => {
    for (const connectionsAtMost of [99, 1]) {
      const { before, after, context, current, copy } = await setUp({ new: { connectionsAtMost } });
      fill(before, 300);
      await copy();
      expect(new Set(after.contents().INBOX).size).toBe(300);
      expect(after.contents().INBOX).toHaveLength(300);
      const logins = current.heard.filter((line) => line === "LOGIN").length;
      expect(logins > 1).toBe(true);
      const refused = context.notices.filter((text) => text.includes("no further connection"));
      expect(refused.length > 0).toBe(connectionsAtMost === 1);
    }
  });

  describe("several messages by one command, where new has MULTIAPPEND", () => {
    const appends = (server: FakeImapServer) => server.heard.filter((line) => line.startsWith("APPEND"));

    test("each keeps its flags, its date and its place", async () => {
      for (const hasUidPlus of [true, false]) {
        const { before, after, current, copy } = await setUp({ new: { hasMultiAppend: true, hasUidPlus } });
        fill(before, 40);
        before.add("INBOX", letter("large@x", "large", 9000), ["$Label1"], "05-Feb-2003 04:05:06 +0000");
        before.add("INBOX", letter("plain@x"));
        before.add("INBOX", `${letter("nul@x")}\0\r\n`, ["\\Draft"]);
        before.add("Other", letter("one@x"));
        const { result } = await copy({ connections: 1 });
        expect(result).toMatchObject({ messages: 44, copied: 44, not_copied: 0 });
        for (const name of ["INBOX", "Other"]) {
          const [there, here] = [before, after].map((mailbox) =>
            mailbox.folders.get(name)?.messages.map(({ uid, flags, body }) => [uid, flags, body.toString()]),
          );
          expect(here).toEqual(there);
        }
        expect(after.contents().INBOX).toContain("large $Label1  5-Feb-2003 04:05:06 +0000");
        // 32, then eleven of which one has a NUL and goes alone, as they all do then; and the one of the other folder.
        expect(appends(current)).toHaveLength(1 + 11 + 1);
        const heard = current.heard.length;
        expect((await copy()).result).toMatchObject({ messages: 44, copied: 0 });
        const asks = current.heard.slice(heard).some((line) => /message-id/i.test(line));
        expect(asks).toBe(!hasUidPlus);
      }
    });

    test("names the one that new refuses, and copies the rest", async () => {
      const onAppend = (_folder: string, body: Buffer): AppendTurn =>
        body.includes("INBOX-5@x") ? { no: "I don't like it" } : "take";
      const { before, after, current, copy } = await setUp({ new: { hasMultiAppend: true, onAppend } });
      fill(before, 10);
      await expect(copy()).rejects.toThrow(/9 messages copied[\s\S]*john INBOX UID 5: I don't like it/);
      expect(after.contents().INBOX).toHaveLength(9);
      expect(appends(current)).toHaveLength(1 + 10);
    });

    test.each(["drop", "keep-and-drop"] as const)(
      "a connection that is lost on the way (%s) neither loses nor doubles any of them",
      async (turn) => {
        let appended = 0;
        const onAppend = (): AppendTurn => (++appended === 50 ? turn : "take");
        const { before, after, copy } = await setUp({ new: { hasMultiAppend: true, onAppend } });
        fill(before, 80);
        const { result } = await copy({ connections: 1 });
        // The second command had 32.
        const copied = turn === "drop" ? 80 : 48;
        expect(result).toMatchObject({ messages: 80, copied, not_copied: 0 });
        expect(new Set(after.contents().INBOX).size).toBe(80);
        expect(after.contents().INBOX).toHaveLength(80);
      },
    );

    test("a run that is killed on the way goes on with all of them", async () => {
      const ended = new AbortController();
      let appended = 0;
      const onAppend = (): AppendTurn => {
        if (++appended !== 40) return "take";
        ended.abort(new Error("killed"));
        return "keep-and-drop";
      };
      const { before, after, context, copy } = await setUp({ new: { hasMultiAppend: true, onAppend } });
      fill(before, 70);
      const killed = copy({ connections: 1 }, laterWith(context, { signal: ended.signal }));
      await expect(killed).rejects.toThrow("killed");
      expect(after.contents().INBOX).toHaveLength(64);
      expect((await copy()).result).toMatchObject({ messages: 70, copied: 6, found: 32 });
      expect(new Set(after.contents().INBOX).size).toBe(70);
      expect(after.contents().INBOX).toHaveLength(70);
    });

    test("no more goes at once than the bandwidth has for a second", async () => {
      const { before, after, current, copy } = await setUp({ new: { hasMultiAppend: true } });
      for (let index = 0; index < 4; index++) before.add("INBOX", letter(`${index}@x`, `${index}`, 400));
      await copy({ bandwidth: "1k", connections: 1 });
      expect(appends(current)).toHaveLength(2);
      expect(after.contents().INBOX).toHaveLength(4);
    });
  });

  test("follows flags while nobody works on new, and deletes nothing", async () => {
    const { before, after, copy } = await setUp();
    fill(before, 3);
    await copy();
    const [first, second] = before.folders.get("INBOX")?.messages ?? [];
    if (first === undefined || second === undefined) throw new Error("no messages");
    first.flags = ["\\Flagged", "new"];
    before.folders.get("INBOX")?.messages.splice(1, 1);
    const { result } = await copy();
    expect(result).toMatchObject({ copied: 0, flags_changed: 1 });
    expect(after.contents().INBOX).toContain("INBOX-1@x \\Flagged new  1-Jan-2024 10:00:00 +0000");
    expect(after.contents().INBOX).toHaveLength(3);
    expect((await copy()).unchanged).toBe(true);
  });

  test("flags that new can't keep are left out, once", async () => {
    const { before, after, copy } = await setUp({ new: { hasNoKeywords: true } });
    before.add("INBOX", letter("1@x"), ["\\Seen", "$Label1"]);
    await copy();
    expect(after.folders.get("INBOX")?.messages[0]?.flags).toEqual(["\\Seen"]);
    expect((await copy()).unchanged).toBe(true);
  });

  test("before the opening it restores what is gone from new; behind it, it only adds what came since", async () => {
    const { before, after, context, copy } = await setUp();
    fill(before, 3);
    await copy();
    const inbox = after.folders.get("INBOX");
    inbox?.messages.splice(0, 1);
    expect((await copy()).result).toMatchObject({ copied: 1 });
    const [moved, flagged] = inbox?.messages ?? [];
    if (moved === undefined || flagged === undefined) throw new Error("no messages");
    inbox?.messages.splice(0, 1);
    flagged.flags = ["\\Flagged"];
    before.add("INBOX", letter("late@x"));
    const { result } = await copy({}, laterWith(context, { latches: ["new-opened"] }));
    expect(result).toMatchObject({ copied: 1, flags_changed: 0 });
    expect(after.contents().INBOX).toHaveLength(3);
    expect(after.contents().INBOX?.some((line) => line.startsWith("late@x"))).toBe(true);
    expect(flagged.flags).toEqual(["\\Flagged"]);
  });

  test("brings back what new took, with its flags, and nothing that came from old", async () => {
    const { before, after, old, current, context, copy } = await setUp();
    fill(before, 3);
    before.add("Lists.Dev", letter("kept@x"));
    await copy();
    const inbox = () => after.folders.get("INBOX")?.messages ?? [];
    after.add("INBOX", letter("new@x"), ["\\Flagged"]);
    // The same words as a message of old's, once more.
    after.add("INBOX", letter("INBOX-1@x"));
    after.add("Made/Here", letter("made@x"));
    after.subscribed.add("Made/Here");
    inbox()[1]?.flags.push("\\Answered", "$Label1");
    inbox().splice(2, 1);
    const back = { back: true, users: [{ user: "john", new_password: "canary" }] };
    await expect(copy(back)).rejects.toThrow("only from a new server that was opened and is frozen");
    const frozen = laterWith(context, { latches: ["old-frozen", "new-opened", "new-frozen"] });
    const [oldHeard, newHeard] = [old.heard.length, current.heard.length];
    expect((await copy(back, frozen)).result).toMatchObject({
      copied: 3,
      flags_changed: 1,
      folders_created: 1,
      found: 0,
      new_users: ["john"],
    });
    expect(before.contents()).toEqual({
      INBOX: [
        `INBOX-1@x  1-Jan-2024 10:00:00 +0000`,
        `INBOX-1@x \\Seen ${usualDate}`,
        `INBOX-2@x $Label1 \\Answered \\Seen ${usualDate}`,
        `INBOX-3@x \\Seen ${usualDate}`,
        `new@x \\Flagged  1-Jan-2024 10:00:00 +0000`,
      ],
      "Lists.Dev": [`kept@x ${usualDate}`],
      "Made.Here": ["made@x  1-Jan-2024 10:00:00 +0000"],
    });
    expect([...before.subscribed]).toEqual(["Made.Here"]);
    const asked = [...old.heard.slice(oldHeard), ...current.heard.slice(newHeard)];
    expect(asked.some((line) => /message-id|EXPUNGE|DELETE/i.test(line))).toBe(false);
    expect(current.heard.slice(newHeard).some((line) => /^(SELECT|APPEND|UID STORE|CREATE)/.test(line))).toBe(
      false,
    );
    expect((await copy(back, frozen)).unchanged).toBe(true);
    // Without any note of it messages are known by what they are.
    const anew = fakeContext({ latches: ["old-frozen", "new-opened", "new-frozen"] });
    expect((await copy(back, anew)).result).toMatchObject({ copied: 0 });

    // Taken back: what new's users delete meanwhile does not come from old, where the way back had brought it.
    after.folders.get("Made/Here")?.messages.splice(0);
    const opened = laterWith(context, { latches: ["old-frozen", "new-opened"] });
    expect((await copy({}, opened)).result).toMatchObject({ copied: 0 });
    // The next move has everything.
    await copy({}, laterWith(context, {}));
    expect(after.contents()).toMatchObject({
      INBOX: expect.arrayContaining([expect.stringContaining("INBOX-3@x")]),
      "Made/Here": [expect.stringContaining("made@x")],
    });
    expect(inbox()).toHaveLength(5);
  });

  test("reaches new inside of its host, and knows it by its address", async () => {
    const { before, after, current, context, args } = await setUp();
    fill(before, 1);
    const fresh = new FakeHost({ name: "mail-new" });
    const inside = { ...context, peer: async () => fresh.reader() };
    const words = args({
      new: { ...args().new, port: 1 },
      new_inside: { host: "mail-new", port: current.port },
    });
    await apply(words, inside);
    expect(after.contents()).toMatchObject({ INBOX: [expect.stringContaining("INBOX-1@x")] });
  });

  test("check mode says what would be, and writes nothing", async () => {
    const { before, after, current, context, args, copy } = await setUp();
    fill(before, 3);
    before.create("Lists.Dev");
    const looking = laterWith(context, { checkMode: true });
    const change = await checkOnly(imapCopy, args(), new FakeHost(), looking);
    expect(change).toMatchObject({ isForeseen: true, result: { copied: 3, folders_created: 1 } });
    expect(after.contents()).toEqual({ INBOX: [] });
    expect(current.heard.some((line) => /^(SELECT|CREATE|SUBSCRIBE|APPEND|UID STORE)/.test(line))).toBe(
      false,
    );
    await copy();
    expect(await checkOnly(imapCopy, args(), new FakeHost(), looking)).toBeUndefined();
  });

  test("leaves out what is too large, folders that nobody wants, and those of others", async () => {
    const { before, after, context, copy } = await setUp();
    before.add("INBOX", letter("big@x", "big", 5000));
    fill(before, 1);
    fill(before, 1, "Trash");
    fill(before, 1, "Shared.Team");
    const { result } = await copy({ max_message_bytes: 1000, exclude: ["Trash"] });
    expect(Object.keys(after.contents())).toEqual(["INBOX"]);
    expect(result).toMatchObject({ copied: 1, too_large: 1, not_copied: 0 });
    expect(context.notices.join("\n")).toMatch(
      /john Shared\.Team: it belongs to others[\s\S]*john INBOX UID 1: \d+ bytes are more/,
    );
  });

  test("folders alone, and folders by other names", async () => {
    const { before, after, copy } = await setUp();
    fill(before, 2);
    before.create("Sent Items", "\\Sent");
    after.create("Sent", "\\Sent");
    before.create("Work.2020");
    const { result } = await copy({ folders_only: true, folders: { Work: "Old/Work" } });
    expect(Object.keys(after.contents()).sort()).toEqual(["INBOX", "Old/Work/2020", "Sent"]);
    expect(result).toMatchObject({ copied: 0, folders_created: 1 });
  });

  test("two folders that would become one are named, and one user's trouble is not another's", async () => {
    const { before, old, current, copy } = await setUp({ old: { separator: "/" }, new: { separator: "." } });
    before.create("a.b");
    before.create("a_b");
    const users = [
      { user: "nobody", new_password: "canary" },
      { user: "john", new_password: "canary" },
    ];
    await expect(copy({ users })).rejects.toThrow(
      /nobody: 127[\s\S]*login of nobody failed: wrong[\s\S]*john: (a\.b and a_b|a_b and a\.b) would both become a_b/,
    );
    expect(old.heard.concat(current.heard).join()).not.toContain("APPEND");
  });

  test("a message that is copied at a bandwidth still is", async () => {
    const { before, after, copy } = await setUp();
    fill(before, 3);
    await copy({ bandwidth: "1g" });
    expect(after.contents().INBOX).toHaveLength(3);
  });

  test("takes users from a CSV file, and tells what is wrong with one", async () => {
    const { before, after, context, args, copy } = await setUp();
    fill(before, 1);
    const file = context.controlPath("users.csv");
    const users = (text: string) => writeFile(file, text);
    const { users: _none, ...without } = args();
    await users("old_user,new_user,new_password\njohn,john,canary\n");
    await apply({ ...without, users_file: "users.csv" }, context);
    expect(after.contents().INBOX).toHaveLength(1);
    for (const [text, told] of [
      ["user,pass\n", 'a column "pass"'],
      ["user,new_password\njohn\n", "row 2 has 1 fields"],
      ["user\njohn\n", "john has no `new_password`"],
      ["user,new_password\n", "there is no user"],
      ["user,new_password\njohn,a\njohn,b\n", "john is named twice"],
    ] as const) {
      await users(text);
      await expect(apply({ ...without, users_file: "users.csv" }, context)).rejects.toThrow(told);
    }
    await expect(apply({ ...without, users_file: "none.csv" }, context)).rejects.toThrow("can't be read");
    await expect(copy({ new: { ...args().old } })).rejects.toThrow("onto itself");
  });

  test("one server by two names is not copied onto itself", async () => {
    const { before, args, copy } = await setUp();
    fill(before, 1);
    const again = await FakeImapServer.start({ john: before }, { separator: "." });
    await expect(copy({ new: { ...args().old, port: again.port } })).rejects.toThrow(
      /john INBOX: INBOX of old and INBOX of new look like one folder: UIDVALIDITY 1000 .*\n +→ Do both addresses/,
    );
    expect(before.contents().INBOX).toHaveLength(1);
  });

  test("two folders of one UIDVALIDITY are two where one was copied into the other", async () => {
    const { before, after, copy } = await setUp({ new: { separator: "." } });
    fill(before, 3);
    for (const mailbox of [before, after]) {
      const inbox = mailbox.folders.get("INBOX");
      if (inbox !== undefined) inbox.uidValidity = 7;
    }
    await copy();
    expect((await copy()).result).toMatchObject({ messages: 3, copied: 0, not_copied: 0 });
    await expect(copy({}, fakeContext())).rejects.toThrow("look like one folder: UIDVALIDITY 7");
    // The way out that it names.
    after.add("INBOX", letter("one more@x"));
    expect((await copy({}, fakeContext())).result).toMatchObject({ found: 3, copied: 0, not_copied: 0 });
  });

  test.each([
    {},
    { old: { address: "a" }, new: { address: "b" } },
    { old: { address: "a", master_user: "m" }, new: { address: "b" }, users: ["x"] },
    { old: { address: "a" }, new: { address: "b" }, users: ["x"], bandwidth: "fast" },
    { old: { address: "a" }, new: { address: "b" }, users: [{ name: "x" }] },
  ])("does not take %j", (args) => {
    expect(refuses(imapCopy, args)).toBeDefined();
  });
});
