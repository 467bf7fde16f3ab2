import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { dialogueFor, type ImapView, parseDialogue } from "../../mail/imap-dialogue.ts";
import { DovecotSessions } from "../doveadm/dovecot-sessions.ts";

/** One session that is to be held: a user and the folders to open, by their names on the wire. */
export interface SessionPlan {
  readonly user: string;
  readonly names: readonly ByteText[];
}

/** Looks into users' folders by IMAP. */
export class ImapSessions {
  readonly #sessions: DovecotSessions;
  readonly #exact: boolean;

  private constructor(sessions: DovecotSessions, exact: boolean) {
    this.#sessions = sessions;
    this.#exact = exact;
  }

  /** `config`: the configuration file of the Dovecot that is asked. `exact`: what each message is, not its flags alone. */
  static async prepare(
    host: HostReader,
    signal: AbortSignal,
    { config, exact = false }: { readonly config?: string | undefined; readonly exact?: boolean | undefined },
  ): Promise<ImapSessions> {
    return new ImapSessions(await DovecotSessions.prepare(host, signal, { name: "imap", config }), exact);
  }

  /** The views, in the order of the plans. */
  async hold(plans: readonly SessionPlan[]): Promise<ImapView[]> {
    const parts = plans.flatMap((plan, index) =>
      partsOf(plan).map((names, part) => ({ index, names, isFirst: part === 0 })),
    );
    const dialogues = parts.map(({ index, names, isFirst }) => ({
      user: plans[index]?.user ?? "",
      dialogue: dialogueFor(names, { exact: this.#exact, quota: isFirst && !this.#exact }),
    }));
    const answers = await this.#sessions.hold(dialogues);
    return plans.map((_plan, index) =>
      joined(
        parts.flatMap((part, at) =>
          part.index === index ? [parseDialogue(answers[at] ?? "", part.names.length)] : [],
        ),
      ),
    );
  }
}

/** An argument may be 128 KiB long: a user with very many folders gets several sessions. */
const longestDialogue = 60_000;

function partsOf({ names }: SessionPlan): ByteText[][] {
  const parts: ByteText[][] = [[]];
  let length = 0;
  for (const name of names) {
    const own = name.length + 60;
    if (length + own > longestDialogue) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)?.push(name);
    length += own;
  }
  return parts;
}

function joined([first, ...others]: readonly ImapView[]): ImapView {
  if (first === undefined) throw new RangeError("a session without a view");
  return {
    ...first,
    folders: [first, ...others].flatMap(({ folders }) => folders),
    problem: [first, ...others].find(({ problem }) => problem !== undefined)?.problem,
  };
}
