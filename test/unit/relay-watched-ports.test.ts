import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";

/** Old as the role relay finds it: ports that somebody listens on, and those of the unit's own file. */
interface Old {
  readonly taken: readonly number[];
  readonly own?: readonly number[];
  readonly isActive?: boolean;
}

/** What the unit is to listen on, of the ports 143, 993 and 465. */
function listensOn({ taken, own = [], isActive = true }: Old): string[] {
  const path = new URL("../../roles/relay/tasks/watch.yml", import.meta.url);
  const tasks = parse(readFileSync(path, "utf8")) as readonly { readonly shell?: string }[];
  const shell = tasks.find((task) => task.shell !== undefined)?.shell ?? "";
  const values = { relay_visits_unit: "mailferry-visits", relay_watched_ports: [143, 993, 465] };
  const directory = temporaryDirectory();
  const program = (name: string, body: string) =>
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  const listeners = taken.map((port) => `*":${port} "*) echo 'LISTEN 0 100 *:${port} *:*';;`);
  program("ss", `echo State\ncase "$2" in ${listeners.join(" ")} esac`);
  const unit = ["[Socket]", ...own.map((port) => `ListenStream=${port}`)].join("\n");
  program(
    "systemctl",
    `case $1 in is-active) exit ${isActive ? 0 : 3};; cat) cat <<'END'\n${unit}\nEND\n;; esac`,
  );
  const env = { PATH: `${directory}:${process.env.PATH}` };
  const script = renderText(shell, values, path.pathname);
  const { status, stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8", env });
  expect(status).toBe(0);
  return stdout.trimEnd().split("\n");
}

test("a port that somebody else listens on is not watched", () => {
  expect(listensOn({ taken: [465], isActive: false })).toEqual(["ListenStream=143", "ListenStream=993"]);
});

test("ports that are watched already stay so when one more is free", () => {
  const all = ["ListenStream=143", "ListenStream=993", "ListenStream=465"];
  expect(listensOn({ taken: [143, 993], own: [143, 993] })).toEqual(all);
});

test("a port of the unit's that somebody took while it stood still is not watched", () => {
  expect(listensOn({ taken: [993], own: [143, 993], isActive: false })).toEqual([
    "ListenStream=143",
    "ListenStream=465",
  ]);
});
