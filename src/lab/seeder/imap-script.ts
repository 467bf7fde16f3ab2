import { encodeFolderName } from "./folder-name.ts";
import type { ImapAction } from "./imap-actions.ts";

/** A whole IMAP session as one piece of input: every command is sent without waiting (literals need no wait with LITERAL+). */
export interface ImapScript {
  readonly input: Buffer;
  /** The commands by their tags. */
  readonly commands: ReadonlyMap<string, string>;
}

/** Writes the session that performs the actions, for a connection that is logged in already. */
export function imapScript(actions: readonly ImapAction[]): ImapScript {
  const commands = new Map<string, string>();
  const parts: Buffer[] = [];
  let selected: string | undefined;
  const say = (command: string, literal?: Buffer) => {
    const tag = `T${commands.size + 1}`;
    commands.set(tag, command);
    parts.push(Buffer.from(`${tag} ${command}`), literal ?? Buffer.alloc(0), Buffer.from("\r\n"));
  };
  for (const action of actions) {
    if ("ids" in action) {
      if (selected !== action.folder) say(`SELECT ${folder(action.folder)}`);
      selected = action.folder;
      say(`SEARCH RETURN (SAVE) ${anyOf(action.ids)}`);
    }
    if (action.do === "expunge") say("STORE $ +FLAGS.SILENT (\\Deleted)");
    say(commandOf(action), action.do === "append" ? action.content : undefined);
  }
  say("LOGOUT");
  return { input: Buffer.concat(parts), commands };
}

/** The commands that were not answered with OK, with what was answered. */
export function failedCommands(script: ImapScript, output: string): readonly string[] {
  const answers = new Map(
    [...output.matchAll(/^(T\d+) (\w+)(.*?)\r?$/gm)].map(([, tag = "", status = "", text = ""]) => [
      tag,
      { status, text },
    ]),
  );
  return [...script.commands].flatMap(([tag, command]) => {
    const answer = answers.get(tag);
    return answer?.status === "OK"
      ? []
      : [`${command}: ${answer ? `${answer.status}${answer.text}` : "no answer"}`];
  });
}

/** `$` is the result of the search before. */
function commandOf(action: ImapAction): string {
  switch (action.do) {
    case "create":
    case "delete":
    case "subscribe":
    case "unsubscribe":
      return `${action.do.toUpperCase()} ${folder(action.folder)}`;
    case "rename":
      return `RENAME ${folder(action.folder)} ${folder(action.to)}`;
    case "append":
      return `APPEND ${folder(action.folder)} (${action.flags.join(" ")}) "${imapDate(action.date)}" {${action.content.length}+}\r\n`;
    case "flag":
      return `STORE $ +FLAGS.SILENT (${action.flag})`;
    case "unflag":
      return `STORE $ -FLAGS.SILENT (${action.flag})`;
    case "copy":
    case "move":
      return `${action.do.toUpperCase()} $ ${folder(action.to)}`;
    case "expunge":
      return "UID EXPUNGE $";
  }
}

function folder(name: string): string {
  return `"${encodeFolderName(name).replace(/["\\]/g, "\\$&")}"`;
}

function anyOf(ids: readonly string[]): string {
  const [first, ...rest] = ids.map((id) => `HEADER Message-ID "${id}"`);
  if (first === undefined) throw new Error("an action on no message");
  return rest.reduce((query, next) => `OR ${query} ${next}`, first);
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

function imapDate(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, " ");
  const time = date.toISOString().slice(11, 19);
  return `${day}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000`;
}
