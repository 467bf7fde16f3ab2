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

function tooLong(host: string, limitBytes: number): Failure {
  const limit = `${limitBytes / 1024 / 1024} MiB`;
  return new Failure("task-failed", `${host} answered with more than ${limit}; the command was ended`, {
    host,
    next: "Look at the host: no mail server has so much to tell.",
  });
}
