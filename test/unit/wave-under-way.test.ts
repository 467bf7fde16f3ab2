import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

/** What the role waves waits for before a wave's mailboxes are copied for the last time. */
const file = new URL("../../roles/waves/tasks/under-way.yml", import.meta.url);
const [first, second] = parse(readFileSync(file, "utf8")) as [
  { readonly shell: string },
  { readonly shell: { readonly cmd: string } },
];

/** Runs a script of the task file on a host whose Postfix has these messages: their ids, and those asked for again. */
function run(script: string, messages: readonly object[], stdin = "") {
  const directory = temporaryDirectory();
  const asked = join(directory, "asked");
  writeFileSync(asked, "");
  writeFileSync(join(directory, "queue"), messages.map((message) => `${spaced(message)}\n`).join(""));
  const program = `#!/bin/sh\ncd ${directory}\nif [ "$1" = -j ]; then cat queue; else echo "$2" >>asked; fi\n`;
  writeFileSync(join(directory, "postqueue"), program);
  chmodSync(join(directory, "postqueue"), 0o755);
  const rendered = renderText(script, { wave_delivered: ["example.org"] }, "under-way.yml");
  const env = { PATH: `${directory}:${process.env.PATH}` };
  const { stdout, stderr } = spawnSync("sh", ["-c", rendered], { encoding: "utf8", input: stdin, env });
  expect(stderr).toBe("");
  return { ids: linesOf(stdout), asked: linesOf(readFileSync(asked, "utf8")) };
}

const message = (queue_name: string, queue_id: string, ...addresses: string[]) => ({
  ...{ queue_name, queue_id },
  recipients: addresses.map((address) => ({ address })),
});

// As postqueue writes it.
const spaced = (value: object) => JSON.stringify(value).replaceAll('":', '": ').replaceAll(",", ", ");

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

test("a delivery that a reload put back is waited for like one in the active queue, and asked for again", () => {
  const queue = [
    message("active", "A1", "john@example.org"),
    message("active", "A2", "john@example.net"),
    message("incoming", "B1", "far@example.com", "JANE@Example.org"),
    // All of its recipients have it.
    message("incoming", "B2"),
    message("deferred", "D1", "john@example.org"),
  ];
  const { ids } = run(first.shell, queue);
  expect(ids).toEqual(["A1", "B1"]);

  const stdin = `${ids.join("\n")}\n\n`;
  expect(run(second.shell.cmd, queue, stdin)).toEqual({ ids: ["A1", "B1"], asked: ["A1", "B1"] });
  const later = [message("deferred", "A1", "john@example.org"), message("incoming", "B2")];
  expect(run(second.shell.cmd, later, stdin)).toEqual({ ids: [], asked: [] });
  expect(run(second.shell.cmd, [], "\n")).toEqual({ ids: [], asked: [] });
});
