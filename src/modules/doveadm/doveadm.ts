import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import { deletingDoveadm } from "../../contract/mail-places.ts";
import { type ApplyContext, changingModule } from "../../contract/module.ts";
import { closed } from "../argument-schemas.ts";
import { type DoveadmWords, doveadmArgv, doveadmWords, oneWayOfUsers, scopeWords } from "./doveadm-argv.ts";

export interface DoveadmArgs extends DoveadmWords {
  readonly accept?: readonly number[];
}

export interface DoveadmChange extends Change {
  readonly args: DoveadmArgs;
}

/** Runs a command of doveadm that changes something, as a job. */
export const doveadm = changingModule<DoveadmArgs, DoveadmChange>({
  name: "doveadm",
  description:
    "Runs a command of doveadm that changes something, as a job on the host: for one user, some, or all.",
  preview: "unknown",
  args: closed(
    {
      ...doveadmWords,
      accept: {
        type: "array",
        minItems: 1,
        items: { type: "integer", minimum: 0, maximum: 255 },
        default: [0],
        description: "Exit codes that are no error.",
      },
    },
    { required: ["command"], ...oneWayOfUsers },
  ),

  async check(args) {
    return { summary: `doveadm ${args.command}${scopeWords(args)}`, args };
  },

  touches: ({ args }) => {
    const words = ["doveadm", args.command, ...(args.arguments ?? [])].join(" ");
    return new RegExp(deletingDoveadm).test(words) ? [{ deletion: `doveadm ${args.command}` }] : [];
  },

  async apply({ args }, host, context) {
    const list = args.users === undefined ? undefined : await writeUsers(args.users, host, context);
    const { exitCode, stdout, stderr } = await host.runJob({
      name: "doveadm",
      argv: doveadmArgv(args, scopeOf(args, list)),
      accept: args.accept ?? [0],
    });
    if (list !== undefined) await host.run(["rm", "-f", "--", list]);
    refuseSkipped(stderr.toString("utf8"), host.name);
    return { result: { exit_code: exitCode, stdout: shortened(stdout), stderr: shortened(stderr) } };
  },
});

function scopeOf({ user, all_users }: DoveadmArgs, list: string | undefined): string[] {
  if (all_users === true) return ["-A"];
  if (user !== undefined) return ["-u", user];
  return list === undefined ? [] : ["-F", list];
}

/** doveadm reads the list of users from a file that it can seek in. */
async function writeUsers(
  users: readonly string[],
  host: HostWriter,
  context: ApplyContext,
): Promise<string> {
  const path = `${await context.workDirectory(host)}/doveadm-users`;
  await host.writeFile(path, `${users.join("\n")}\n`, { mode: "0600" });
  return path;
}

/** With a list, doveadm passes over users that are not there, and calls that a success. */
function refuseSkipped(stderr: string, host: string): void {
  const skipped = [...stderr.matchAll(/^doveadm\(([^)\n]*)\).*no longer exists, skipping/gm)].map(
    (found) => found[1],
  );
  if (skipped.length === 0) return;
  throw new Failure("task-failed", `Dovecot on ${host} knows no user ${skipped.join(", ")}`, {
    host,
    next: "Is the user database there, and can Dovecot read it?",
  });
}

/** A rebuild of all indexes can write a line for each folder: the journal keeps the end. */
function shortened(output: Buffer): string {
  const text = output.toString("utf8").trimEnd();
  return text.length > keptCharacters ? `…${text.slice(-keptCharacters)}` : text;
}

const keptCharacters = 16_384;
