import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Tunnel } from "../contract/host.ts";

/** Listens on the controller's loopback and carries each connection to where `forward` leads. What comes in goes on at once. */
export async function listenTunnel(forward: () => Promise<Duplex>): Promise<Tunnel> {
  const open = new Set<Duplex>();
  const server = createServer({ noDelay: true }, (socket) => {
    keep(open, socket);
    void carry(socket, forward, open);
  });
  const port = await listening(server);
  return {
    host: "127.0.0.1",
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const stream of open) stream.destroy();
      }),
  };
}

async function carry(socket: Socket, forward: () => Promise<Duplex>, open: Set<Duplex>): Promise<void> {
  try {
    const channel = await forward();
    keep(open, channel);
    channel.once("close", () => socket.destroy());
    socket.once("close", () => channel.destroy());
    socket.pipe(channel).pipe(socket);
  } catch (error) {
    // Whoever connected sees a reset, as with a port that is closed.
    socket.destroy(error as Error);
  }
}

function keep(open: Set<Duplex>, stream: Duplex): void {
  open.add(stream);
  stream.on("error", () => stream.destroy());
  stream.once("close", () => open.delete(stream));
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
