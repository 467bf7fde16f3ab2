import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "./arguments.ts";

/** Where an answer leads on to; undefined when it doesn't, or is not to be followed. */
export function redirection(
  message: IncomingMessage,
  request: HttpRequest,
  url: URL,
): HttpRequest | undefined {
  const { statusCode = 0, headers } = message;
  const isSafe = request.method === "GET" || request.method === "HEAD";
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return undefined;
  if (request.follow === "none" || (request.follow === "safe" && !isSafe)) return undefined;
  const target = new URL(headers.location, url);
  const becomesGet = !isSafe && (statusCode === 303 || (statusCode < 303 && request.method === "POST"));
  const { headers: given = {}, url_username, url_password, body, method, ...rest } = request;
  // A login is for the server that it was given for, and for no other.
  const isSameServer = target.origin === url.origin;
  return {
    ...rest,
    url: target.href,
    headers: isSameServer ? given : withoutLogins(given),
    method: becomesGet ? "GET" : method,
    ...(becomesGet || body === undefined ? {} : { body }),
    ...(isSameServer && url_username !== undefined ? { url_username } : {}),
    ...(isSameServer && url_password !== undefined ? { url_password } : {}),
  };
}

function withoutLogins(headers: Readonly<Record<string, string | number>>): Record<string, string | number> {
  const secret = ["authorization", "cookie", "proxy-authorization"];
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.includes(name.toLowerCase())));
}
