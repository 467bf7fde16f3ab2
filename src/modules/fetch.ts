import { createHash, type Hash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Change } from "../contract/change.ts";
import { BadInput, Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { changingModule, type LookContext } from "../contract/module.ts";
import { absolutePath, closed, word, yesOrNo } from "./argument-schemas.ts";
import { watchRoom } from "./output-file.ts";
import { plainPath } from "./protected-path.ts";

export interface FetchArgs {
  readonly src: string;
  readonly dest: string;
  readonly flat?: boolean;
  readonly fail_on_missing?: boolean;
  readonly validate_checksum?: boolean;
}

export interface FetchChange extends Change {
  readonly src: string;
  /** The absolute path on the controller. */
  readonly dest: string;
  readonly validate: boolean;
}

/** Large files are on their way for a while. */
const longestMs = 6 * 60 * 60_000;

/** Brings a file of the host to the controller. */
export const fetch = changingModule<FetchArgs, FetchChange>({
  name: "fetch",
  description:
    "Brings a file of the host to the controller, to `dest/HOST/path/of/src`. Registers `dest` and `checksum`. Differs from Ansible: the checksum is SHA-256, a file that grows while it is read (a log) is taken as long as it was, and what is fetched is for its user alone to read.",
  preview: "exact",
  args: closed(
    {
      src: absolutePath("The file on the host. Directories are refused: `archive` makes a file of one."),
      dest: word("A directory on the controller; a relative one counts from the playbook."),
      flat: yesOrNo(
        "`dest` is the file itself, or with a slash at its end the directory for a file of the same name.",
        false,
      ),
      fail_on_missing: yesOrNo("Fail when there is no such file on the host.", true),
      validate_checksum: yesOrNo("Compare what arrived with what the host has.", true),
    },
    { required: ["src", "dest"] },
  ),

  async check(args, host, context) {
    const { validate_checksum: validate = true, fail_on_missing = true } = args;
    const src = plainPath(args.src);
    const dest = target(args, src, host, context);
    const [here, there] = await Promise.all([checksumOnControl(dest), checksumOnHost(src, host)]);
    if (there === undefined && !fail_on_missing) return undefined;
    // In check mode an earlier task may be the one that makes it.
    if (there === undefined && !context.checkMode) throw missing(src, host);
    if (here !== undefined && here === there) return undefined;
    return { summary: `fetch ${src} to ${dest}`, src, dest, validate };
  },

  touches: () => [],
  async apply({ src, dest, validate }, host, context) {
    let checksum = "";
    await context.writeControlFile(dest, async (write) => {
      const seen = createHash("sha256");
      let sizeBytes = 0;
      const requireRoom = watchRoom(dest, host.name);
      const onStdout = (chunk: Buffer) => {
        seen.update(chunk);
        sizeBytes += chunk.length;
        requireRoom(chunk.length);
        write(chunk);
      };
      await host.probe(["cat", "--", src], { onStdout, signal: context.signal, timeoutMs: longestMs });
      checksum = seen.digest("hex");
      if (validate) await compareWithHost(src, sizeBytes, checksum, host);
    });
    return { result: { src, dest, checksum } };
  },

  async current(args, host, context) {
    const src = plainPath(args.src);
    const dest = target(args, src, host, context);
    const checksum = await checksumOnControl(dest);
    return { src, dest, ...(checksum === undefined ? {} : { checksum }) };
  },
});

function target(args: FetchArgs, src: string, host: HostReader, context: LookContext): string {
  const { dest, flat = false } = args;
  if (!flat) return join(context.controlPath(dest), host.name, src);
  return dest.endsWith("/") ? join(context.controlPath(dest), basename(src)) : context.controlPath(dest);
}

async function checksumOnControl(path: string): Promise<string | undefined> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isFile()) {
    throw new BadInput([
      { message: `fetch: ${path} is no file`, hint: "With a slash at its end, dest is a directory." },
    ]);
  }
  const hash: Hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function checksumOnHost(src: string, host: HostReader): Promise<string | undefined> {
  const argv = ["/bin/sh", "-c", checksumScript, "sh", src];
  const answer = (await host.probe(argv, { timeoutMs: longestMs })).stdout.toString("utf8").trim();
  if (answer === "none") return undefined;
  if (answer !== "other") return answer.split(" ")[0];
  throw new Failure("task-failed", `${src} is no file`, {
    host: host.name,
    next: "`archive` makes one file of a directory.",
  });
}

const checksumScript = `if [ -f "$1" ]; then sha256sum <"$1"
elif [ -e "$1" ]; then echo other
else echo none; fi`;

async function compareWithHost(
  src: string,
  sizeBytes: number,
  checksum: string,
  host: HostWriter,
): Promise<void> {
  const argv = ["/bin/sh", "-c", 'head -c "$2" <"$1" | sha256sum', "sh", src, String(sizeBytes)];
  const there = (await host.probe(argv, { timeoutMs: longestMs })).stdout.toString("utf8").split(" ")[0];
  if (there === checksum) return;
  throw new Failure("task-failed", `${src} changed while it was fetched`, {
    host: host.name,
    next: "Run it again, or stop what writes to it first.",
  });
}

function missing(src: string, host: HostReader): Failure {
  return new Failure("task-failed", `there is no file ${src}`, {
    host: host.name,
    next: "`fail_on_missing: false` goes on without it.",
  });
}
