import { describe, expect, test } from "vitest";
import { FolderPlacer, folderName, folderParts, layoutOf, mailboxName } from "./maildir-folder.ts";

describe("folders below the mail root", () => {
  test("belong to the Maildir that comes before them", () => {
    const placer = new FolderPlacer();
    const places = [
      "example.org/a/Maildir",
      "example.org/a/Maildir/.Sent",
      "example.org/a/Maildir/fs/deep",
      "example.org/a/Maildirs",
      "example.org/b",
      "example.org/b/.Sent",
    ].map((path) => placer.place(path));
    expect(places.map(({ maildir, directory }) => [maildir, directory])).toEqual([
      ["example.org/a/Maildir", ""],
      ["example.org/a/Maildir", ".Sent"],
      ["example.org/a/Maildir", "fs/deep"],
      ["example.org/a/Maildirs", ""],
      ["example.org/b", ""],
      ["example.org/b", ".Sent"],
    ]);
  });

  test("the mail root may be the Maildir itself", () => {
    const placer = new FolderPlacer();
    expect(placer.place("")).toEqual({ maildir: "", directory: "" });
    expect(placer.place(".Sent")).toEqual({ maildir: "", directory: ".Sent" });
    expect(mailboxName("")).toBe(".");
  });

  test("have names and a layout", () => {
    expect(mailboxName("example.org/a/Maildir")).toBe("example.org/a");
    expect(folderName("")).toBe("INBOX");
    expect(folderName(".Lists.Dev")).toBe("Lists/Dev");
    expect(folderParts("Lists/Dev.x")).toEqual(["Lists", "Dev.x"]);
    expect([".Sent", "Sent/x", ""].map(layoutOf)).toEqual(["maildir++", "fs", undefined]);
  });
});
