import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { selfSigned } from "./self-signed.ts";

/** Where a scripted server can leave its usual way. `content` is while the mail's text arrives, `dot` after all of it. */
export type ScriptStep = "greeting" | "ehlo" | "starttls" | "mail" | "rcpt" | "data" | "content" | "dot";

/** `reply` says something else than yes; `cut` resets the connection instead of a reply; `hang` never replies. */
export type Behaviour =
  | { readonly at: ScriptStep; readonly reply: string }
  | { readonly at: ScriptStep; readonly cut: true }
  | { readonly at: ScriptStep; readonly hang: true };

/** A small SMTP server that does what the test says for the n-th connection (from 0), and keeps what it took. */
export interface ScriptedSmtpServer {
  readonly port: number;
  /** The texts it has kept, also those whose reply was cut off; still dot-stuffed. */
  readonly kept: readonly string[];
  connections(): number;
  close(): Promise<void>;
}

const usualReplies: Readonly<Record<ScriptStep, string>> = {
  greeting: "220 scripted ESMTP",
  ehlo: "250-scripted\r\n250-PIPELINING\r\n250 8BITMIME",
  mail: "250 2.1.0 Ok",
  rcpt: "250 2.1.5 Ok",
  starttls: "220 2.0.0 Ready to start TLS",
  data: "354 End data with <CR><LF>.<CR><LF>",
  content: "",
  dot: "250 2.0.0 Ok: queued",
};

/** Starts one on a free port of the loopback address. */
export async function startScriptedSmtpServer(
  script: (connection: number) => Behaviour | undefined,
  options: { readonly tls?: boolean } = {},
): Promise<ScriptedSmtpServer> {
  const kept: string[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    serve(socket, script(connections), kept, options.tls ? "offered" : "none");
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    kept,
    connections: () => connections,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function serve(
  socket: Socket,
  behaviour: Behaviour | undefined,
  kept: string[],
  tls: "none" | "offered" | "on",
): void {
  let received = "";
  let step: ScriptStep = "greeting";
  /** False when the script took over at this step. */
  const answer = (at: ScriptStep): boolean => {
    const own = behaviour?.at === at ? behaviour : undefined;
    if (own !== undefined && "cut" in own) cut(socket);
    else if (own !== undefined && "reply" in own) socket.write(`${own.reply}\r\n`);
    else if (own === undefined && at === "ehlo" && tls === "offered") socket.write(offerTls);
    else if (own === undefined && at === "dot" && tls === "on") socket.write("250 Ok: queued over TLS\r\n");
    else if (own === undefined && at !== "content") socket.write(`${usualReplies[at]}\r\n`);
    return own === undefined;
  };
  const take = (chunk: Buffer) => {
    received += chunk.toString("latin1");
    if (step === "dot") {
      if (!answer("content")) return;
      const end = received.indexOf("\r\n.\r\n");
      if (end < 0) return;
      if (behaviour?.at !== "dot" || !("reply" in behaviour)) kept.push(received.slice(0, end + 2));
      received = received.slice(end + 5);
      answer("dot");
      step = "greeting";
    }
    for (let end = received.indexOf("\r\n"); end >= 0 && step !== "dot"; end = received.indexOf("\r\n")) {
      step = stepOf(received.slice(0, end));
      received = received.slice(end + 2);
      if (step === "greeting") socket.end("221 Bye\r\n");
      else if (answer(step) && step === "data") step = "dot";
      else if (step === "starttls" && behaviour?.at !== step) {
        socket.off("data", take);
        const secure = new TLSSocket(socket, { isServer: true, ...selfSigned });
        secure.on("error", () => {});
        serve(secure, behaviour, kept, "on");
      }
    }
  };
  socket.on("data", take);
  if (tls !== "on") answer("greeting");
}

/** A TLS socket can't be reset, only closed. */
function cut(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

const offerTls = "250-scripted\r\n250 STARTTLS\r\n";

function stepOf(line: string): ScriptStep {
  const verb = line.slice(0, 4).toUpperCase();
  if (verb === "EHLO") return "ehlo";
  if (verb === "MAIL") return "mail";
  if (verb === "RCPT") return "rcpt";
  if (verb === "STAR") return "starttls";
  return verb === "DATA" ? "data" : "greeting";
}
