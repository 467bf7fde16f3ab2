import { connect, type Socket } from "node:net";

/**
 * Begins to connect by TCP. What one turn of the program writes is sent as one packet, and at once: ssh2 writes each ssh
 * packet in three pieces, of which each would be a packet of its own, or wait for the one before to be acknowledged.
 * Errors are told by the socket's `error` event.
 */
export function openSocket(address: string, port: number): Socket {
  const socket = connect({ host: address, port, noDelay: true });
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  // Set on the socket itself and after `connect`, which puts the class's own function back.
  socket.write = (...given: unknown[]) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      queueMicrotask(() => socket.uncork());
    }
    return write(...given);
  };
  return socket;
}
