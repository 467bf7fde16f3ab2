import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FakeCall } from "../../src/modules/testing/fake-host.ts";
import { localShellOf } from "../../src/modules/testing/local-shell.ts";
import { makePlace, type Place } from "./engine/run-playbook.ts";

const rolesDirectory = fileURLToPath(new URL("../../roles", import.meta.url));

const everywhere =
  "sh awk basename cat chmod cut date dirname env find grep head ls readlink rm sed sort tail touch tr wc xargs".split(
    " ",
  );
const paths = execFileSync("sh", ["-c", 'for name; do command -v "$name"; done', "sh", ...everywhere], {
  encoding: "utf8",
}).trimEnd();

/**
 * A place for roles on servers that no lab can boot: on both hosts these programs, and what every Debian has, are all there is.
 * What stands in /var/log and /etc is the test's own, in the place's directory.
 */
export function placeWith(programs: Readonly<Record<string, string>>): Place {
  const place = makePlace();
  symlinkSync(rolesDirectory, join(place.directory, "roles"));
  const bin = join(place.directory, "bin");
  mkdirSync(bin);
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  for (const path of paths.split("\n")) symlinkSync(path, join(bin, basename(path)));
  const shell = localShellOf(bin);
  const real = (call: FakeCall) => shell({ ...call, argv: call.argv.map((word) => inPlace(place, word)) });
  // The other scripts are the engine's own.
  const answer = (call: FakeCall) =>
    /mail-log|queue-carried|journalctl|doveadm|mailferry-visits|init\.d/.test(call.argv.join(" "))
      ? real(call)
      : undefined;
  for (const host of [place.hosts.alpha, place.hosts.beta]) {
    for (const shell of ["sh", "/bin/sh"]) host.answer([shell], answer);
    for (const program of ["chmod", "date", "doveadm", "doveconf", "postlog", "readlink", "xargs"])
      host.answer([program], real);
    host.answer(["postqueue"], "");
    host.answer(["postconf", "-h", "queue_directory"], "/var/spool/postfix");
    host.answer(["find"], "");
    host.tree.put("/var/spool/postfix", { type: "directory" });
  }
  return place;
}

function inPlace({ directory }: Place, word: string): string {
  return word.replaceAll("/var/log", directory).replaceAll("/etc/", `${directory}/etc/`);
}
