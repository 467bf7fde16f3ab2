import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Failure } from "../contract/errors.ts";

/** Text of more bytes could not be held at once. */
const bytesAtMost = 500 * 1024 * 1024;

/** Collects an output that may be longer than what is kept of a command's. One without an end does not fill the memory. */
export interface LongOutput {
  /** For `onStdout`. Throws a Failure, which ends the command, when it gets too much. */
  readonly take: (chunk: Buffer) => void;
  whole(): Buffer;
}

export function longOutput(host: string, limitBytes = bytesAtMost): LongOutput {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    take: (chunk) => {
      bytes += chunk.length;
      if (bytes > limitBytes) {
        chunks.length = 0;
        throw tooLong(host, limitBytes);
      }
      chunks.push(chunk);
    },
    whole: () => Buffer.concat(chunks),
  };
}

/** Unpacks what a host packed by gzip. Throws a Failure when it is more than can be held at once, or not whole. */
export async function unpackLong(packed: Buffer, host: string, limitBytes = bytesAtMost): Promise<Buffer> {
  try {
    return await promisify(gunzip)(packed, { maxOutputLength: limitBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(host, limitBytes);
    throw new Failure("task-failed", `what ${host} packed by gzip came cut short or damaged`, {
      host,
      next: "Is gzip there? Then run the stage again.",
      cause,
    });
  }
}

function tooLong(host: string, limitBytes: number): Failure {
  const limit = `${Math.ceil(limitBytes / 1024 / 1024)} MiB`;
  return new Failure("task-failed", `${host} answered with more than ${limit}; the command was ended`, {
    host,
    next: "Look at the host: no mail server has so much to tell.",
  });
}
