import type { Readable, Writable } from "node:stream";

/** What the command line takes from the process it runs in. Tests bring their own. */
export interface Surroundings {
  /** The arguments after the program's name. */
  readonly argv: readonly string[];
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where SIGINT, SIGTERM and SIGHUP arrive. */
  readonly signals: SignalSource;
}

export type OutputStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

/** A stream that can move its cursor and is watched by a person. */
export function isScreen(stream: OutputStream, environment: Surroundings["environment"]): boolean {
  return stream.isTTY === true && environment.TERM !== "dumb";
}

/** Colour only where somebody sees it and nobody asked for none (no-color.org). */
export function wantsColor(stream: OutputStream, environment: Surroundings["environment"]): boolean {
  if (isSet(environment.NO_COLOR)) return false;
  if (isSet(environment.FORCE_COLOR)) return environment.FORCE_COLOR !== "0";
  return isScreen(stream, environment);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}
