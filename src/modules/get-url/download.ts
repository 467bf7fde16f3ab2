import { createHash } from "node:crypto";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ApplyContext, LookContext } from "../../contract/module.ts";
import type { Attributes } from "../file-attributes.ts";
import type { HttpRequest } from "../http/arguments.ts";
import { type HttpResponse, withResponse } from "../http/request.ts";
import { replaceWhole } from "../replace-whole.ts";
import { type Checksum, checksumOf } from "./checksum.ts";

/** Goes to the host at once; less would take a round trip for every packet. */
const pieceBytes = 4 * 1024 * 1024;

/** The SHA-256 of what lies at an address now. */
export async function checksumAtUrl(
  request: HttpRequest,
  host: HostReader,
  { signal }: LookContext,
): Promise<string> {
  return withResponse(host, request, signal, async (response) => {
    refuseOtherThanOk(response, host);
    const hash = createHash("sha256");
    for await (const piece of response.body) hash.update(piece);
    return hash.digest("hex");
  });
}

/** Brings what lies at an address into a new file beside `path`, and then into its place. Returns its SHA-256. */
export async function download(
  request: HttpRequest,
  path: string,
  { checksum, attributes }: { readonly checksum: Checksum | undefined; readonly attributes: Attributes },
  host: HostWriter,
  context: ApplyContext,
): Promise<string> {
  const file = { path, attributes, newMode: "0644" };
  return replaceWhole(file, host, context, async (temporary) => {
    const sum = await withResponse(host, request, context.signal, async (response) => {
      refuseOtherThanOk(response, host);
      return bring(response, temporary, host, context);
    });
    const there = await checksumOf(temporary, "sha256", host);
    if (there !== sum) throw spoilt(request.url, "it did not reach the host as it was sent", host);
    await compare(temporary, checksum, request.url, host);
    return sum;
  });
}

async function bring(
  { body, sizeBytes }: HttpResponse,
  path: string,
  host: HostWriter,
  { signal, progress }: ApplyContext,
): Promise<string> {
  const hash = createHash("sha256");
  let doneBytes = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const flush = async () => {
    const stdin = Buffer.concat(waiting);
    [waiting, waitingBytes] = [[], 0];
    await host.run(["/bin/sh", "-c", 'cat >>"$1"', "sh", path], { stdin, signal });
    doneBytes += stdin.length;
    progress({ doneBytes, totalBytes: sizeBytes });
  };
  for await (const piece of body) {
    hash.update(piece);
    waiting.push(piece);
    waitingBytes += piece.length;
    if (waitingBytes >= pieceBytes) await flush();
  }
  if (waitingBytes > 0) await flush();
  return hash.digest("hex");
}

async function compare(
  path: string,
  checksum: Checksum | undefined,
  url: string,
  host: HostReader,
): Promise<void> {
  if (checksum === undefined) return;
  const found = await checksumOf(path, checksum.algorithm, host);
  if (found === checksum.hex) return;
  throw spoilt(url, `its ${checksum.algorithm} is ${found}, not ${checksum.hex}`, host);
}

function spoilt(url: string, why: string, host: HostReader): Failure {
  return new Failure("task-failed", `${url}: ${why}`, {
    host: host.name,
    next: "Nothing was put in place. Compare the checksum with what its publisher says.",
  });
}

function refuseOtherThanOk({ status, reason, url }: HttpResponse, host: HostReader): void {
  if (status === 200) return;
  throw new Failure("task-failed", `${url} answered ${status} ${reason}`, {
    host: host.name,
    result: { status_code: status, url },
  });
}
