import { posix } from "node:path";
import type { Change } from "../../contract/change.ts";
import { BadInput, Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import { absolutePath, closed, oneOf, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { type Attributes, attributeSteps, attributesOff } from "../file-attributes.ts";
import { findLoginAccount, type LoginAccount, requireLoginAccount } from "../login-account.ts";
import { type FileChange, planFile, putFile, touchesOfFile } from "../managed-file.ts";
import { type KeyLine, parseKeyLine, withKeyLines, withoutKeyLines } from "./key-lines.ts";

export interface AuthorizedKeyArgs {
  readonly user: string;
  readonly key: string;
  readonly state?: "present" | "absent";
  readonly path?: string;
  readonly manage_dir?: boolean;
  readonly key_options?: string;
  readonly comment?: string;
  readonly exclusive?: boolean;
  readonly follow?: boolean;
}

export interface AuthorizedKeyChange extends Change {
  readonly user: string;
  readonly path: string;
  /** Commands that make the directory what sshd wants, before the file is written. */
  readonly steps: readonly (readonly string[])[];
  readonly file: FileChange | undefined;
}

/** Keeps the public keys that let in a user. */
export const authorizedKey = changingModule<AuthorizedKeyArgs, AuthorizedKeyChange>({
  name: "authorized_key",
  description:
    "Keeps the public keys with which a user is let in by ssh. The file and its directory get the owner and the rights that sshd wants. " +
    "Differs from Ansible: `key` is never fetched from a URL, and a file that is a symbolic link is refused unless `follow` is true.",
  preview: "exact",
  args: closed(
    {
      user: { ...word("Who is let in."), pattern: "^[A-Za-z_][A-Za-z0-9_.-]*[$]?$" },
      key: word("The public key, or several, each on a line of its own."),
      state: oneOf(["present", "absent"], "Whether the keys shall be there.", "present"),
      path: absolutePath("The file; `.ssh/authorized_keys` in the user's home without it."),
      manage_dir: yesOrNo(
        "Make the file's directory, and give it to the user alone. Say `false` with a `path` that lies in a directory of the system.",
        true,
      ),
      key_options: {
        ...word('Options before each key, for instance `restrict,from="192.0.2.1"`.'),
        pattern: "^[^\\r\\n]+$",
      },
      comment: { ...word("The comment after each key, in place of its own."), pattern: "^[^\\r\\n]+$" },
      exclusive: yesOrNo("Remove all other keys. Comments stay.", false),
      follow: yesOrNo("Write to where a symbolic link leads.", false),
    },
    {
      required: ["user", "key"],
      allOf: [whenIs("state", "absent", { forbids: ["key_options", "comment", "exclusive"] })],
    },
  ),

  async check(args, host, context) {
    const account = await accountOf(args, host, context);
    if (account === undefined) return undefined;
    const path = args.path ?? posix.join(account.home, ".ssh/authorized_keys");
    const keys = keysOf(args);
    const before = await readKeys(path, args.follow === true, host);
    if (args.state === "absent" && before === undefined) return undefined;
    const after =
      args.state === "absent"
        ? withoutKeyLines(before ?? "", keys)
        : withKeyLines(before ?? "", keys, args.exclusive === true);
    const file = await filePlan({ path, before, after }, account, args, host);
    const directory = args.manage_dir === false ? undefined : posix.dirname(path);
    const steps =
      directory === undefined || args.state === "absent"
        ? []
        : await directorySteps(directory, account, host);
    if (file === undefined && steps.length === 0) return undefined;
    const what = after === (before ?? "") ? "rights" : `keys ${args.state ?? "present"}`;
    const diff = after === (before ?? "") ? undefined : [{ path, before, after }];
    return { summary: `${what} in ${path}`, diff, user: args.user, path, steps, file };
  },

  touches: ({ file }) => touchesOfFile(file),
  async apply({ user, path, steps, file }, host, context) {
    const { signal } = context;
    for (const step of steps) await host.run(step, { signal });
    if (file !== undefined) await putFile(file, host, context);
    return { result: { user, keyfile: path } };
  },

  async current({ user, key, path, state = "present", exclusive = false }, host) {
    const home = path === undefined ? (await findLoginAccount(user, host))?.home : undefined;
    const keyfile = path ?? (home === undefined ? undefined : posix.join(home, ".ssh/authorized_keys"));
    return { user, key, state, exclusive, ...(keyfile === undefined ? {} : { keyfile, path: keyfile }) };
  },
});

/** In check mode an earlier task may be the one that makes the user: its home is then taken for the usual one. */
async function accountOf(
  { user, state }: AuthorizedKeyArgs,
  host: HostReader,
  { checkMode }: LookContext,
): Promise<LoginAccount | undefined> {
  if (state === "absent") return findLoginAccount(user, host);
  if (!checkMode) return requireLoginAccount(user, host);
  return (await findLoginAccount(user, host)) ?? { user, group: user, home: `/home/${user}` };
}

/** A user may put a link in place of the file: root would write to wherever it leads. */
async function readKeys(path: string, follow: boolean, host: HostReader): Promise<string | undefined> {
  const stat = await host.stat(path);
  if (stat?.type === "link" && !follow) {
    throw new Refused(`${path} is a symbolic link to ${stat.target}`, {
      host: host.name,
      next: "`follow: true` writes to where it leads.",
    });
  }
  return host.readText(path);
}

async function filePlan(
  {
    path,
    before,
    after,
  }: { readonly path: string; readonly before: string | undefined; readonly after: string },
  { user, group }: LoginAccount,
  { state, manage_dir: manage = true }: AuthorizedKeyArgs,
  host: HostReader,
): Promise<FileChange | undefined> {
  // Rights are set right only where keys shall be: taking one away leaves all else alone.
  const own: Attributes = state === "absent" ? {} : { mode: "0600", owner: user, group };
  const system: Attributes = before === undefined ? { mode: "0644" } : {};
  return planFile({ path, content: Buffer.from(after), ...(manage ? own : system) }, host);
}

async function directorySteps(
  path: string,
  { user, group }: LoginAccount,
  host: HostReader,
): Promise<readonly (readonly string[])[]> {
  const wanted: Attributes = { mode: "0700", owner: user, group };
  const stat = await host.stat(path);
  if (stat === undefined) return [["mkdir", "-m", "0700", "--", path], ...attributeSteps(path, wanted)];
  if (stat.type !== "directory") {
    throw new Refused(`${path} is no directory but a ${stat.type}`, { host: host.name });
  }
  return attributesOff(stat, wanted).length === 0 ? [] : attributeSteps(path, wanted);
}

function keysOf({ key, key_options: options, comment }: AuthorizedKeyArgs): KeyLine[] {
  const lines = key.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  const keys = lines.map((line) => {
    const parsed = parseKeyLine(line);
    if (parsed === undefined) throw wrong(line);
    return { ...parsed, options: options ?? parsed.options, comment: comment ?? parsed.comment };
  });
  if (keys.length === 0) throw wrong(key);
  return keys;
}

function wrong(line: string): BadInput {
  const isUrl = /^https?:/.test(line);
  return new BadInput([
    {
      // A private key that was taken for the public one must not be shown.
      message: line.includes("PRIVATE KEY")
        ? "authorized_key: this is a private key"
        : `authorized_key: "${line.slice(0, 40)}" is no public key`,
      hint: isUrl
        ? "Fetch it by a task of its own and give its content."
        : "Give the content of a .pub file: the type, the key in base64 and a comment.",
    },
  ]);
}
