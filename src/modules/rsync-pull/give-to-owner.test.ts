import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { givingFunctions } from "./give-to-owner.ts";

const idOf = (what: "passwd" | "group", name: string): number =>
  Number(execFileSync("getent", [what, name], { encoding: "utf8" }).split(":")[2]);

const [mail, mailGroup] = [idOf("passwd", "mail"), idOf("group", "mail")];

/** A directory with files of root, and one of its own outside. */
function place() {
  const top = mkdtempSync(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  const [root, outside] = [join(top, "root"), join(top, "outside")];
  for (const directory of [join(root, "a b/cur"), outside]) mkdirSync(directory, { recursive: true });
  for (const name of ["one", "two\nlines", "-R", "theirs"]) writeFileSync(join(root, "a b/cur", name), "");
  writeFileSync(join(outside, "file"), "");
  symlinkSync(join(outside, "file"), join(root, "a b/cur/link"));
  chownSync(join(root, "a b/cur/theirs"), 1, 1);
  const owns = (path: string) => {
    const { uid, gid } = lstatSync(path);
    return [uid, gid];
  };
  return {
    ...{ root, outside },
    at: (path: string) => owns(join(root, path)),
    outsideAt: (path: string) => owns(join(outside, path)),
    run: (lines: string, { owner = "mail", group = "mail" }, input = "") => {
      const script = `${givingFunctions}\nowner=$1 group=$2\n${lines}`;
      const options = { cwd: root, input, encoding: "utf8", env: { ...process.env, LC_ALL: "C" } } as const;
      return spawnSync("sh", ["-c", script, "sh", owner, group], options);
    },
  };
}

const list = (...paths: string[]) => paths.map((path) => `./${path}\0`).join("");

describe("what a pass brought", () => {
  test("is given to one user and group, what is listed alone or all of it", () => {
    const { at, run } = place();
    const listed = list("a b/cur/one", "a b/cur/two\nlines", "a b/cur/-R", "a b/cur/link");
    expect(run("give_listed", {}, listed)).toMatchObject({ status: 0, stderr: "" });
    for (const name of ["one", "two\nlines", "-R", "link"]) {
      expect(at(`a b/cur/${name}`)).toEqual([mail, mailGroup]);
    }
    expect([at("a b/cur"), at("a b/cur/theirs")]).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(run('give_all "$PWD"', {})).toMatchObject({ status: 0, stderr: "" });
    for (const name of ["", "a b", "a b/cur/theirs"]) expect(at(name)).toEqual([mail, mailGroup]);
  });

  test("keeps what is to go by name", () => {
    const { at, run } = place();
    expect(run("give_listed; give_all .", { owner: "", group: "" }, list("a b/cur/one")).status).toBe(0);
    expect(at("a b/cur/one")).toEqual([0, 0]);
    run("give_listed; give_all .", { owner: "" }, list("a b/cur/one"));
    expect([at("a b/cur/one"), at("a b/cur/theirs")]).toEqual([
      [0, mailGroup],
      [1, mailGroup],
    ]);
    run("give_listed; give_all .", { group: "" }, list("a b/cur/one"));
    expect([at("a b/cur/one"), at("a b/cur/theirs")]).toEqual([
      [mail, mailGroup],
      [mail, mailGroup],
    ]);
  });

  test("may be gone by then", () => {
    const { at, run } = place();
    const listed = list("a b/cur/one", "a b/cur/gone", "nowhere/gone", "a b/cur/link");
    expect(run("give_listed", {}, listed)).toMatchObject({ status: 0, stderr: "" });
    for (const name of ["one", "link"]) expect(at(`a b/cur/${name}`)).toEqual([mail, mailGroup]);
  });

  test("is nothing outside, wherever a link leads", () => {
    const { root, at, outsideAt, run } = place();
    symlinkSync("../outside", join(root, "away"));
    expect(run('give_all "$PWD"', {}).status).toBe(0);
    expect([outsideAt("file"), outsideAt("")]).toEqual([
      [0, 0],
      [0, 0],
    ]);
    chownSync(join(root, "a b/cur/one"), 0, 0);
    const { status, stderr } = run("give_listed", {}, list("a b/cur/one", "away/file"));
    expect(status).not.toBe(0);
    expect(stderr).toContain("a symbolic link stands in the place of a directory");
    expect([outsideAt("file"), at("a b/cur/one")]).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test("can't be given to nobody", () => {
    const { run } = place();
    const nobody = { owner: "no-such-user" };
    expect(run('give_all "$PWD"', nobody).status).not.toBe(0);
    expect(run("give_listed", nobody, list("a b/cur/one")).status).not.toBe(0);
  });
});
