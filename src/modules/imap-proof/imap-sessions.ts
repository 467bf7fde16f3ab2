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
    const parts = plans.flatMap(({ user, ...plan }, index) =>
      partsOf(plan).map((names, part) => ({
        ...{ index, user, names },
        words: { exact: this.#exact, quota: part === 0 && !this.#exact },
      })),
    );
    const answers = await this.#sessions.hold(
      parts.map(({ user, names, words }) => ({ user, dialogue: dialogueFor(names, words) })),
    );
    const views = parts.map(({ index, names, words }, at) => ({
      index,
      view: parseDialogue(answers[at] ?? "", names.length, words),
    }));
    return plans.map((_plan, of) => joined(views.flatMap(({ index, view }) => (index === of ? [view] : []))));
  }
}

/** An argument may be 128 KiB long: a user with very many folders gets several sessions. */
const longestDialogue = 60_000;

function partsOf({ names }: Pick<SessionPlan, "names">): ByteText[][] {
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
