import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { type LookContext, lookingModule } from "../../contract/module.ts";
import { parseTabTable } from "../../mail/doveadm-table.ts";
import { closed, yesOrNo } from "../argument-schemas.ts";
import { type DoveadmWords, doveadmArgv, doveadmWords, oneWayOfUsers } from "./doveadm-argv.ts";

export interface DoveadmLookArgs extends DoveadmWords {
  readonly rows?: boolean;
  readonly limit?: number;
}

/** Runs a command of doveadm that only looks, and hands back what it found as rows. */
export const doveadmLook = lookingModule<DoveadmLookArgs>({
  name: "doveadm_look",
  description:
    "Runs a command of doveadm that only looks (mailbox status, user, pw -l, …) and hands back its table as rows.",
  args: closed(
    {
      ...doveadmWords,
      rows: yesOrNo("Read the output as a table; false leaves it as text in `stdout`.", true),
      limit: { type: "integer", minimum: 1, default: 10_000, description: "How many rows are kept." },
    },
    { required: ["command"], ...oneWayOfUsers },
  ),

  async look(args, host, { signal }) {
    const { rows: asRows = true, limit = 10_000 } = args;
    const rows: JsonObject[] = [];
    const texts: string[] = [];
    for (const scope of scopesOf(args)) {
      const text = await ask(args, scope.options, asRows, host, signal);
      if (!asRows) texts.push(text);
      else for (const row of parseTabTable(text)) rows.push({ ...scope.words, ...row });
    }
    const result = asRows
      ? { rows: rows.slice(0, limit), count: rows.length, truncated: rows.length > limit }
      : { stdout: texts.join("").trimEnd() };
    return { result };
  },
});

interface Scope {
  readonly options: readonly string[];
  /** What the rows don't say by themselves. */
  readonly words: JsonObject;
}

/** Several users are asked one after the other: the list that doveadm takes would have to be a file on the host. */
function scopesOf({ user, users, all_users }: DoveadmLookArgs): Scope[] {
  if (all_users === true) return [{ options: ["-A"], words: {} }];
  if (users !== undefined) {
    return users.map((one) => ({ options: ["-u", one], words: { username: one } }));
  }
  return [{ options: user === undefined ? [] : ["-u", user], words: {} }];
}

async function ask(
  args: DoveadmLookArgs,
  scope: readonly string[],
  asRows: boolean,
  host: HostReader,
  signal: LookContext["signal"],
): Promise<string> {
  const argv = doveadmArgv(args, scope, asRows ? ["-f", "tab"] : []);
  const { stdout } = await host.probe(argv, { timeoutMs: longestLookMs, signal });
  return stdout.toString("utf8");
}

/** A status of all users opens every mailbox. */
const longestLookMs = 3_600_000;
