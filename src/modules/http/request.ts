import { type ClientRequest, type IncomingMessage, request as plainRequest, STATUS_CODES } from "node:http";
import { request as securedRequest } from "node:https";
import { isIP } from "node:net";
import { checkServerIdentity, rootCertificates } from "node:tls";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, Tunnel } from "../../contract/host.ts";
import { addressOf, hostNameOf } from "./address.ts";
import type { HttpRequest, HttpWords } from "./arguments.ts";
import { redirection } from "./redirection.ts";

/** An answer; its body is still to come. */
export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  /** Where it came from, after redirections. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Buffer>;
  /** As the server told it. */
  readonly sizeBytes: number | undefined;
}

const mostRedirections = 10;

/** Sends the request from the host, follows redirections and hands the answer to `use`. Throws Failure when none comes. */
export async function withResponse<T>(
  host: HostReader,
  request: HttpRequest,
  signal: AbortSignal,
  use: (response: HttpResponse) => Promise<T>,
): Promise<T> {
  let at: HttpRequest = request;
  let authorities: readonly string[] | undefined;
  for (let followed = 0; ; followed++) {
    // Asked for at the first address that needs it: http:// may lead on to https://.
    if (at.url.startsWith("https:")) authorities ??= await trusted(request, host);
    const next = await sendOnce(host, at, authorities ?? [], signal, async (message, url) => {
      const target = redirection(message, at, url);
      if (target !== undefined && followed < mostRedirections) return { request: target };
      if (target !== undefined) throw noAnswer(host, url, `more than ${mostRedirections} redirections`);
      return { result: await use(responseOf(message, url)) };
    });
    if (next.request === undefined) return next.result;
    at = next.request;
  }
}

type Step<T> = { readonly request: HttpRequest } | { readonly request?: undefined; readonly result: T };

async function sendOnce<T>(
  host: HostReader,
  request: HttpRequest,
  ca: readonly string[],
  signal: AbortSignal,
  take: (message: IncomingMessage, url: URL) => Promise<Step<T>>,
): Promise<Step<T>> {
  const url = addressOf(request.url);
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  const tunnel = await host.openTunnel(hostNameOf(url), port);
  try {
    const sent = send(url, request, tunnel, ca, signal);
    try {
      return await take(await answerTo(sent, request), url);
    } finally {
      sent.destroy();
    }
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error;
    throw noAnswer(host, url, reasonOf(error), error);
  } finally {
    await tunnel.close();
  }
}

function send(
  url: URL,
  request: HttpRequest,
  tunnel: Tunnel,
  ca: readonly string[],
  signal: AbortSignal,
): ClientRequest {
  const name = hostNameOf(url);
  const options = {
    ...{ host: tunnel.host, port: tunnel.port, method: request.method, path: url.pathname + url.search },
    ...{ headers: headersOf(url, request), setHost: false, agent: false, signal },
  };
  const sent =
    url.protocol === "http:"
      ? plainRequest(options)
      : securedRequest({
          ...options,
          ca: [...ca],
          rejectUnauthorized: request.validate_certs ?? true,
          servername: isIP(name) === 0 ? name : "",
          checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
        });
  const { timeout = 30 } = request;
  sent.setTimeout(timeout * 1000, () => sent.destroy(new Error(`nothing came for ${timeout} s`)));
  sent.end(request.body);
  return sent;
}

function answerTo(sent: ClientRequest, { timeout = 30 }: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once("error", reject);
    sent.once("response", (message) => {
      // What breaks later on breaks the body, and is told to whoever reads it.
      sent.on("error", () => {});
      sent.setTimeout(timeout * 1000, () => {
        // What lies here unread came in time: then it is this side that is slow.
        if (message.readableLength === 0) message.destroy(new Error(`nothing came for ${timeout} s`));
      });
      resolve(message);
    });
  });
}

function headersOf(url: URL, request: HttpRequest): Record<string, string> {
  const { url_username, url_password = "", body } = request;
  const login = Buffer.from(`${url_username}:${url_password}`).toString("base64");
  const given = Object.entries(request.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
  return {
    Host: url.host,
    "User-Agent": "mailferry",
    Accept: "*/*",
    Connection: "close",
    ...(body === undefined ? {} : { "Content-Length": String(body.length) }),
    ...(url_username === undefined ? {} : { Authorization: `Basic ${login}` }),
    ...Object.fromEntries(given),
  };
}

function responseOf(message: IncomingMessage, url: URL): HttpResponse {
  const { statusCode: status = 0, statusMessage } = message;
  const headers = Object.entries(message.headers).map(([name, value]) => [name, [value].flat().join(", ")]);
  const size = Number(message.headers["content-length"] ?? Number.NaN);
  return {
    status,
    reason: statusMessage || (STATUS_CODES[status] ?? ""),
    url: url.href,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: message,
    sizeBytes: Number.isNaN(size) ? undefined : size,
  };
}

/** Whom to trust: the public authorities, those of the host, and those that the task names. */
async function trusted({ ca_path, validate_certs = true }: HttpWords, host: HostReader): Promise<string[]> {
  if (!validate_certs) return [];
  const ofHost = await host.readText("/etc/ssl/certs/ca-certificates.crt");
  const named = ca_path === undefined ? undefined : await host.readText(ca_path);
  if (ca_path !== undefined && named === undefined) {
    throw new Failure("task-failed", `there is no file ${ca_path}`, { host: host.name });
  }
  return [...rootCertificates, ...[ofHost, named].filter((pem) => pem !== undefined)];
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ECONNRESET" || code === "ECONNREFUSED" || code === "EPIPE") {
    return "nothing answers there, or it hangs up";
  }
  return message;
}

function noAnswer(host: HostReader, url: URL, why: string, cause?: unknown): Failure {
  return new Failure("task-failed", `${url.href}: ${why}`, {
    host: host.name,
    cause,
    result: { status: -1, url: url.href },
    next: `Look whether ${url.host} can be reached from ${host.name}, and whether its sshd allows forwarding.`,
  });
}
