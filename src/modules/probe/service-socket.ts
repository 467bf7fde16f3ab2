import { connect, type Socket } from "node:net";
import { withDeadline } from "../../contract/deadline.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { ServiceWords } from "./arguments.ts";

/** A service that a probe talks to. */
export interface Service {
  readonly address: string;
  readonly port: number;
  /** Ends when the task ends or its time is over. */
  readonly signal: AbortSignal;
  /** Ends when the task ends. */
  readonly taskSignal: AbortSignal;
}

/** Why a service can't be used, as it is registered in `error`. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** False when nothing answered at all. */
  readonly isReached: boolean;

  constructor(message: string, options: { readonly isReached?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isReached = options.isReached ?? true;
  }
}

/** Hands `use` the service that a task's arguments name. Its time begins now. */
export async function withService<T>(
  { address = "127.0.0.1", port, timeout = 30 }: ServiceWords,
  usualPort: number,
  signal: AbortSignal,
  use: (service: Service) => Promise<T>,
): Promise<T> {
  return withDeadline(timeout * 1000, signal, (ended) =>
    use({ address, port: port ?? usualPort, signal: ended, taskSignal: signal }),
  );
}

/** Opens a way through the host to the service, hands its end on the controller to `use`, and closes it. */
export async function throughTunnel<T>(
  host: HostReader,
  { address, port }: Service,
  use: (end: { readonly host: string; readonly port: number }) => Promise<T>,
): Promise<T> {
  const tunnel = await host.openTunnel(address, port);
  try {
    return await use(tunnel);
  } finally {
    await tunnel.close();
  }
}

/** Connects through the host, hands the socket to `talk`, and closes all. Throws ServiceError when the service can't be used. */
export async function withSocket<T>(
  host: HostReader,
  service: Service,
  talk: (socket: Socket) => Promise<T>,
): Promise<T> {
  return throughTunnel(host, service, async (end) => {
    const socket = connect(end.port, end.host);
    const stop = () => socket.destroy(new ServiceError("no answer within the time", { isReached: false }));
    service.signal.addEventListener("abort", stop, { once: true });
    // Without a listener of its own a late error would end the process.
    socket.on("error", () => {});
    try {
      return await talk(socket);
    } catch (error) {
      throw asServiceError(error, service);
    } finally {
      service.signal.removeEventListener("abort", stop);
      socket.destroy();
    }
  });
}

/** Puts what a library or the network says into words. Faults of ours stay what they are. */
export function asServiceError(error: unknown, { signal }: Service): unknown {
  if (error instanceof ServiceError || error instanceof Failure) return error;
  if (signal.aborted) return new ServiceError("no answer within the time");
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ECONNRESET" || code === "ECONNREFUSED" || code === "EPIPE") {
    return new ServiceError(`nothing answers there, or it hangs up (${code})`, { isReached: false });
  }
  return error;
}
