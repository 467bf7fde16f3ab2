import type { ConnectionOptions } from "node:tls";
import type { ImapFlow } from "imapflow";
import type { TlsMode } from "./arguments.ts";
import { asServiceError, type Service, ServiceError } from "./service-socket.ts";

/** Where an IMAP server is reached from the controller, and how its connections are made. */
export interface ImapEnd {
  readonly host: string;
  readonly port: number;
  readonly mode?: TlsMode | undefined;
  /** Seconds that the server may be silent. */
  readonly timeout?: number | undefined;
  /** False: no COMPRESS=DEFLATE. */
  readonly compress?: boolean | undefined;
  readonly tls: ConnectionOptions;
}

/** Who logs in. With `actingFor` it is the mailbox of another user that is opened (SASL PLAIN's authorization identity). */
export interface ImapLogin {
  readonly user: string;
  readonly password: string;
  readonly actingFor?: string | undefined;
}

/** A client that is not connected yet. It never idles, and a lost connection is told by the command under way. */
export async function imapClient(end: ImapEnd, { user, password, actingFor }: ImapLogin): Promise<ImapFlow> {
  const { host, port, mode = "implicit", timeout = 30, compress = true, tls } = end;
  const { ImapFlow } = await import("imapflow");
  const milliseconds = timeout * 1000;
  const client = new ImapFlow({
    ...{ host, port, tls, secure: mode === "implicit", doSTARTTLS: mode === "starttls" },
    auth: { user, pass: password, ...(actingFor === undefined ? {} : { authzid: actingFor }) },
    logger: false,
    disableAutoIdle: true,
    disableCompression: !compress,
    // UTF-8 names, QRESYNC and the like bring nothing here: all servers are spoken to alike.
    disableAutoEnable: true,
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
  });
  // Without a listener a lost connection would end the process.
  client.on("error", () => {});
  return client;
}

/** The server's own words where there are any. */
export function imapError(error: unknown, user: string, service: Service): unknown {
  const { authenticationFailed, responseText, code, message } = error as {
    readonly authenticationFailed?: boolean;
    readonly responseText?: string;
    readonly code?: string;
    readonly message: string;
  };
  if (authenticationFailed)
    return new ServiceError(`the login of ${user} failed: ${responseText ?? message}`);
  if (responseText !== undefined) return new ServiceError(responseText);
  const known = asServiceError(error, service);
  return known === error && code !== undefined ? new ServiceError(`${message} (${code})`) : known;
}
