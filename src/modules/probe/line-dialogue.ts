import type { Socket } from "node:net";
import { ServiceError } from "./service-socket.ts";

/** An SMTP reply: its code, and the text of each of its lines. */
export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

const longestLine = 64 * 1024;
/** RFC 5321 knows no limit; EHLO's answer has some ten. */
const linesAtMost = 1000;

/** Talks with a server line by line. */
export class LineDialogue {
  readonly #socket: Socket;
  #received = "";
  #ended: Error | undefined;
  #wake: () => void = () => {};
  readonly #onData = (chunk: Buffer) => {
    this.#hasHeard = true;
    this.#received += chunk.toString("utf8");
    this.#wake();
  };
  readonly #onError = (error: Error) => this.#end(error);
  #hasHeard = false;
  readonly #onClose = () => this.#end(hungUp(this.#hasHeard));

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", this.#onData).on("error", this.#onError).on("close", this.#onClose);
    if (socket.destroyed) this.#onClose();
  }

  /** Sends a line. */
  send(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** The next line, without its end. Throws the socket's error, or ServiceError when the server hangs up. */
  async readLine(): Promise<string> {
    for (;;) {
      const end = this.#received.indexOf("\n");
      if (end !== -1) {
        const line = this.#received.slice(0, end).replace(/\r$/, "");
        this.#received = this.#received.slice(end + 1);
        return line;
      }
      if (this.#received.length > longestLine)
        throw new ServiceError("the server sends a line without an end");
      if (this.#ended !== undefined) throw this.#ended;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Sends an SMTP command, if one is given, and reads the reply. */
  async smtp(command?: string): Promise<SmtpReply> {
    if (command !== undefined) this.send(command);
    const lines: string[] = [];
    for (;;) {
      const line = await this.readLine();
      const [, code = "", more, text = ""] = /^(\d{3})([ -]?)(.*)$/.exec(line) ?? [];
      if (code === "") throw new ServiceError(`this is no SMTP reply: ${line.slice(0, 80)}`);
      lines.push(text);
      if (lines.length > linesAtMost) throw new ServiceError("the server sends a reply without an end");
      if (more !== "-") return { code: Number(code), lines };
    }
  }

  /** Leaves the socket to somebody else, before TLS begins. What came too early is an attack or a broken server. */
  release(): void {
    this.#socket.off("data", this.#onData).off("error", this.#onError).off("close", this.#onClose);
    this.#socket.pause();
    if (this.#received !== "") throw new ServiceError("the server sent more before TLS began");
  }

  #end(error: Error): void {
    this.#ended ??= error;
    this.#wake();
  }
}

function hungUp(hasHeard: boolean): ServiceError {
  if (hasHeard) return new ServiceError("the server hung up");
  return new ServiceError("nothing answers there, or it hangs up", { isReached: false });
}
