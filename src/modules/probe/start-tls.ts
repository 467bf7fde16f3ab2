import type { Socket } from "node:net";
import { LineDialogue } from "./line-dialogue.ts";
import { ServiceError } from "./service-socket.ts";

export type StartTlsProtocol = "smtp" | "imap" | "pop3";

/** Asks a server, in its own protocol, to begin with TLS. Throws ServiceError when it won't. */
export async function askForTls(socket: Socket, protocol: StartTlsProtocol, name: string): Promise<void> {
  const dialogue = new LineDialogue(socket);
  await asks[protocol](dialogue, name);
  dialogue.release();
}

const asks: Readonly<Record<StartTlsProtocol, (dialogue: LineDialogue, name: string) => Promise<void>>> = {
  async smtp(dialogue, name) {
    expectReply((await dialogue.smtp()).code === 220, "greets with an error");
    const { code, lines } = await dialogue.smtp(`EHLO ${name}`);
    expectReply(code === 250 && lines.some((line) => /^STARTTLS$/i.test(line)), "offers no STARTTLS");
    expectReply((await dialogue.smtp("STARTTLS")).code === 220, "refuses STARTTLS");
  },

  async imap(dialogue) {
    expectReply((await dialogue.readLine()).startsWith("* OK"), "greets with an error");
    dialogue.send("a1 STARTTLS");
    for (;;) {
      const line = await dialogue.readLine();
      if (line.startsWith("a1 ")) return expectReply(line.startsWith("a1 OK"), "refuses STARTTLS");
    }
  },

  async pop3(dialogue) {
    expectReply((await dialogue.readLine()).startsWith("+OK"), "greets with an error");
    dialogue.send("STLS");
    expectReply((await dialogue.readLine()).startsWith("+OK"), "refuses STLS");
  },
};

function expectReply(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new ServiceError(`the server ${otherwise}`);
}
