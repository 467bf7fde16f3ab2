import { readFile } from "node:fs/promises";
import { Failure } from "../../contract/errors.ts";
import type { LookContext } from "../../contract/module.ts";
import { csvRows } from "../../mail/csv.ts";
import { closed, secretText, word } from "../argument-schemas.ts";
import type { ServerWords } from "./server-words.ts";

/** A user as a task names one. */
export interface UserWords {
  readonly user?: string;
  readonly old_user?: string;
  readonly new_user?: string;
  readonly old_password?: string;
  readonly new_password?: string;
}

/** The two mailboxes of one user. */
export interface Account {
  readonly old: { readonly user: string; readonly password: string | undefined };
  readonly current: { readonly user: string; readonly password: string | undefined };
}

/** The words of a task that say whose mailboxes are meant. */
export interface AccountWords {
  readonly old: ServerWords;
  readonly new: ServerWords;
  readonly users?: readonly (string | UserWords)[];
  readonly users_file?: string;
}

export const accountWords = {
  users: {
    type: "array",
    description: "Whose mailboxes: names, or objects that tell both names and the passwords.",
    items: {
      ...closed({
        user: word("The user's name on both servers."),
        old_user: word("The name on old, where it is another one."),
        new_user: word("The name on new, where it is another one."),
        old_password: secretText("The password on old, without a master user there."),
        new_password: secretText("The password on new, without a master user there."),
      }),
      type: ["string", "object"],
    },
  },
  users_file: word(
    "The same as a CSV file on the machine that Mailferry runs on, whose first line names the columns: user, old_user, new_user, old_password, new_password.",
  ),
} as const;

const columns = ["user", "old_user", "new_user", "old_password", "new_password"] as const;

/** All users that a task names. Throws Failure for one that can't be logged in, that comes twice, or when there is none. */
export async function readAccounts(
  args: AccountWords,
  context: Pick<LookContext, "controlPath">,
): Promise<Account[]> {
  const told = (args.users ?? []).map((user) => (typeof user === "string" ? { user } : user));
  const file = args.users_file === undefined ? [] : await readUsers(context.controlPath(args.users_file));
  const accounts = [...told, ...file].map((user, index) => accountOf(user, index, args));
  const seen = new Set<string>();
  for (const { current } of accounts) {
    if (seen.has(current.user))
      throw unusable(`${current.user} is named twice for new`, "Name each mailbox of new once.");
    seen.add(current.user);
  }
  if (accounts.length > 0) return accounts;
  throw unusable(
    "there is no user in `users` or `users_file`",
    "Name at least one whose mailboxes are meant.",
  );
}

function accountOf(words: UserWords, index: number, args: AccountWords): Account {
  const old = words.old_user ?? words.user;
  const current = words.new_user ?? words.user;
  if (old === undefined || current === undefined) {
    throw unusable(`user ${index + 1} has no name`, "Write `user`, or `old_user` and `new_user`.");
  }
  for (const [side, name, password] of [
    ["old", old, words.old_password],
    ["new", current, words.new_password],
  ] as const) {
    if (password !== undefined || args[side].master_user !== undefined) continue;
    const next = `Give one of the two: the user's own password, or a master user of ${side}.`;
    throw unusable(`${name} has no \`${side}_password\`, and ${side} no \`master_user\``, next);
  }
  return {
    old: { user: old, password: words.old_password },
    current: { user: current, password: words.new_password },
  };
}

/** Empty fields are as none. */
async function readUsers(path: string): Promise<UserWords[]> {
  const [head = [], ...rows] = await readRows(path);
  const names = head.map((name) => name.trim());
  const unknown = names.find((name) => !(columns as readonly string[]).includes(name));
  if (unknown !== undefined) {
    throw unusable(`${path} has a column "${unknown}"`, `There are ${columns.join(", ")}.`);
  }
  return rows.map((row, index) => {
    if (row.length !== names.length) {
      const what = `${path}: row ${index + 2} has ${row.length} fields, not ${names.length}`;
      throw unusable(
        what,
        "Each row has as many as the first line names; one with a comma in it stands in quotes.",
      );
    }
    return Object.fromEntries(names.flatMap((name, at) => (row[at] ? [[name, row[at]]] : [])));
  });
}

async function readRows(path: string): Promise<string[][]> {
  try {
    return csvRows(await readFile(path, "utf8"));
  } catch (cause) {
    const next = "A path without / at its beginning counts from the playbook's folder.";
    throw new Failure("bad-input", `${path} can't be read: ${(cause as Error).message}`, { next, cause });
  }
}

function unusable(message: string, next: string): Failure {
  return new Failure("bad-input", message, { next });
}
