import { posix } from "node:path";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import { mailboxName } from "../../mail/maildir-folder.ts";
import { configWords } from "./dovecot-sessions.ts";

/** Finds the user of a Maildir, by the path it has below the mail root. */
export type UserFinder = (maildir: ByteText) => string | undefined;

/**
 * Whose the mailboxes are of the users that Dovecot lists. A mailbox `example.org/john` is john@example.org's where there is
 * such a user, `john` below a mail root that is called `example.org` too, and so is one that is called `john@example.org` itself; for other layouts the users' homes decide.
 */
export async function findUsers(
  users: readonly string[],
  mailRoot: string,
  host: HostReader,
  config?: string,
): Promise<UserFinder> {
  const known = new Set(users);
  const byAddress = (maildir: ByteText): string | undefined => {
    const mailbox = readable(mailboxName(maildir));
    const last = mailbox.slice(mailbox.lastIndexOf("/") + 1);
    if (last.includes("@") && known.has(last)) return last;
    const whole = mailbox.includes("/") ? mailbox : `${posix.basename(mailRoot)}/${mailbox}`;
    const [, domain, name] = /^([^/]+)\/([^/]+)$/.exec(whole) ?? [];
    return domain !== undefined && known.has(`${name}@${domain}`) ? `${name}@${domain}` : undefined;
  };
  const homes = await homesOf(users, mailRoot, byAddress, host, config);
  return (maildir) => byAddress(maildir) ?? byHome(maildir, homes);
}

/** The users that Dovecot lists. Throws a Failure when it lists none, or can't. */
export async function listUsers(host: HostReader, config?: string): Promise<readonly string[]> {
  const users = await listedUsers(host, config);
  if (users.length > 0) return users;
  throw noUsers(`Dovecot on ${host.name} lists no users`, host.name);
}

/** The users that Dovecot lists, perhaps none. Throws a Failure when it can't; `wayOn` says how to go on without them. */
export async function listedUsers(host: HostReader, config?: string, wayOn = ""): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await host.probe(["doveadm", ...configWords(config), "user", "*"], {
    timeoutMs: userLookupMs,
    accept: "any",
  });
  if (exitCode !== 0) {
    const said = stderr.toString("utf8").trim() || `exit code ${exitCode}`;
    throw noUsers(`Dovecot on ${host.name} can't list its users: ${said}`, host.name, wayOn);
  }
  return stdout
    .toString("utf8")
    .split("\n")
    .filter((user) => user !== "");
}

const userLookupMs = 600_000;

/** Homes below the mail root, relative to it; only asked for when not every user stands in the usual place. */
async function homesOf(
  users: readonly string[],
  mailRoot: string,
  byAddress: UserFinder,
  host: HostReader,
  config: string | undefined,
): Promise<Map<string, string>> {
  const elsewhere = users.filter((user) => {
    const [name = "", domain = ""] = user.split(/@(?=[^@]*$)/);
    return byAddress(`${domain}/${name}`) !== user;
  });
  const homes = new Map<string, string>();
  for (let at = 0; at < elsewhere.length; at += 200) {
    const some = elsewhere.slice(at, at + 200);
    const argv = ["sh", "-c", homesScript, "sh", config ?? "", ...some];
    const { stdout } = await host.probe(argv, { timeoutMs: userLookupMs });
    const answers = stdout.toString("latin1").split("\0");
    some.forEach((user, index) => {
      const home = (answers[index] ?? "").trim().replace(/\/+$/, "");
      if (home.startsWith(`${mailRoot}/`)) homes.set(home.slice(mailRoot.length + 1), user);
    });
  }
  return homes;
}

/** One call for each: with several users at once, Dovecot does not say whose answer is whose. */
const homesScript = String.raw`
config=$1
shift
for user do doveadm ${"$"}{config:+-c "$config"} user -f home -- "$user" 2>/dev/null; printf '\0'; done`;

function byHome(maildir: ByteText, homes: ReadonlyMap<string, string>): string | undefined {
  for (let path = maildir; path !== ""; path = path.slice(0, Math.max(0, path.lastIndexOf("/")))) {
    const user = homes.get(path);
    if (user !== undefined) return user;
  }
  return undefined;
}

function noUsers(message: string, host: string, wayOn = ""): Failure {
  const ask = "Is the user database copied, is Dovecot running, and has its userdb an iterate query?";
  return new Failure("task-failed", message, {
    host,
    next: `${ask} ${wayOn}`.trimEnd(),
  });
}
