import type { OutputStream } from "./surroundings.ts";

/** Writes text, for as long as anybody reads. */
export type Write = (text: string) => void;

/**
 * A way to write to a stream that outlives its reader: `mailferry run … | head` must not stop a cutover
 * half-way. Once the pipe is closed, what is written is dropped; any other error of the stream, too,
 * because nobody is left to be told.
 */
export function openOutput(stream: OutputStream): Write {
  let open = true;
  stream.on("error", () => {
    open = false;
  });
  return (text) => {
    if (open && stream.writable) stream.write(text);
  };
}
