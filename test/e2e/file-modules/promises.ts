import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BootedLab, changesIn } from "../module-lab.ts";

/** What the modules about files and fetching promise. */
export function fileModules(booted: () => BootedLab): void {
  let fetched: string;
  beforeAll(async () => {
    fetched = await mkdtemp(join(tmpdir(), "mailferry-fetched-"));
  });
  afterAll(() => rm(fetched, { recursive: true }));

  const run = (stage: string, ...more: string[]) =>
    booted().run("file-modules", stage, "-e", `fetched=${fetched}`, ...more);

  test("check mode leaves hosts and controller as they are", async () => {
    await run("seed");
    const before = await booted().states();
    await run("files", "--check", "--diff");
    expect(await booted().states()).toEqual(before);
    const { host, path } = fetchedFrom(booted());
    await expect(readFile(join(fetched, host, path))).rejects.toThrow("ENOENT");
  });

  test("what is changed once is so, and stays so", async () => {
    expect(changesIn(await run("files"))).toEqual([11, 11]);
    expect(changesIn(await run("files"))).toEqual([0, 0]);
    await run("looks");
    const { host, path } = fetchedFrom(booted());
    expect(await readFile(join(fetched, host, path), "utf8")).toBe("one\ntwo\n");
  });

  test("a temporary directory is its user's alone", async () => {
    await run("temporary");
  });

  test("what must not be done is refused", async () => {
    await run("refusals");
    await run("looks");
  });

  test("what is removed is gone", async () => {
    expect(changesIn(await run("remove"))).toEqual([1, 1]);
  });
}

function fetchedFrom({ lab }: BootedLab): { readonly host: string; readonly path: string } {
  return { host: lab.hosts.old.name, path: "/srv/file-modules/in/it's a $(name)\nwith * and ünicode" };
}
