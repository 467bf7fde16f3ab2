import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Lab } from "../../src/lab/lab.ts";

const program = fileURLToPath(new URL("mail-client.mjs", import.meta.url));

export interface Sent {
  readonly accepted: boolean;
  /** The server's last answer, or what went wrong. */
  readonly response: string;
}

export interface Folder {
  readonly loggedIn: boolean;
  readonly response?: string;
  readonly uidValidity?: string;
  readonly subjects?: readonly string[];
  readonly headers?: readonly string[];
}

export interface Inbox {
  readonly loggedIn: boolean;
  readonly response?: string;
  readonly uidls?: readonly string[];
}

export interface SendOptions {
  readonly host: string;
  readonly port?: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly login?: { readonly user: string; readonly pass: string };
  /** With both of these the server's certificate is verified. */
  readonly caFile?: string;
  readonly servername?: string;
}

export interface ReadOptions {
  readonly host: string;
  readonly user: string;
  readonly pass: string;
  readonly folder?: string;
  readonly caFile?: string;
  readonly servername?: string;
}

/** Sends one message by SMTP from the lab's network. */
export async function sendMail(lab: Lab, options: SendOptions): Promise<Sent> {
  return (await speak(lab, "send", options)) as Sent;
}

/** Logs in by IMAP over TLS from the lab's network and lists a folder. */
export async function readFolder(lab: Lab, options: ReadOptions): Promise<Folder> {
  return (await speak(lab, "read", options)) as Folder;
}

/** Logs in by POP3 over TLS from the lab's network, and lists the ids that a client knows messages by. */
export async function listUidls(lab: Lab, options: ReadOptions): Promise<Inbox> {
  return (await speak(lab, "list", options)) as Inbox;
}

/** Runs a program of this machine in the lab's network. Returns its output. */
export async function inLab(lab: Lab, argv: readonly string[]): Promise<string> {
  const [command = "", ...args] = lab.inNamespace(argv);
  // A folder with the headers of all its messages is larger than Node's usual MiB.
  return (await promisify(execFile)(command, args, { timeout: 120_000, maxBuffer: 1 << 28 })).stdout;
}

/** Makes folders with mail by IMAP, changes all that (flags, copies, moves, expunges, names), or takes it away. Returns each folder's number of messages. */
export async function changeByImap(
  lab: Lab,
  options: ReadOptions & { readonly what: "fill" | "work" | "clear" },
): Promise<Readonly<Record<string, number>>> {
  return (await speak(lab, "change", options)) as Record<string, number>;
}

async function speak(lab: Lab, command: string, options: SendOptions | ReadOptions): Promise<unknown> {
  return JSON.parse(await inLab(lab, [process.execPath, program, command, JSON.stringify(options)]));
}
