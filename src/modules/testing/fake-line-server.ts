import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { testCertificate } from "./test-certificate.ts";

/** What the server says to a line; nothing for `undefined`. */
export type LineAnswer = string | undefined | { readonly reply: string; readonly next: "tls" | "close" };

export interface LineServerOptions {
  readonly greeting: string;
  readonly answer: (line: string, isSecure: boolean) => LineAnswer;
  /** TLS from the first byte on. */
  readonly implicitTls?: boolean;
}

/** A server on loopback that speaks a protocol of lines. Ends with the test. */
export class FakeLineServer {
  readonly port: number;
  /** All lines it was sent. */
  readonly heard: string[] = [];
  readonly #options: LineServerOptions;

  static async start(options: LineServerOptions): Promise<FakeLineServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new FakeLineServer(server, options);
  }

  private constructor(server: Server, options: LineServerOptions) {
    this.#options = options;
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => {
      sockets.add(socket);
      this.#serve(
        options.implicitTls ? secure(socket) : socket,
        options.implicitTls ?? false,
        options.greeting,
      );
    });
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  #serve(socket: Socket, isSecure: boolean, greeting: string | undefined): void {
    socket.on("error", () => socket.destroy());
    if (greeting !== undefined) socket.write(`${greeting}\r\n`);
    let received = "";
    const onData = (chunk: Buffer) => {
      received += chunk.toString("utf8");
      for (let end = received.indexOf("\r\n"); end !== -1; end = received.indexOf("\r\n")) {
        const line = received.slice(0, end);
        received = received.slice(end + 2);
        this.heard.push(line);
        const answer = this.#options.answer(line, isSecure);
        if (answer === undefined) continue;
        socket.write(`${typeof answer === "string" ? answer : answer.reply}\r\n`);
        if (typeof answer === "string") continue;
        if (answer.next === "close") socket.end();
        else {
          socket.off("data", onData);
          this.#serve(secure(socket), true, undefined);
        }
      }
    };
    socket.on("data", onData);
  }
}

function secure(socket: Socket): TLSSocket {
  const { key, certificate } = testCertificate;
  return new TLSSocket(socket, { isServer: true, key, cert: certificate });
}

/** An SMTP server that takes mail for john@example.org alone. */
export function smtpServer(line: string, isSecure: boolean): LineAnswer {
  const [word = "", rest = ""] = [line.split(" ")[0]?.toUpperCase(), line.slice(line.indexOf(" ") + 1)];
  const answers: Readonly<Record<string, LineAnswer>> = {
    EHLO: `250-mail.example.org${isSecure ? "" : "\r\n250-STARTTLS"}\r\n250-AUTH PLAIN\r\n250 8BITMIME`,
    STARTTLS: { reply: "220 2.0.0 go ahead", next: "tls" },
    AUTH: rest.endsWith(Buffer.from("\0john\0canary").toString("base64")) ? "235 welcome" : "535 5.7.8 no",
    MAIL: "250 2.1.0 Ok",
    RCPT: rest.includes("<john@example.org>") ? "250 2.1.5 Ok" : "450 4.1.1 no such user",
    DATA: "354 go on",
    ".": "250 2.0.0 Ok: queued as 1",
    RSET: "250 Ok",
    QUIT: { reply: "221 bye", next: "close" },
  };
  return answers[word];
}
