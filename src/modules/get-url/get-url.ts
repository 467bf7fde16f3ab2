import { posix } from "node:path";
import type { Applied, Change } from "../../contract/change.ts";
import { BadInput, Failure } from "../../contract/errors.ts";
import type { FileStat, HostReader, HostWriter } from "../../contract/host.ts";
import { type ApplyContext, changingModule, type LookContext } from "../../contract/module.ts";
import { absolutePath, backup, closed, ownership, word, yesOrNo } from "../argument-schemas.ts";
import { keepBackup } from "../backup-file.ts";
import { type Attributes, attributeSteps, attributesOff, fourDigits } from "../file-attributes.ts";
import type { HttpRequest } from "../http/arguments.ts";
import { type HttpWords, httpWords, requestedThroughHost } from "../http/arguments.ts";
import { followLink } from "../managed-file.ts";
import { standingPath } from "../standing-file.ts";
import { type Checksum, checksumOf, wantedChecksum } from "./checksum.ts";
import { checksumAtUrl, download } from "./download.ts";

export interface GetUrlArgs extends HttpWords, Attributes {
  readonly dest: string;
  readonly checksum?: string;
  readonly force?: boolean;
  readonly backup?: boolean;
}

export interface GetUrlChange extends Change {
  readonly path: string;
  /** undefined when only the attributes differ. */
  readonly request: HttpRequest | undefined;
  readonly checksum: Checksum | undefined;
  readonly attributes: Attributes;
  readonly backup: boolean;
}

/** Puts what lies at an address of the web into a file on the host. */
export const getUrl = changingModule<GetUrlArgs, GetUrlChange>({
  name: "get_url",
  description: `Puts what lies at an address of the web into a file on the host. Registers \`dest\`, \`url\` and \`checksum_dest\` (SHA-256). The content passes through the controller. ${requestedThroughHost}`,
  preview: "exact",
  args: closed(
    {
      ...httpWords,
      dest: absolutePath(
        "The file, or a directory for a file that is named as in the address. The directory must be there.",
      ),
      checksum: word(
        "`sha256:HEX`, or `sha256:URL` of a list of checksums; md5, sha1, sha224, sha384 and sha512 are known too. What does not fit is not put in place, and a file that fits is not fetched again.",
      ),
      force: yesOrNo(
        "Without `checksum`: fetch it even when there is a file, and replace that one if it differs.",
        false,
      ),
      ...ownership,
      backup,
    },
    { required: ["url", "dest"] },
  ),

  async check(args, host, context) {
    const { mode, owner, group } = args;
    const request: HttpRequest = { ...args, method: "GET", follow: "all" };
    const path = await followLink(await targetOf(args, host), host);
    const stat = await host.stat(path);
    if (stat !== undefined && stat.type !== "file") {
      throw new Failure("task-failed", `${path} is no file but a ${stat.type}`, { host: host.name });
    }
    const attributes = { mode: mode === undefined ? undefined : fourDigits(mode), owner, group };
    const checksum =
      args.checksum === undefined
        ? undefined
        : await wantedChecksum(args.checksum, request, host, context.signal);
    const plan = { path, checksum, attributes, backup: args.backup === true && stat !== undefined };
    const isThere = stat !== undefined && (await isWanted(args, { ...plan, request }, host, context));
    if (!isThere) return { ...plan, summary: `fetch ${args.url} to ${path}`, request };
    return attributesOnly(plan, stat);
  },

  touches: ({ path, request }) => (request === undefined ? [] : [{ path, how: "write" }]),
  async apply(change, host, context) {
    return change.request === undefined
      ? setAttributes(change, host)
      : replaceFile(change, change.request, host, context);
  },

  async current(args, host, _context, found) {
    const path = found?.path ?? (await followLink(await targetOf(args, host), host));
    const stat = await host.stat(path);
    const sum = stat === undefined ? {} : { checksum_dest: await checksumOf(path, "sha256", host) };
    return { ...standingPath(path, stat), url: args.url, ...sum };
  },
});

async function targetOf({ url, dest }: GetUrlArgs, host: HostReader): Promise<string> {
  if (!URL.canParse(url)) throw new BadInput([{ message: `get_url: "${url}" is no address of the web` }]);
  const isDirectory =
    dest.endsWith("/") || (await host.stat(await followLink(dest, host)))?.type === "directory";
  if (!isDirectory) return dest;
  const name = posix.basename(decodedPath(url));
  if (name !== "" && name !== "." && name !== "..") return posix.join(dest, name);
  throw new BadInput([
    { message: `get_url: ${url} names no file`, hint: "Write the file's name in `dest`." },
  ]);
}

function decodedPath(url: string): string {
  const { pathname } = new URL(url);
  try {
    return decodeURIComponent(pathname);
  } catch {
    // A per cent sign that is not meant as one stays what it is.
    return pathname;
  }
}

/** Whether the file that is there is the one that is wanted. */
async function isWanted(
  { force = false }: GetUrlArgs,
  { path, checksum, request }: { path: string; checksum: Checksum | undefined; request: HttpRequest },
  host: HostReader,
  context: LookContext,
): Promise<boolean> {
  if (checksum !== undefined) return (await checksumOf(path, checksum.algorithm, host)) === checksum.hex;
  if (!force) return true;
  return (await checksumOf(path, "sha256", host)) === (await checksumAtUrl(request, host, context));
}

function attributesOnly(
  plan: Omit<GetUrlChange, "summary" | "request">,
  stat: FileStat,
): GetUrlChange | undefined {
  const off = attributesOff(stat, plan.attributes);
  if (off.length === 0) return undefined;
  return { ...plan, summary: `${plan.path}: ${off.join(", ")}`, request: undefined };
}

async function setAttributes({ path, attributes }: GetUrlChange, host: HostWriter): Promise<Applied> {
  for (const step of attributeSteps(path, attributes)) await host.run(step);
  return { result: { dest: path } };
}

async function replaceFile(
  change: GetUrlChange,
  request: HttpRequest,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const { path } = change;
  const kept = change.backup ? { backup_file: await keepBackup(path, host) } : {};
  const sum = await download(request, path, change, host, context);
  return { result: { dest: path, url: request.url, checksum_dest: sum, ...kept } };
}
