import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SeedTarget } from "../seeder/target.ts";
import { collectMessageIds } from "./collect-ids.ts";

/** This machine stands in for a host: the script needs find and perl alone. */
const here: SeedTarget = {
  name: "here",
  address: "127.0.0.1",
  run: async ([program = "", ...argv]) => (await promisify(execFile)(program, argv)).stdout,
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mailferry-ids-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string | Buffer, content: string): Promise<void> {
  const directory = join(root, "example.org/anna/Maildir", path.toString("latin1").replace(/[^/]*$/, ""));
  await mkdir(directory, { recursive: true });
  const full = Buffer.concat([Buffer.from(`${root}/example.org/anna/Maildir/`), Buffer.from(path)]);
  await writeFile(full, content);
}

describe("collectMessageIds", () => {
  it("reads headers alone, folded or not, in any case, with any line ends", async () => {
    await put("cur/1:2,S", "Subject: x\nMESSAGE-ID: <plain@a>\n\nMessage-ID: <body@a>\n");
    await put("cur/2:2,", "Message-ID:\n <folded@a>\nSubject: y\n\n");
    await put("new/3", "Subject: z\r\nMessage-Id: <crlf@a>\r\n\r\ntext\r\n");
    await put("cur/4:2,", "Subject: none\n\nMessage-ID: <only-in-body@a>\n");
    const found = await collectMessageIds(here, { root });
    expect([...found.keys()].sort()).toEqual(["<crlf@a>", "<folded@a>", "<plain@a>"]);
  });

  it("counts copies over folders, whatever the files are called", async () => {
    const mail = "Message-ID: <same@a>\n\n";
    await put("cur/-rf:2,S", mail);
    await put("cur/two\nlines", mail);
    await put(Buffer.concat([Buffer.from("cur/"), Buffer.from([0xff, 0xe4])]), mail);
    await put('.Quote "it\'s" $(touch pwned)/new/| echo', mail);
    await put("tmp/unfinished", mail);
    const found = await collectMessageIds(here, { root });
    expect(found.get("<same@a>")).toEqual(new Map([["anna@example.org", 4]]));
  });

  it("can be asked for some ids alone", async () => {
    await put("cur/1", "Message-ID: <1@traffic>\n\n");
    await put("cur/2", "Message-ID: <2@other>\n\n");
    expect([...(await collectMessageIds(here, { root, containing: "@traffic" })).keys()]).toEqual([
      "<1@traffic>",
    ]);
  });
});
