import type { JsonSchema } from "../../contract/json.ts";
import { splitWords } from "../../contract/split-words.ts";
import { given, word, yesOrNo } from "../argument-schemas.ts";

/** What a doveadm command is, and whom it is for. */
export interface DoveadmWords {
  readonly command: string;
  readonly arguments?: readonly string[];
  readonly user?: string;
  readonly users?: readonly string[];
  readonly all_users?: boolean;
  readonly options?: Readonly<Record<string, string>>;
}

/** Their schemas, shared by the changing and the looking module. */
export const doveadmWords: Readonly<Record<string, JsonSchema>> = {
  command: word("The command and its subcommand, for instance `force-resync` or `mailbox status`."),
  arguments: {
    type: "array",
    items: { type: "string" },
    description: "Its arguments, each as it is.",
  },
  user: word("For this user (-u)."),
  users: {
    type: "array",
    minItems: 1,
    uniqueItems: true,
    items: { type: "string", minLength: 1, pattern: "^[^\\n]+$" },
    description: "For these users.",
  },
  all_users: yesOrNo("For all users of the user database (-A); it must be able to list them.", false),
  options: {
    type: "object",
    propertyNames: { pattern: "^[^=\\s]+$" },
    additionalProperties: { type: "string" },
    description: "Settings for this command alone (-o).",
  },
};

/** A rule: users are named in one way at most. */
export const oneWayOfUsers: JsonSchema = {
  not: { anyOf: [given("user", "users"), given("user", "all_users"), given("users", "all_users")] },
};

/**
 * The command line. `-u`, `-A` and `-F` stand behind the command's words, where Dovecot 2.3 and 2.4 both take them;
 * mail commands of 2.4 refuse to run without one.
 */
export function doveadmArgv(
  { command, arguments: operands = [], options = {} }: DoveadmWords,
  scope: readonly string[],
  flags: readonly string[] = [],
): string[] {
  const settings = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return ["doveadm", ...flags, ...settings, ...splitWords(command), ...scope, ...operands];
}

/** Who is meant, for people. */
export function scopeWords({ user, users, all_users }: DoveadmWords): string {
  if (all_users === true) return " for all users";
  if (user !== undefined) return ` for ${user}`;
  return users === undefined ? "" : ` for ${users.length} users`;
}
