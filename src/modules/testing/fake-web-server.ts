import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecured } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { testCertificate } from "./test-certificate.ts";

/** A request as the server got it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FakeWebServer {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly address: string;
  readonly port: number;
  readonly seen: readonly SeenRequest[];
}

/** Starts a real web server on the loopback; it ends with the test. */
export async function startWebServer(
  answer: (request: SeenRequest, response: ServerResponse) => void,
  { secured = false }: { readonly secured?: boolean } = {},
): Promise<FakeWebServer> {
  const seen: SeenRequest[] = [];
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    message.on("data", (piece: Buffer) => void pieces.push(piece));
    message.on("end", () => {
      const { method = "", url: path = "", headers } = message;
      const request = { method, path, headers, body: Buffer.concat(pieces).toString("utf8") };
      seen.push(request);
      answer(request, response);
    });
  };
  const { certificate: cert, key } = testCertificate;
  const server = secured ? createSecured({ cert, key }, listener) : createPlain(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { address: `${secured ? "https" : "http"}://127.0.0.1:${port}`, port, seen };
}
