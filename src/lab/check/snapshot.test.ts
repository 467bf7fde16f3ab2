import { describe, expect, it } from "vitest";
import { compareSnapshots } from "./compare-snapshots.ts";
import { assemble, type FolderSnapshot, type Snapshot } from "./snapshot.ts";

const anna = "anna@example.org";

describe("assemble", () => {
  const inbox = { username: anna, mailbox: "INBOX" };

  it("orders by UID and flag, and leaves out \\Recent", () => {
    const snapshot = assemble(
      [{ ...inbox, uidvalidity: "7", uidnext: "12" }],
      [{ username: anna, mailbox: "Sent" }],
      [
        { ...inbox, uid: "11", flags: "", "hdr.message-id": "" },
        { ...inbox, uid: "2", flags: "\\Seen \\Recent $Label1 \\Flagged", "hdr.message-id": "\n <x@a>" },
      ],
    );
    expect(snapshot.users[anna]).toEqual({
      subscriptions: ["Sent"],
      folders: {
        INBOX: {
          uidValidity: 7,
          uidNext: 12,
          messages: [
            { uid: 2, flags: ["$Label1", "\\Flagged", "\\Seen"], id: "<x@a>" },
            { uid: 11, flags: [], id: "" },
          ],
        },
      },
    });
  });

  it("does not guess when doveadm says something else", () => {
    expect(() => assemble([{ ...inbox, uidnext: "1" }], [], [])).toThrow("uidvalidity");
  });
});

describe("compareSnapshots", () => {
  const folder: FolderSnapshot = {
    uidValidity: 5,
    uidNext: 4,
    messages: [
      { uid: 1, flags: ["\\Seen"], id: "<1>" },
      { uid: 3, flags: [], id: "<3>" },
    ],
  };
  const snapshot = (inbox: FolderSnapshot | undefined, subscriptions = ["Sent"]): Snapshot => ({
    users: { [anna]: { subscriptions, folders: inbox === undefined ? {} : { INBOX: inbox } } },
  });
  const kinds = (after: Snapshot) => compareSnapshots(snapshot(folder), after).map(({ kind }) => kind);

  it("finds nothing when mail has only been added at the end", () => {
    const grown = { ...folder, uidNext: 6, messages: [...folder.messages, { uid: 5, flags: [], id: "<5>" }] };
    expect(kinds(snapshot(grown))).toEqual([]);
  });

  it("finds whatever a client would stumble over", () => {
    const [first, second] = folder.messages;
    if (first === undefined || second === undefined) throw new Error("the fixture is broken");
    expect(compareSnapshots(snapshot(folder), { users: {} })).toMatchObject([
      { user: anna, kind: "user-missing" },
    ]);
    expect(kinds(snapshot(undefined))).toEqual(["folder-missing"]);
    expect(kinds(snapshot({ ...folder, uidValidity: 6 }))).toEqual(["uid-validity"]);
    expect(kinds(snapshot({ ...folder, messages: [first] }))).toEqual(["message-missing"]);
    expect(kinds(snapshot({ ...folder, messages: [first, { ...second, id: "<x>" }] }))).toEqual([
      "message-replaced",
    ]);
    expect(kinds(snapshot({ ...folder, messages: [{ ...first, flags: [] }, second] }))).toEqual(["flags"]);
    const back = { ...folder, messages: [first, { uid: 2, flags: [], id: "<2>" }, second] };
    expect(kinds(snapshot(back))).toEqual(["message-added"]);
    expect(kinds(snapshot({ ...folder, uidNext: 3 }))).toEqual(["uid-next"]);
    expect(kinds(snapshot(folder, ["Junk"]))).toEqual(["subscription-missing", "subscription-added"]);
  });

  it("forgives a new UIDVALIDITY of a folder that never held a message", () => {
    const unused = { uidValidity: 1, uidNext: 1, messages: [] };
    expect(compareSnapshots(snapshot(unused), snapshot({ ...unused, uidValidity: 9 }))).toEqual([]);
  });
});
