import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { filterOptions, filterRules } from "../../../src/modules/rsync-pull/filter-rules.ts";
import type { RsyncPullArgs } from "../../../src/modules/rsync-pull/pull-args.ts";
import { rsyncPull } from "../../../src/modules/rsync-pull/rsync-pull.ts";
import { fakeContext } from "../../../src/modules/testing/fake-context.ts";
import { FakeHost } from "../../../src/modules/testing/fake-host.ts";
import { localShellWith } from "../../../src/modules/testing/local-shell.ts";
import { runModule } from "../../../src/modules/testing/run-module.ts";
import { pullOnlyScript } from "../../../src/transport/pull-only.ts";

/** Two mail roots on this machine, a way between them by the real rsync, and passes from one into the other. */
export function twoRoots(clock: string) {
  const place = mkdtempSync(join(tmpdir(), "mailferry-delta-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const [src, dest, bin] = ["old", "new", "bin"].map((name) => join(place, name)) as [string, string, string];
  for (const directory of [src, dest, bin, join(place, "state")]) mkdirSync(directory);
  const pullOnly = join(bin, "pull-only");
  writeFileSync(pullOnly, pullOnlyScript);
  const [broken, archive] = ["broken", "archive"].map((name) => join(place, name)) as [string, string];
  // What ssh does with a forced command; a link that is to break does so after a while.
  program(bin, "link", [
    `if [ -e ${archive} ]; then case $* in *mailferry-archive*) . ${archive} ;; esac; fi`,
    "while case $1 in nice=* | rsync | mailferry-archive*) false ;; esac; do shift; done",
    `export SSH_ORIGINAL_COMMAND="$*"`,
    `if [ -e ${broken} ]; then sh ${pullOnly} ${src} | { dd bs=1 count="$(cat ${broken})" status=none; kill -9 $$; }; fi`,
    `exec sh ${pullOnly} ${src}`,
  ]);
  // How busy this machine is decides nothing.
  program(bin, "timeout", ["shift", 'exec "$@"']);
  const setClock = (offset: string): void => program(bin, "date", [`exec /bin/date -d '${offset}' "$@"`]);
  setClock(clock);
  const host = (name: string) =>
    new FakeHost({
      name,
      facts: { machine_id: name },
      files: { [src]: { type: "directory" }, [dest]: { type: "directory" } },
      commands: [{ argv: [], answer: localShellWith(bin) }],
    });
  const [old, current] = [host("old"), host("new")];
  const base = fakeContext({ peers: [old, current] });
  const context = {
    ...base,
    workPath: join(place, "state"),
    workDirectory: async () => join(place, "state"),
    openDataLink: async () => ({ remoteShell: join(bin, "link"), remote: "old", directory: src }),
  };
  const args = { from: "old", src, dest, phase: "cold" as const, maildir: true, delete: true, attempts: 1 };
  return {
    ...{ src, dest, broken, current, setClock, notices: base.notices, state: join(place, "state") },
    /** Shell lines that run where a tar stream is asked for, before it is given. */
    whenUnpacking: (lines: readonly string[]) => writeFileSync(archive, `${lines.join("\n")}\n`),
    /** Gives the stream as the link does. */
    stream: `env "SSH_ORIGINAL_COMMAND=$(for word do :; done; echo "$word")" sh ${pullOnly} ${src}`,
    withoutPerl: () => program(bin, "perl", ["exit 127"]),
    pass: async (more: Partial<RsyncPullArgs> = {}) =>
      runModule(rsyncPull, { ...args, closed_ports: [], min_source_share: 0, ...more }, current, context),
    /** What a full rsync would still do, by content; `-H` compares hard links, too. */
    difference: (links: "-H" | "--no-H" = "--no-H") => {
      const rules = filterOptions(filterRules({ maildir: true }));
      const options = ["-acnO", links, "--delete", "--out-format=%i %n", ...rules];
      const { stdout, stderr } = spawnSync("rsync", [...options, `${src}/`, `${dest}/`], {
        encoding: "utf8",
      });
      return stdout + stderr;
    },
  };
}

function program(bin: string, name: string, lines: readonly string[]): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${lines.join("\n")}\n`);
  chmodSync(join(bin, name), 0o755);
}
