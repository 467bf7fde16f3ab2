import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { changingModule, type LookContext } from "../../contract/module.ts";
import type { Touch } from "../../contract/touch.ts";
import { absolutePath, closed, oneOf, secretText, text, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { readAccounts } from "./accounts.ts";
import { requireHash } from "./password.ts";
import { isPasswordOwed, withPasswordNote } from "./password-note.ts";
import { planChange, planCreation, type UserStep, type WantedUser } from "./plan.ts";
import { refuseLosses, touchesOfMove, touchesOfRemoval } from "./removal.ts";

export interface UserArgs extends Omit<WantedUser, "groups"> {
  readonly groups?: string | readonly string[];
  readonly state?: "present" | "absent";
  readonly remove?: boolean;
  readonly force?: boolean;
}

/** The commands that bring a user to its state. */
export interface UserChange extends Change {
  readonly name: string;
  readonly steps: readonly UserStep[];
  readonly touches: readonly Touch[];
  /** Of a user that gets its password only when it is made: a note on the host tells that it has not got it yet. */
  readonly owesPassword?: boolean;
}

const accountName = "^[A-Za-z_][A-Za-z0-9_.-]*[$]?$";
/** Fields of /etc/passwd can't hold a colon or a line break. */
const passwdField = "^[^:\\r\\n]*$";
/** A group by name or number; an empty text stands for none. */
const groupList = "^([A-Za-z0-9_][A-Za-z0-9_.,-]*)?$";

/** Makes, changes and removes users. */
export const user = changingModule<UserArgs, UserChange>({
  name: "user",
  description:
    "Makes, changes or removes a user. Registers `name`, `uid`, `group`, `groups`, `home`, `shell` and `comment`. Differs from Ansible: `remove` refuses to take mail along, " +
    "what is no hash is refused as a password, and keys are made by other means (`generate_ssh_key` is left out).",
  preview: "exact",
  args: closed(
    {
      name: { ...word("The user's name."), pattern: accountName },
      state: oneOf(["present", "absent"], "Whether there shall be such a user.", "present"),
      uid: { type: "integer", minimum: 0, description: "The user's number." },
      non_unique: yesOrNo("Take the `uid` even when another user has it.", false),
      group: { ...word("The primary group, by name or number."), pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$" },
      groups: {
        anyOf: [
          { type: "string", pattern: groupList },
          { type: "array", items: { type: "string", pattern: groupList } },
        ],
        description:
          "Further groups, as a list or with commas between. Those that are not named are left, unless `append` is true; an empty text or list leaves all.",
      },
      append: yesOrNo("Only join the `groups`, and leave none.", false),
      home: { ...absolutePath("The home directory."), pattern: "^/[^:\\r\\n]*$" },
      create_home: yesOrNo("Make the home directory when it is not there.", true),
      move_home: yesOrNo("Move all in the old home to a new `home`.", false),
      skeleton: absolutePath("What a new home begins with; /etc/skel without it."),
      shell: { ...absolutePath("The login shell."), pattern: "^/[^:\\r\\n]*$" },
      comment: { ...text("The full name, or what the user is for."), pattern: passwdField },
      system: yesOrNo(
        "A new user is one of the system: it gets a low number. Nothing for one that is there.",
        false,
      ),
      password: secretText(
        "The password's hash, as it stands in /etc/shadow. It reaches the host through standard input, never through argv, and is masked wherever it would be shown. `*` lets no password in.",
      ),
      update_password: oneOf(
        ["always", "on_create"],
        "`on_create` leaves the password of a user that is there alone.",
        "always",
      ),
      password_lock: yesOrNo(
        "Lock the password, or let it in again. Keys let in all the same; what has no password to let in stays as it is.",
      ),
      expires: {
        type: "number",
        description:
          "Seconds since 1970: from that day on the user can't log in. A negative number for never.",
      },
      remove: yesOrNo(
        "With `state: absent`: remove the home directory too. Refused when mail, another user's home or more than a home lies there.",
        false,
      ),
      force: yesOrNo("With `state: absent`: remove the user even while it is logged in.", false),
    },
    {
      required: ["name"],
      allOf: [
        whenIs("move_home", true, { needs: ["home"] }),
        whenIs("append", true, { needs: ["groups"] }),
        whenIs("non_unique", true, { needs: ["uid"] }),
        whenIs("remove", true, { needs: ["state"], limits: { state: { const: "absent" } } }),
        whenIs("force", true, { needs: ["state"], limits: { state: { const: "absent" } } }),
      ],
    },
  ),

  async check(args, host, context) {
    if (args.state === "absent") return removal(args, host);
    return presence({ ...args, groups: groupsOf(args) }, host, context);
  },

  touches: ({ touches }) => touches,

  async apply({ name, steps, owesPassword = false }, host, context) {
    const { signal } = context;
    const work = async () => {
      for (const { argv, stdin } of steps) await host.run(argv, { stdin, signal });
    };
    if (owesPassword) await withPasswordNote(name, host, context, work);
    else await work();
    return { result: { name } };
  },

  current: ({ name }, host) => registered(name, host),
});

async function presence(
  wanted: WantedUser,
  host: HostReader,
  { checkMode, workPath }: LookContext,
): Promise<UserChange | undefined> {
  const { name, group, groups = [], password, update_password } = wanted;
  if (password !== undefined) requireHash(password);
  const named = [...(group === undefined ? [] : [group]), ...groups];
  const { user: there, groups: known } = await readAccounts(name, [name, ...named], host);
  const isKnown = (wish: string) => known.some((one) => one.name === wish || String(one.gid) === wish);
  const missing = named.filter((wish) => !isKnown(wish));
  // In check mode an earlier task may be the one that makes them.
  if (missing.length > 0 && !checkMode) throw groupMissing(missing, host);
  const byName = {
    ...wanted,
    group: group === undefined ? undefined : nameOf(group, known),
    groups: wanted.groups?.map((wish) => nameOf(wish, known)),
  };
  const onCreate = password !== undefined && update_password === "on_create";
  const owesPassword = onCreate && (there === undefined || (await isPasswordOwed(there, workPath, host)));
  const { what, steps } =
    there === undefined
      ? planCreation(byName, isKnown(name))
      : planChange(owesPassword ? { ...byName, update_password: "always" } : byName, there);
  if (steps.length === 0) return undefined;
  const touches = there === undefined ? [] : touchesOfMove(wanted, there);
  const result = { name, state: "present" };
  return { summary: what.join(", "), name, steps, touches, owesPassword, result };
}

async function removal({ name, remove, force }: UserArgs, host: HostReader): Promise<UserChange | undefined> {
  const { user: there } = await readAccounts(name, [], host);
  if (there === undefined) return undefined;
  if (remove === true) await refuseLosses(there, host);
  const options = [...(force === true ? ["--force"] : []), ...(remove === true ? ["--remove"] : [])];
  const summary = `remove user ${name}${remove === true ? ` and ${there.home}` : ""}`;
  const result = { name, state: "absent" };
  const touches = remove === true ? touchesOfRemoval(there) : [];
  return { summary, name, steps: [{ argv: ["userdel", ...options, "--", name] }], touches, result };
}

/** What `register` keeps: the user as the host knows it now. */
async function registered(name: string, host: HostReader): Promise<JsonObject> {
  const { user: there } = await readAccounts(name, [], host);
  if (there === undefined) return { name, state: "absent" };
  const { uid, gid, home, shell, comment, groups } = there;
  return { name, state: "present", uid, group: gid, groups: groups.join(","), home, shell, comment };
}

/** A group that was named by its number, by its name. */
function nameOf(wish: string, known: readonly { readonly name: string; readonly gid: number }[]): string {
  const found = known.find(({ name }) => name === wish) ?? known.find(({ gid }) => String(gid) === wish);
  return found?.name ?? wish;
}

function groupsOf({ groups }: UserArgs): readonly string[] | undefined {
  if (groups === undefined) return undefined;
  const list = typeof groups === "string" ? [groups] : groups;
  return list.flatMap((names) => names.split(",")).filter((name) => name !== "");
}

function groupMissing(missing: readonly string[], host: HostReader): Failure {
  return new Failure("task-failed", `there is no group ${missing.join(", ")}`, {
    host: host.name,
    next: "Make it by a task with `group` before this one.",
  });
}
