import { describe, expect, test } from "vitest";
import {
  type FolderRules,
  type FolderSide,
  type ListedFolder,
  mapFolders,
  mapFoldersBack,
} from "./imap-folder-map.ts";

const anyRules: FolderRules = {
  ...{ names: {}, only: undefined, except: [], bySpecialUse: true, substitute: "_" },
};

function side(separator: string, paths: readonly (string | ListedFolder)[], prefix = ""): FolderSide {
  const folders = paths.map((path) =>
    typeof path === "string" ? { path, isSubscribed: false, isSelectable: true } : path,
  );
  return { prefix, separator, foreignPrefixes: [], folders };
}

const special = (path: string, specialUse: string): ListedFolder => ({
  ...{ path, specialUse, isSubscribed: true, isSelectable: true },
});

function newPaths(old: FolderSide, current: FolderSide, rules: Partial<FolderRules> = {}) {
  const { pairs } = mapFolders(old, current, { ...anyRules, ...rules });
  return Object.fromEntries(pairs.map(({ old: { path }, newPath }) => [path, newPath]));
}

describe("mapFolders", () => {
  test("joins names as new does", () => {
    const old = side(".", ["INBOX", "Lists", "Lists.Dev.Grün"]);
    expect(newPaths(old, side("/", []))).toEqual({
      ...{ INBOX: "INBOX", Lists: "Lists", "Lists.Dev.Grün": "Lists/Dev/Grün" },
    });
  });

  test("takes a prefix away, and puts one before", () => {
    const courier = side(".", ["INBOX", "INBOX.Sent", "INBOX.Sent.2020"], "INBOX.");
    const plain = side("/", ["INBOX", "Sent", "INBOX/Inner"]);
    expect(newPaths(courier, plain)).toEqual({
      ...{ INBOX: "INBOX", "INBOX.Sent": "Sent", "INBOX.Sent.2020": "Sent/2020" },
    });
    expect(newPaths(plain, courier)).toEqual({
      ...{ INBOX: "INBOX", Sent: "INBOX.Sent", "INBOX/Inner": "INBOX.INBOX.Inner" },
    });
  });

  test("replaces what new takes for its separator, and tells what would become one", () => {
    const old = side("/", ["a.b", "a_b", "x.y"]);
    expect(newPaths(old, side(".", []))).toMatchObject({ "x.y": "x_y" });
    const { clashes } = mapFolders(old, side(".", []), anyRules);
    expect(clashes).toEqual([{ newPath: "a_b", names: ["a.b", "a_b"] }]);
    expect(mapFolders(old, side(".", []), { ...anyRules, substitute: "-" }).clashes).toEqual([]);
  });

  test("puts a special folder into new's of that use, with what lies below", () => {
    const old = side("/", [special("Sent Items", "\\Sent"), "Sent Items/2020", special("Bin", "\\Trash")]);
    const current = side(".", [special("Sent", "\\Sent")]);
    expect(newPaths(old, current)).toEqual({
      ...{ "Sent Items": "Sent", "Sent Items/2020": "Sent.2020", Bin: "Bin" },
    });
    expect(newPaths(old, current, { bySpecialUse: false })).toMatchObject({ "Sent Items": "Sent Items" });
  });

  test("never puts two folders into one because of their use", () => {
    const old = side("/", [special("Sent Items", "\\Sent"), "Sent"]);
    expect(newPaths(old, side("/", [special("Sent", "\\Sent")]))).toEqual({
      ...{ "Sent Items": "Sent Items", Sent: "Sent" },
    });
  });

  test("a person's word goes before the use, and the longest name before shorter ones", () => {
    const old = side("/", [special("Sent Items", "\\Sent"), "A", "A/B", "A/B/C", "AB"]);
    const names = { "Sent Items": "Gesendet", A: "X", "A/B": "Y/Z" };
    expect(newPaths(old, side(".", [special("Sent", "\\Sent")]), { names })).toEqual({
      ...{ "Sent Items": "Gesendet", A: "X", "A/B": "Y.Z", "A/B/C": "Y.Z.C", AB: "AB" },
    });
  });

  test("leaves out what is not wanted, what holds no mail, and what belongs to others", () => {
    const parent = { path: "Lists", isSubscribed: true, isSelectable: false };
    const old = {
      ...side("/", [parent, "Lists/Dev", "Spam", "Spam/Old", "Spammers", "Shared/a", "Shared"]),
      foreignPrefixes: ["Shared/"],
    };
    const current = side("/", ["Spammers"]);
    const { pairs, foreign } = mapFolders(old, current, { ...anyRules, except: ["Spam"] });
    expect(pairs.map(({ name, existing }) => [name, existing?.path])).toEqual([
      ["Lists/Dev", undefined],
      ["Spammers", "Spammers"],
    ]);
    expect(foreign).toEqual(["Shared/a", "Shared"]);
    expect(newPaths(old, current, { only: ["Lists"] })).toEqual({ "Lists/Dev": "Lists/Dev" });
  });
});

describe("a folder that was copied before", () => {
  const known = new Map([["Gesendet", "Gesendet"]]);
  const old = side("/", [special("Gesendet", "\\Sent"), "Gesendet/2020"]);
  const current = side("/", ["Gesendet", special("Sent", "\\Sent")]);
  const pathsOf = (rules: Partial<FolderRules> = {}, there = current) =>
    mapFolders(old, there, { ...anyRules, ...rules }, known).pairs.map(({ newPath }) => newPath);

  test("goes where it went, whatever new has for its use by now, with what lies below", () => {
    expect(pathsOf()).toEqual(["Gesendet", "Gesendet/2020"]);
  });

  test("goes elsewhere where a person says so, or where that is gone", () => {
    expect(pathsOf({ names: { Gesendet: "Post" } })).toEqual(["Post", "Post/2020"]);
    expect(pathsOf({}, side("/", [special("Sent", "\\Sent")]))[0]).toBe("Sent");
  });

  test("gets nothing of another folder of its use on the way back", () => {
    const { pairs, clashes } = mapFoldersBack(current, old, anyRules, known);
    expect(Object.fromEntries(pairs.map((pair) => [pair.old.path, pair.newPath]))).toEqual({
      ...{ Gesendet: "Gesendet", Sent: "Sent" },
    });
    expect(clashes).toEqual([]);
  });
});

describe("mapFoldersBack", () => {
  const back = (old: FolderSide, current: FolderSide, rules: Partial<FolderRules> = {}) => {
    const { pairs, clashes } = mapFoldersBack(current, old, { ...anyRules, ...rules });
    return [Object.fromEntries(pairs.map((pair) => [pair.old.path, pair.newPath])), clashes] as const;
  };

  test("leads each folder back to what became it, however it is called", () => {
    const old = side("/", ["INBOX", special("Gesendet", "\\Sent"), "a.b", "Alt", "Left"]);
    const current = side(".", [
      ...["INBOX", special("Sent", "\\Sent"), "a_b", "Renamed", "Renamed.Later", "Made.Here"],
    ]);
    expect(back(old, current, { names: { Alt: "Renamed" }, except: ["Left"] })).toEqual([
      {
        ...{ INBOX: "INBOX", Sent: "Gesendet", a_b: "a.b", Renamed: "Alt" },
        ...{ "Renamed.Later": "Alt/Later", "Made.Here": "Made/Here" },
      },
      [],
    ]);
  });

  test("leaves nothing of new out, and names what would become one", () => {
    const old = side(".", ["INBOX", special("Gesendet", "\\Sent")]);
    const current = side("/", ["INBOX", special("Sent", "\\Sent"), "Gesendet", "Left"]);
    const [paths, clashes] = back(old, current, { except: ["Left"], only: ["INBOX", "Gesendet"] });
    expect(paths).toMatchObject({ Left: "Left" });
    expect(clashes).toEqual([{ newPath: "Gesendet", names: ["Sent", "Gesendet"] }]);
  });
});
