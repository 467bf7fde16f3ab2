import { createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { openSocket } from "./ssh-socket.ts";

test("what one turn writes goes out together, in order, and without a wait", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const arrived = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const socket = openSocket("127.0.0.1", port);
  await new Promise((resolve) => socket.once("connect", resolve));
  const heard: string[] = [];
  const far = await arrived;
  const whole = new Promise<void>((resolve) =>
    far.on("data", (chunk) => {
      heard.push(chunk.toString());
      if (heard.join("").length === 6) resolve();
    }),
  );
  for (const piece of ["ab", "cd", "ef"]) socket.write(piece);
  expect(socket.writableLength).toBe(6);
  await Promise.resolve();
  expect(socket.writableCorked).toBe(0);
  await whole;
  expect(heard).toEqual(["abcdef"]);
  socket.destroy();
  far.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("a connection that is refused is told by the socket's error", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const error = await new Promise((resolve) => openSocket("127.0.0.1", port).once("error", resolve));
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});
