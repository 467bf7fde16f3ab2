import { posix } from "node:path";
import { BadInput, Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { HttpRequest } from "../http/arguments.ts";
import { withResponse } from "../http/request.ts";

/** What a file's content must come to. */
export interface Checksum {
  readonly algorithm: string;
  /** In lower case. */
  readonly hex: string;
}

/** The algorithms that coreutils knows, and how many hex digits each has. */
const hexDigits: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

const longestListBytes = 1024 * 1024;
const longestMs = 60 * 60_000;

/** Reads `sha256:HEX`, or `sha256:URL` of a list of checksums in which the file is looked up by its name. */
export async function wantedChecksum(
  given: string,
  request: HttpRequest,
  host: HostReader,
  signal: AbortSignal,
): Promise<Checksum> {
  const [, algorithm = "", rest = ""] = /^(\w+):(.*)$/s.exec(given.trim()) ?? [];
  if (hexDigits[algorithm] === undefined) throw refused(given);
  const hex = /^https?:/.test(rest) ? await lookedUp(rest, request, host, signal) : rest.trim().toLowerCase();
  if (!/^[0-9a-f]+$/.test(hex) || hex.length !== hexDigits[algorithm]) throw refused(`${algorithm}:${hex}`);
  return { algorithm, hex };
}

/** The checksum of a file of the host. */
export async function checksumOf(path: string, algorithm: string, host: HostReader): Promise<string> {
  const { stdout } = await host.probe([`${algorithm}sum`, "--", path], { timeoutMs: longestMs });
  // With a backslash in front it says that the name behind is written in another way.
  return stdout.toString("utf8").replace(/^\\/, "").split(" ")[0] ?? "";
}

async function lookedUp(
  url: string,
  request: HttpRequest,
  host: HostReader,
  signal: AbortSignal,
): Promise<string> {
  const name = posix.basename(new URL(request.url).pathname);
  const list = await withResponse(host, { ...request, url }, signal, async ({ status, body }) => {
    if (status !== 200) throw new Failure("task-failed", `${url} answered ${status}`, { host: host.name });
    let text = "";
    for await (const piece of body) {
      text += piece.toString("latin1");
      if (text.length > longestListBytes) break;
    }
    return text;
  });
  const lines = list.split(/\r?\n/).map((line) => line.trim().split(/\s+\*?/));
  const named = lines.find(([, file]) => file !== undefined && file.replace(/^\.\//, "") === name);
  const alone = lines.filter(([hex]) => hex !== "");
  const [hex] = named ?? (alone.length === 1 && alone[0]?.length === 1 ? alone[0] : []);
  if (hex !== undefined) return hex.toLowerCase();
  throw new Failure("task-failed", `${url} names no checksum of ${name}`, { host: host.name });
}

function refused(given: string): BadInput {
  return new BadInput([
    {
      message: `get_url: checksum: "${given}" is none`,
      hint: `Write one of ${Object.keys(hexDigits).join(", ")}, a colon, and the hex digits or the address of a list.`,
    },
  ]);
}
