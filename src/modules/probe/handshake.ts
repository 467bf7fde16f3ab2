import { isIP, type Socket } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type DetailedPeerCertificate,
  rootCertificates,
  type TLSSocket,
} from "node:tls";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { CertificateWords } from "./arguments.ts";
import { ServiceError } from "./service-socket.ts";

/** What TLS showed. */
export interface TlsReport extends JsonObject {
  readonly subject: string;
  /** The names and addresses the certificate is for. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** ISO 8601. */
  readonly valid_from: string;
  readonly valid_to: string;
  /** Whole days; negative once it has expired. */
  readonly days_left: number;
  /** SHA-256. */
  readonly fingerprint: string;
  readonly protocol: string;
  readonly cipher: string;
  /** Trusted, in its time, and for the name that was asked for. */
  readonly authorized: boolean;
  /** Why it isn't. */
  readonly error: string | null;
}

/** Which name to ask for and whom to trust. */
export interface TlsExpectations {
  readonly servername: string;
  readonly ca: readonly string[];
  readonly verify: boolean;
}

/** Reads a task's words about certificates. */
export async function readExpectations(
  { servername, ca_file, verify = true }: CertificateWords,
  host: HostReader,
  address: string,
): Promise<TlsExpectations> {
  const ca: string[] = [...rootCertificates];
  if (ca_file !== undefined) {
    const pem = await host.readText(ca_file);
    if (pem === undefined)
      throw new Failure("bad-input", `there is no file ${ca_file} on ${host.name}`, { host: host.name });
    ca.push(pem);
  }
  return { servername: servername ?? (isIP(address) === 0 ? address : host.name), ca, verify };
}

/** Options for any library that makes TLS connections of its own. */
export function tlsOptions({ servername, ca, verify }: TlsExpectations): ConnectionOptions {
  const trust = { ca: [...ca], rejectUnauthorized: verify };
  if (isIP(servername) === 0) return { ...trust, servername };
  // An address can't be asked for in the handshake; the certificate must name it all the same.
  return {
    ...trust,
    checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate),
  };
}

/** Makes a TLS connection out of a plain one. Throws ServiceError without one; a certificate that isn't trusted is reported. */
export async function startTls(
  socket: Socket,
  expectations: TlsExpectations,
): Promise<{ readonly secured: TLSSocket; readonly report: TlsReport }> {
  const secured = connect({ socket, ...tlsOptions(expectations), rejectUnauthorized: false });
  await new Promise<void>((resolve, reject) => {
    secured.once("secureConnect", resolve);
    secured.once("error", (error) => reject(noTls(error)));
    socket.once("close", () => reject(new ServiceError("no TLS: the server hung up", { isReached: false })));
  });
  secured.on("error", () => {});
  return { secured, report: reportOf(secured) };
}

/** What OpenSSL has against the other side; errors of the network stay what they are. */
function noTls(error: Error & { readonly reason?: string; readonly code?: string }): Error {
  if (error instanceof ServiceError || error.code?.startsWith("ECONN")) return error;
  return new ServiceError(`no TLS: ${error.reason ?? error.message}`, { cause: error });
}

function reportOf(secured: TLSSocket): TlsReport {
  const certificate = secured.getPeerCertificate(true) as Partial<DetailedPeerCertificate>;
  const { valid_from = "", valid_to = "" } = certificate;
  const end = Date.parse(valid_to);
  return {
    subject: nameOf(certificate.subject),
    names: namesIn(certificate.subjectaltname),
    issuer: nameOf(certificate.issuer),
    valid_from: isoTime(valid_from),
    valid_to: isoTime(valid_to),
    days_left: Math.floor((end - Date.now()) / 86_400_000),
    fingerprint: certificate.fingerprint256 ?? "",
    protocol: secured.getProtocol() ?? "",
    cipher: secured.getCipher().name,
    authorized: secured.authorized,
    error: secured.authorized ? null : reason(secured.authorizationError),
  };
}

/** Node gives an Error or a code, whatever its types say. */
function reason(error: unknown): string {
  if (error instanceof Error) return (error as NodeJS.ErrnoException).code ?? error.message;
  return String(error);
}

function nameOf(name: object | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${[value].flat().join("+")}`);
  return parts.join(", ");
}

/** `DNS:a, IP Address:192.0.2.1` as a list of the bare names. */
function namesIn(alternatives = ""): string[] {
  return [...alternatives.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(([, name = ""]) => name);
}

function isoTime(text: string): string {
  return text === "" ? "" : new Date(text).toISOString();
}
