import { BadInput, Failure, OutcomeUnknown, Unreachable } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { type LookContext, lookingModule } from "../contract/module.ts";
import {
  absolutePath,
  closed,
  exactlyOne,
  oneOf,
  port,
  seconds,
  whenGiven,
  word,
} from "./argument-schemas.ts";
import { sleep } from "./sleep.ts";
import { lookAtPath, lookAtPort, type Sight } from "./wait-for/sight.ts";

export interface WaitForArgs {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly state?: "started" | "present" | "stopped" | "absent" | "drained";
  readonly search_regex?: string;
  readonly timeout?: number;
  readonly delay?: number;
  readonly sleep?: number;
}

/** Waits until a port or a path is as it shall be, seen from the host. */
export const waitFor = lookingModule<WaitForArgs>({
  name: "wait_for",
  description:
    "Waits until a port or a path is as it shall be, seen from the host. In check mode it looks once and goes on. Registers `elapsed` and `reached`.",
  args: closed(
    {
      port: port("The TCP port. Either this or `path`."),
      host: { ...word("The name or address of the port, seen from the host."), default: "127.0.0.1" },
      path: absolutePath("The file or directory. Either this or `port`."),
      state: oneOf(
        ["started", "present", "stopped", "absent", "drained"],
        "`started`, `present`: the port takes connections, the path is there. `stopped`, `absent`: it does not, it is not. `drained`: nobody is connected to the port of the host itself.",
        "started",
      ),
      search_regex: word(
        "A JavaScript regular expression: what the port says first, or the file holds, must match.",
      ),
      timeout: seconds("Seconds after which it fails.", 300),
      delay: seconds("Seconds before the first look.", 0),
      sleep: seconds("Seconds between two looks.", 1),
    },
    {
      ...exactlyOne("port", "path"),
      allOf: [
        whenGiven("path", { host: false, state: { enum: ["started", "present", "stopped", "absent"] } }),
        whenGiven("search_regex", { state: { enum: ["started", "present"] } }),
      ],
    },
  ),

  async look(args, host, context) {
    const pattern = patternOf(args.search_regex);
    const start = performance.now();
    const elapsed = (): number => Math.round((performance.now() - start) / 100) / 10;
    if (!context.checkMode) await sleep((args.delay ?? 0) * 1000, context.signal);
    for (;;) {
      const sight = await lookOnce(args, pattern, host);
      if (sight.reached) return { result: { elapsed: elapsed(), reached: true } };
      if (context.checkMode) {
        context.notice(`would wait: ${sight.seen}`);
        return { result: { elapsed: 0, reached: false } };
      }
      await untilNextLook(args, sight, start, context, host);
    }
  },
});

/** A lost link is one more reason to look again: the host may be the one that is waited for. */
async function lookOnce(args: WaitForArgs, pattern: RegExp | undefined, host: HostReader): Promise<Sight> {
  const { port: number, path = "", state = "started", host: address = "127.0.0.1" } = args;
  try {
    if (number === undefined) return await lookAtPath(path, state, pattern, host);
    return await lookAtPort(address, number, state, pattern, host);
  } catch (error) {
    if (!(error instanceof OutcomeUnknown || error instanceof Unreachable)) throw error;
    return { reached: false, seen: error.message, lost: error };
  }
}

async function untilNextLook(
  { timeout = 300, delay = 0, sleep: between = 1 }: WaitForArgs,
  sight: Sight,
  start: number,
  { progress, signal }: LookContext,
  host: HostReader,
): Promise<void> {
  const leftMs = start + (delay + timeout) * 1000 - performance.now();
  if (leftMs <= 0) {
    if (sight.lost !== undefined) throw sight.lost;
    throw new Failure("task-failed", `${sight.seen}, after ${timeout} seconds of waiting`, {
      host: host.name,
    });
  }
  progress({ text: sight.seen, secondsLeft: Math.ceil(leftMs / 1000) });
  await sleep(Math.min(between * 1000, leftMs), signal);
}

function patternOf(source: string | undefined): RegExp | undefined {
  if (source === undefined) return undefined;
  try {
    return new RegExp(source, "m");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadInput([{ message: `wait_for: search_regex: ${why}` }]);
  }
}
