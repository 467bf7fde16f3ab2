import { type Readable, Writable } from "node:stream";
import { Failure, Refused } from "../contract/errors.ts";
import type { OutputStream } from "./surroundings.ts";

export interface AskOptions {
  readonly input: Readable;
  readonly output: OutputStream;
  /** What uses the screen while no question stands there. */
  readonly screen: { suspend(): void; resume(): void };
  /** Aborted: the run is to stop, and with it the question. */
  readonly stopping: AbortSignal;
  /** Told of a Ctrl-C, which a prompt reads as a key and not as a signal. */
  readonly onInterrupt: () => void;
}

/** Puts one question (in inquirer's form, without a name) on the screen and waits for its answer. */
export async function askAtTerminal<T>(options: AskOptions, question: object): Promise<T> {
  const { input, output, screen, stopping, onInterrupt } = options;
  if (stopping.aborted) throw interrupted();
  screen.suspend();
  const ended = watchEnd(input);
  try {
    const { default: inquirer } = await import("inquirer");
    const signal = AbortSignal.any([stopping, ended.signal]);
    const ask = inquirer.createPromptModule({ input, output: forOneQuestion(output), signal } as object);
    const { answer } = (await ask([{ ...question, name: "answer" }] as never)) as { answer: T };
    return answer;
  } catch (error) {
    if (stopping.aborted) throw interrupted();
    if (ended.signal.aborted) throw inputEnded();
    if (error instanceof Error && error.name === "ExitPromptError") {
      onInterrupt();
      throw interrupted();
    }
    throw error;
  } finally {
    ended.close();
    screen.resume();
  }
}

/** inquirer ends the stream it writes to; the next question, and the report, need it still. */
function forOneQuestion(output: OutputStream): Writable {
  const writable = new Writable({
    write(chunk, encoding, done) {
      output.write(chunk, encoding, done);
    },
  });
  return Object.assign(writable, { isTTY: output.isTTY, columns: output.columns });
}

/** Ctrl-D and a closed input only pause the stream: inquirer itself would wait for ever. */
function watchEnd(input: Readable): { signal: AbortSignal; close(): void } {
  const controller = new AbortController();
  // An answer pauses the stream as well; it is through by the next turn, and the signal then comes too late.
  const onEnd = () => setImmediate(() => controller.abort());
  const events = ["end", "close", "pause"] as const;
  if (input.readableEnded || input.destroyed) controller.abort();
  for (const event of events) input.on(event, onEnd);
  return {
    signal: controller.signal,
    close() {
      for (const event of events) input.off(event, onEnd);
    },
  };
}

function interrupted(): Failure {
  return new Failure("interrupted", "a question was left unanswered");
}

function inputEnded(): Refused {
  return new Refused("the input ended at a question, which is no answer");
}
