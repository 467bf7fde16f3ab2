import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import { lookingModule } from "../../contract/module.ts";
import { type DovecotUser, dovecotPlaces, liesIn, readUsers } from "../../mail/dovecot-places.ts";
import { absolutePath, closed } from "../argument-schemas.ts";
import { longOutput } from "../long-output.ts";
import { configWords } from "./dovecot-sessions.ts";
import { listedUsers } from "./mailbox-users.ts";
import { type FoundPlace, lookInto, realPaths } from "./place-contents.ts";

export interface MailElsewhereArgs {
  readonly directories: readonly string[];
  readonly domains?: readonly string[];
  readonly config?: string;
}

/** Finds what Dovecot's users have outside of the directories that are copied. */
export const mailElsewhere = lookingModule<MailElsewhereArgs>({
  name: "mail_elsewhere",
  description:
    "Asks this host's Dovecot (running) where its users have mail, control files and sieve scripts: by its configuration, namespaces with a place of their own included, by the fields of the user database, and in their homes. Registers what of it lies outside of `directories`, each as a text of where and how much, empty where there is nothing: `mail`, `control` (files that hold UIDs, keywords and subscriptions) and `scripts` (sieve and ACLs). `places` lists the first 1000. `asked` is false where there is no doveadm: before Dovecot 2.0.",
  args: closed(
    {
      directories: {
        type: "array",
        minItems: 1,
        items: absolutePath("A directory."),
        description: "The directories that are copied.",
      },
      domains: {
        type: "array",
        minItems: 1,
        items: { type: "string", minLength: 1 },
        description: "Only users of these domains; all that Dovecot lists by default.",
      },
      config: absolutePath("The configuration file; Dovecot's usual one by default."),
    },
    { required: ["directories"] },
  ),

  async look({ directories, domains, config }, host, { signal }) {
    const { exitCode } = await host.probe(["sh", "-c", "command -v doveadm"], { accept: "any" });
    if (exitCode !== 0) return { result: { asked: false, users: 0, ...nothing } };
    const [names, said, roots] = await Promise.all([
      listedUsers(host, config, "The role maildir goes on without asking with maildir_ask_homes: false."),
      host.probe(["doveconf", ...configWords(config), "-n"]),
      realPaths(directories, host),
    ]);
    const wanted = names.filter((name) => domains === undefined || isOfDomain(name, domains));
    const users = await askForUsers(wanted, host, config);
    const outside = dovecotPlaces(said.stdout.toString("utf8"), users).filter(
      ({ kind, path }) => !liesIn(path, directories) && !(kind === "home" && path === "/"),
    );
    const found = outside.length === 0 ? [] : await lookInto(outside, roots, host, signal);
    const texts = {
      mail: told(found, ({ messages }) => messages, "messages"),
      control: told(found, ({ control }) => control, "control files"),
      scripts: told(found, ({ scripts }) => scripts, "scripts or ACLs"),
    };
    const places = found.slice(0, 1000).map((place): JsonObject => ({ ...place }));
    return { result: { asked: true, users: users.length, ...texts, places } };
  },
});

const nothing = { mail: "", control: "", scripts: "", places: [] };

function isOfDomain(user: string, domains: readonly string[]): boolean {
  const domain = user.slice(user.lastIndexOf("@") + 1).toLowerCase();
  return domains.some((one) => one.toLowerCase() === domain);
}

/** Where a user went meanwhile, each of his batch is asked for alone. */
async function askForUsers(
  names: readonly string[],
  host: HostReader,
  config: string | undefined,
): Promise<DovecotUser[]> {
  const batches: string[][] = [];
  for (let at = 0; at < names.length; at += batch) batches.push(names.slice(at, at + batch));
  const answers = await answersOf(batches, host, config);
  const users: DovecotUser[] = [];
  for (const [index, some] of batches.entries()) {
    const all = readUsers(some, answers[index]?.text ?? "");
    users.push(...(all ?? (await askEach(some, host, config))));
  }
  const [one] = names;
  if (users.length === 0 && one !== undefined) throw untold(one, noSuchUser, host);
  return users;
}

/** Passes over whom Dovecot has no longer; throws where it can't tell of one. */
async function askEach(
  names: readonly string[],
  host: HostReader,
  config: string | undefined,
): Promise<DovecotUser[]> {
  const answers = await answersOf(
    names.map((name) => [name]),
    host,
    config,
  );
  return names.flatMap((name, index) => {
    const { text = "", code = "" } = answers[index] ?? {};
    const told = readUsers([name], text);
    if (told === undefined && code !== noSuchUser) throw untold(name, code, host);
    return told ?? [];
  });
}

/** doveadm(1): EX_NOUSER of sysexits. */
const noSuchUser = "67";

function untold(user: string, code: string, { name }: HostReader): Failure {
  return new Failure("task-failed", `Dovecot on ${name} can't tell of its user ${user} (exit code ${code})`, {
    host: name,
    next: "Nobody knows then whether mail lies elsewhere: `doveadm user` there says why. The role maildir goes on without asking with maildir_ask_homes: false.",
  });
}

/** What doveadm said, and the exit code that it ended with. */
interface Answer {
  readonly text: string;
  readonly code: string;
}

const batch = 200;

/** What doveadm says of each list of users, in their order. What it says of one that is gone does not matter. */
async function answersOf(
  lists: readonly (readonly string[])[],
  host: HostReader,
  config: string | undefined,
): Promise<Answer[]> {
  const records = lists.map((names) => `${names.join("\n")}\0`);
  const argv = ["xargs", "-0", "-r", "-n", "1", "sh", "-c", usersScript, "sh", ...configWords(config)];
  const output = longOutput(host.name);
  await host.probe(argv, {
    stdin: Buffer.from(records.join(""), "utf8"),
    timeoutMs: longestLookupMs,
    onStdout: output.take,
  });
  const ended = output.whole().toString("utf8").split("\0").slice(0, -1);
  return ended.map((record) => {
    const end = record.lastIndexOf("\n");
    return { text: record.slice(0, end + 1), code: record.slice(end + 1) };
  });
}

const longestLookupMs = 3_600_000;

/** The last argument holds the users, a line each; those before it are doveadm's own. Its exit code stands behind each answer. */
const usersScript = String.raw`
before=$(($# - 1))
while [ "$before" -gt 0 ]; do set -- "$@" "$1"; shift; before=$((before - 1)); done
users=$1
shift
set -f
IFS='
'
doveadm "$@" user -- $users 2>/dev/null
printf '\n%s\0' "$?"`;

/** `/srv/archive/john (john@example.org): 3 messages`, the most first; some of many. */
function told(found: readonly FoundPlace[], count: (place: FoundPlace) => number, word: string): string {
  const of = found.filter((place) => count(place) > 0).sort((a, b) => count(b) - count(a));
  const lines = of.slice(0, shown).map((place) => `${place.path} (${place.user}): ${count(place)} ${word}`);
  if (of.length <= shown) return lines.join(", ");
  return `${lines.join(", ")}, and more in ${of.length - shown} other places`;
}

const shown = 5;
