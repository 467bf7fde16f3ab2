import { Failure } from "../contract/errors.ts";
import { BecomeFailed, LinkLost } from "./errors.ts";
import type { ShellUser } from "./shell-user.ts";

/** Listens to what is said before a shell is ready, and answers sudo's question for the password, once. */
export class BecomeQuestion {
  readonly #user: ShellUser;
  readonly #prompt: string;
  readonly #answer: (line: string | undefined) => void;
  #heard = "";
  #asked = 0;

  /** `answer` gets the line to send, or undefined when the answer was wrong and asking again is no use. */
  constructor(user: ShellUser, prompt: string, answer: (line: string | undefined) => void) {
    this.#user = user;
    this.#prompt = prompt;
    this.#answer = answer;
  }

  hear(bytes: Buffer): void {
    this.#heard = (this.#heard + bytes.toString("utf8")).slice(-keptLength);
    const asked = this.#heard.indexOf(this.#prompt);
    if (asked < 0) return;
    this.#heard = this.#heard.slice(asked + this.#prompt.length);
    this.#asked += 1;
    const password = this.#user.become?.password;
    this.#answer(this.#asked > 1 || password === undefined ? undefined : `${password.reveal()}\n`);
  }

  get refused(): boolean {
    return this.#asked > 1;
  }

  /** What the login shell, sudo and others said, for the person. */
  get said(): string {
    return this.#heard.trim();
  }
}

/** Why a shell did not come up, judged by what was said on standard error. */
export function becomeFailure(user: ShellUser, question: BecomeQuestion): Failure | LinkLost {
  const host = user.host;
  const login = user.loginUser ?? "the login user";
  const wanted = user.become?.user;
  if (wanted === undefined || wanted === user.loginUser) {
    if (question.said === "") return new LinkLost("the shell did not come up", false);
    return new Failure("unreachable", `the login shell of ${login} did not start /bin/sh: ${question.said}`, {
      host,
      next: `Look at the login shell of ${login} and its start files on the host.`,
    });
  }
  if (question.refused) {
    return new BecomeFailed(`sudo did not take the password of ${login}`, {
      host,
      next: `Give the password that ${login} types at sudo on the host (become_password).`,
    });
  }
  if (question.said === "") return new LinkLost("the shell did not come up", false);
  const known = causes.find(({ said }) => said.test(question.said));
  return new BecomeFailed(`${login} can't become ${wanted}: ${known?.what ?? question.said}`, {
    host,
    next: known?.next ?? `Log in as root, or let ${login} use sudo for everything.`,
  });
}

const causes: readonly { readonly said: RegExp; readonly what: string; readonly next: string }[] = [
  {
    said: /password is required|no askpass|terminal is required/i,
    what: "sudo wants a password",
    next: "Give become_password (encrypted), or a NOPASSWD rule for the time of the migration.",
  },
  {
    said: /incorrect password|sorry, try again/i,
    what: "sudo did not take the password",
    next: "Give the password that the login user types at sudo on the host (become_password).",
  },
  {
    said: /not in the sudoers|not allowed to (run|execute)|may not run sudo/i,
    what: "sudo does not allow it",
    next: "Add the user to the group sudo on the host, or log in as root.",
  },
  {
    said: /must have a tty/i,
    what: "sudo wants a terminal (requiretty)",
    next: "Take 'requiretty' out of the host's sudoers file for this user.",
  },
  {
    said: /unknown user|user .* does not exist/i,
    what: "there is no such user on the host",
    next: "Look at become_user, and at the users of the host.",
  },
  {
    said: /sudo.*(not found|no such file|unknown command)/i,
    what: "there is no sudo on the host",
    next: "Log in as root, or install sudo on the host.",
  },
];

const keptLength = 4096;
