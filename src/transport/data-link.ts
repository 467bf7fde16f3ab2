import { createHash } from "node:crypto";
import type { DataLink } from "../contract/data-link.ts";
import { CommandFailed, Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { putKeyLine, removeKeyLines } from "./authorized-keys.ts";
import { describeSource, type SourceFacts } from "./data-link-source.ts";
import { forgetLinks, type LinkKey, prepareLinkKey } from "./data-link-target.ts";
import { handOverScript } from "./hand-over.ts";
import { pullOnlyScript } from "./pull-only.ts";

/** What a data link is to be. */
export interface LinkRequest {
  /** The absolute directory on the source; nothing outside of it can be read. */
  readonly directory: string;
  /** As in DataLinkRequest. */
  readonly dovecot?: string | undefined;
  readonly migration: string;
  /** How the target reaches the source's sshd. */
  readonly sourceAddress: string;
  readonly sourcePort: number;
  /** The user whose authorized_keys gets the line. */
  readonly sourceUser: string;
  /** Addresses or names the target may come from; its own addresses are added. */
  readonly targetAddresses: readonly string[];
  readonly expiresInSeconds: number;
}

/** An open link. */
export interface OpenedLink extends DataLink {
  /** The source's local time, `YYYYMMDDHHMMSS`; undefined where the source's sshd (before 7.7) can't end a key by itself. */
  readonly expiry: string | undefined;
}

/**
 * Lets `target` read one directory of `source`, by rsync or as a tar stream, and tries it: the connection of
 * the trial stays for the pulls that follow. The private key is made on the target and stays there; the
 * source's host key comes over the verified session. Opening the same link again refreshes its expiry.
 */
export async function openDataLink(
  source: HostWriter,
  target: HostWriter,
  request: LinkRequest,
): Promise<OpenedLink> {
  const { directory, sourceUser, dovecot } = checked(request);
  const facts = await describeSource(source, request);
  if (facts.objection !== undefined) {
    throw new Failure("bad-input", `sshd on ${source.name} ${facts.objection}`, {
      host: source.name,
      next: "Allow it in sshd_config for the time of the migration.",
    });
  }
  const from = await targetAddresses(source, target, request.targetAddresses);
  const id = createHash("sha256")
    .update([source.name, sourceUser, directory, ...(dovecot === undefined ? [] : [dovecot])].join("\0"))
    .digest("hex")
    .slice(0, 16);
  const key = await prepareLinkKey(target, {
    ...request,
    id,
    hostKeys: facts.hostKeys,
    ciphers: facts.ciphers,
    keyType: facts.knowsEd25519 ? "ed25519" : "ecdsa",
  });
  const command = await forcedCommand(source, facts, request);
  const comment = `${commentPrefix(request.migration)}${id}`;
  const { knowsRestrict, expiry } = facts;
  const line = { command, from, knowsRestrict, expiry, publicKey: key.publicKey, comment };
  await putKeyLine(source, facts.authorizedKeysFile, sourceUser, line);
  if (dovecot !== undefined && expiry === undefined) await leaveStanding(target, key, remoteOf(request));
  const link = { remoteShell: key.remoteShell, remote: remoteOf(request), directory, expiry: facts.expiry };
  await tryLink(source, target, { ...link, remoteShell: key.standing });
  return link;
}

/** Takes away all data links of a migration: their lines on the source, then their keys on the target. Returns the number of lines. */
export async function closeDataLinks(
  source: HostWriter,
  target: HostWriter,
  migration: string,
): Promise<number> {
  const prefix = commentPrefix(checkedMigration(migration));
  const user = source.facts.user;
  const { authorizedKeysFile } = await describeSource(source, { sourceUser: user, expiresInSeconds: 0 });
  const removed = await removeKeyLines(source, authorizedKeysFile, user, prefix);
  await forgetLinks(target, migration);
  return removed;
}

function commentPrefix(migration: string): string {
  return `mailferry:${migration}:`;
}

function checked(request: LinkRequest): LinkRequest {
  checkedMigration(request.migration);
  if (!request.directory.startsWith("/") || /[\0\n\r]/.test(request.directory)) {
    throw new Failure(
      "bad-input",
      `a data link wants an absolute directory, not ${JSON.stringify(request.directory)}`,
    );
  }
  return request;
}

function checkedMigration(migration: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.@+-]{0,120}$/.test(migration)) return migration;
  throw new Failure("bad-input", `${JSON.stringify(migration)} can't be a migration's name`);
}

function remoteOf({ sourceUser, sourceAddress }: LinkRequest): string {
  return `${sourceUser}@${sourceAddress.includes(":") ? `[${sourceAddress}]` : sourceAddress}`;
}

/**
 * A connection that stands keeps the command, and so the end, that its key had when it was made. What goes over it goes on;
 * others make a new one.
 */
async function leaveStanding(target: HostWriter, { standing }: LinkKey, remote: string): Promise<void> {
  const argv = [...standing.split(" "), "-O", "stop", remote.replaceAll(/[[\]]/g, "")];
  // None may stand.
  await target.run(argv, { accept: "any" });
}

/** The scripts that see to what is asked for. */
async function forcedCommand(
  source: HostWriter,
  { stateDirectory, expiry, endsAt }: SourceFacts,
  { directory, dovecot }: LinkRequest,
): Promise<string[]> {
  await source.run(["mkdir", "-p", "-m", "0755", "--", stateDirectory]);
  const script = `${stateDirectory}/pull-only`;
  await source.writeFile(script, pullOnlyScript, { mode: "0755" });
  const pull = [script, directory];
  if (dovecot === undefined) return ["/bin/sh", ...pull];
  const before = `${stateDirectory}/hand-over`;
  await source.writeFile(before, handOverScript, { mode: "0755" });
  // An sshd before 7.7 would take the key for good, and this one lets write.
  return ["/bin/sh", before, dovecot, expiry === undefined ? endsAt : "never", ...pull];
}

/** Every address the target may show itself with: its own, and what is said of it, as the source resolves it. */
async function targetAddresses(
  source: HostReader,
  target: HostReader,
  said: readonly string[],
): Promise<string[]> {
  const own = await target.probe(["hostname", "-I"], { accept: "any" });
  const resolved = await source.probe(
    ["/bin/sh", "-c", 'for n; do getent ahosts "$n"; done', "sh", ...said],
    {
      accept: "any",
    },
  );
  const words = [
    ...said,
    ...own.stdout.toString("utf8").split(/\s+/),
    ...resolved.stdout
      .toString("utf8")
      .split("\n")
      .map((line) => line.split(" ")[0] ?? ""),
  ];
  const addresses = [
    ...new Set(words.filter((word) => /^[0-9.]+$|^[0-9a-fA-F.]*:[0-9a-fA-F:.]+$/.test(word))),
  ];
  if (addresses.length > 0) return addresses;
  throw new Failure("task-failed", `${target.name} has no address that ${source.name} would know it by`, {
    host: target.name,
    next: "Give the target its IP address in the inventory (address).",
  });
}

/** Lists the directory's own entry over the link: this finds a firewall, a talking .bashrc or a refused key before the copy does. */
async function tryLink(
  source: HostWriter,
  target: HostWriter,
  { remoteShell, remote, directory }: DataLink,
): Promise<void> {
  const argv = ["rsync", "--dirs", "--list-only", "--exclude=*", "-e", remoteShell, `${remote}:/`];
  const result = await target.run(argv, { accept: "any", timeoutMs: 60_000 });
  if (result.exitCode === 0) return;
  const cause = new CommandFailed(argv, result, { host: target.name });
  throw new Failure(
    "task-failed",
    `${target.name} can't read ${directory} from ${source.name}: ${cause.stderr}`,
    {
      host: target.name,
      next: nextStep(cause.stderr, source.name, remote),
      cause,
    },
  );
}

function nextStep(said: string, source: string, remote: string): string {
  if (/is your shell clean|protocol version mismatch/i.test(said)) {
    return `The start files (.bashrc) of the user on ${source} print something; have them do so only in interactive shells.`;
  }
  if (/permission denied/i.test(said)) {
    return `Does sshd on ${source} let ${remote} log in by key (AllowUsers, PermitRootLogin), and from this address?`;
  }
  if (/timed out|refused|no route|unreachable/i.test(said)) {
    return `Let the new host reach sshd of ${source}: firewall, address and port in the inventory.`;
  }
  return `Try it on the new host, with the options from this message.`;
}
