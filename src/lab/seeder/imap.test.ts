import { describe, expect, it } from "vitest";
import { encodeFolderName, folderDirectory } from "./folder-name.ts";
import { type ImapAction, stateAfter } from "./imap-actions.ts";
import { failedCommands, imapScript } from "./imap-script.ts";
import { imapStory, oddFolders } from "./imap-story.ts";
import { planSeed } from "./plan.ts";

const date = new Date(Date.UTC(2020, 0, 5, 10, 20, 30));
const append: ImapAction = {
  do: "append",
  folder: "A",
  id: "<1@a>",
  content: Buffer.from("é\n"),
  flags: ["\\Seen"],
  date,
};

describe("encodeFolderName", () => {
  it.each([
    ["Ümläute", "&ANw-ml&AOQ-ute"],
    ["日本語", "&ZeVnLIqe-"],
    ["Tom & Jerry", "Tom &- Jerry"],
    ["💬 Post", "&2D3crA- Post"],
    ["plain ~ $(x)", "plain ~ $(x)"],
    // From RFC 3501.
    ["~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"],
  ])("writes %s as %s", (name, encoded) => {
    expect(encodeFolderName(name)).toBe(encoded);
  });

  it("names directories as Maildir++ does", () => {
    expect([folderDirectory("INBOX"), folderDirectory("Archive.2023")]).toEqual(["", ".Archive.2023"]);
  });
});

describe("imapScript", () => {
  it("sends literals without waiting, counted in bytes", () => {
    expect(imapScript([append]).input.toString()).toBe(
      'T1 APPEND "A" (\\Seen) " 5-Jan-2020 10:20:30 +0000" {3+}\r\né\n\r\nT2 LOGOUT\r\n',
    );
  });

  it("searches before it acts, selects once, and marks before it expunges", () => {
    const ids = ["<1@a>", "<2@a>"];
    const script = imapScript([
      { do: "copy", folder: 'Quote "x" \\', ids, to: "Ü" },
      { do: "expunge", folder: 'Quote "x" \\', ids: ids.slice(0, 1) },
    ]);
    expect([...script.commands.values()]).toEqual([
      'SELECT "Quote \\"x\\" \\\\"',
      'SEARCH RETURN (SAVE) OR HEADER Message-ID "<1@a>" HEADER Message-ID "<2@a>"',
      'COPY $ "&ANw-"',
      'SEARCH RETURN (SAVE) HEADER Message-ID "<1@a>"',
      "STORE $ +FLAGS.SILENT (\\Deleted)",
      "UID EXPUNGE $",
      "LOGOUT",
    ]);
  });

  it("tells which commands failed or went unanswered", () => {
    const script = imapScript([{ do: "create", folder: "A" }]);
    expect(failedCommands(script, "* PREAUTH hi\r\nT1 OK done\r\nT2 OK bye\r\n")).toEqual([]);
    expect(failedCommands(script, "T1 NO [CANNOT] never\r\n")).toEqual([
      'CREATE "A": NO [CANNOT] never',
      "LOGOUT: no answer",
    ]);
  });
});

describe("stateAfter", () => {
  it("follows copies, moves, flags, renames and expunges", () => {
    const second: ImapAction = { ...append, id: "<2@a>", flags: [] };
    const ids = ["<1@a>"];
    expect(
      stateAfter([
        { do: "create", folder: "A" },
        append,
        second,
        { do: "create", folder: "B" },
        { do: "copy", folder: "A", ids, to: "B" },
        { do: "flag", folder: "A", ids, flag: "$Label1" },
        { do: "unflag", folder: "A", ids, flag: "\\Seen" },
        { do: "move", folder: "A", ids: ["<2@a>"], to: "INBOX" },
        { do: "rename", folder: "B", to: "C" },
        { do: "expunge", folder: "C", ids },
        { do: "create", folder: "D" },
        { do: "delete", folder: "D" },
      ]),
    ).toEqual({ INBOX: [{ id: "<2@a>", flags: [] }], A: [{ id: "<1@a>", flags: ["$Label1"] }], C: [] });
  });
});

describe("imapStory", () => {
  const size = { mailboxes: 5, messages: 0, seed: 1 };
  const { users } = planSeed(size, 0);

  it("makes the same mailbox each time, with all odd folders for the first user", () => {
    const [first] = users;
    if (first === undefined) throw new Error("no user");
    const state = stateAfter(imapStory(first, size));
    expect(stateAfter(imapStory(first, size))).toEqual(state);
    expect(Object.keys(state)).toEqual(expect.arrayContaining([...oddFolders, "New name", "Empty", "INBOX"]));
    expect(Object.keys(state)).not.toContain("Old name");
  });

  it("acts on messages that are there", () => {
    for (const user of users) {
      const actions = imapStory(user, size);
      for (const [index, action] of actions.entries()) {
        if (!("ids" in action)) continue;
        const there = stateAfter(actions.slice(0, index))[action.folder]?.map((message) => message.id) ?? [];
        expect(there).toEqual(expect.arrayContaining([...action.ids]));
      }
    }
  });
});
