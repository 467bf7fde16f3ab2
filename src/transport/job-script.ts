import { Failure } from "../contract/errors.ts";
import type { JobSpec } from "../contract/host.ts";
import { quoteArgv, quoteWord } from "../contract/shell-words.ts";

/**
 * The script that a job is, run in the job's directory `$1`. Whoever makes `begun` first runs it: a job started twice, by a
 * controller that did not know of the first, runs once. `begun` names the process by id, start time and boot, and the script
 * holds a lock on it, so that whoever waits hears of the end at once.
 */
export function jobScript(spec: JobSpec): string {
  const variables = Object.entries(spec.environment ?? {}).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new Failure("bad-input", `${JSON.stringify(name)} can't be the name of an environment variable`);
    }
    return `export ${name}=${quoteWord(value)}`;
  });
  return [
    "#!/bin/sh",
    `# ${spec.name.replaceAll(/[^\x20-\x7e]/g, "?")}`,
    `cd -- "$1" || exit 1`,
    "umask 077",
    `stat=$(cat /proc/$$/stat); set -- "$1" \${stat##*) }; shift`,
    // Field 22 of stat is the start time: the twentieth behind the program's name.
    `exec 9>begun.$$`,
    "flock 9 2>/dev/null",
    `echo "$$ \${20} $(cat /proc/sys/kernel/random/boot_id)" >&9`,
    "ln begun.$$ begun 2>/dev/null || { rm -f begun.$$; exit 0; }",
    "rm -f begun.$$",
    // Being told to end reaches the command itself too; the script stays to write down how it ended.
    "told=; trap told=yes HUP INT TERM",
    "export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `here=$PWD`,
    `( trap - HUP INT TERM; umask 022; cd /; ${[...variables, `exec ${quoteArgv(spec.argv)}`].join("; ")} ) <stdin >stdout 2>stderr 9>&- &`,
    // Told before there was a command to tell.
    '[ -z "$told" ] || kill -s TERM $!',
    "while :; do wait $!; code=$?; kill -s 0 $! 2>/dev/null || break; done",
    `cd -- "$here" && echo "$code" >exit.new && sync -- exit.new stdout stderr && mv -f exit.new exit; exec 9>&-`,
    "rm -f stdin",
    "",
  ].join("\n");
}
