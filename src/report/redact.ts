import { stripVTControlCharacters } from "node:util";
import { Failure } from "../contract/errors.ts";
import type { Listener, RunEvent } from "../contract/events.ts";
import { Secret } from "../contract/secret.ts";

/** Makes text fit to be shown: without terminal control bytes, and with the secrets it knows masked. */
export interface Redactor {
  /** From now on the value is masked, also where it stands encoded. Values under four bytes are left: masking them would mask half of all text. */
  register(secret: Secret | string): void;
  clean(text: string): string;
  /** Whether a secret that is known stands in the text, plain or encoded. */
  holdsSecret(text: string): boolean;
}

const mask = "********";
const shortestSecret = 4;
const shortestEncoded = 6;
const shortestLine = 8;

/** A redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const forms = new Set<string>();
  let longestFirst: readonly string[] = [];
  return {
    register(secret) {
      const value = secret instanceof Secret ? secret.reveal() : secret;
      if (Buffer.byteLength(value) < shortestSecret) return;
      for (const part of [value, ...linesOf(value)]) for (const form of encodedForms(part)) forms.add(form);
      longestFirst = [...forms].sort((a, b) => b.length - a.length);
    },
    clean(text) {
      // Control bytes go first: one between two letters of a secret would hide it from the search.
      let clean = withoutControls(text);
      for (const form of longestFirst) clean = clean.replaceAll(form, mask);
      return clean;
    },
    holdsSecret(text) {
      const clean = withoutControls(text);
      return longestFirst.some((form) => text.includes(form) || clean.includes(form));
    },
  };
}

/** A listener that gets every event with all of its text cleaned. */
export function cleaned(listener: Listener, redactor: Redactor): Listener {
  return (event) => listener(cleanValue(event, redactor) as RunEvent);
}

/** Text without escape sequences, control characters and marks that change the direction of writing. Tabs and line ends stay. */
export function withoutControls(text: string): string {
  if (holdsNone.test(text)) return text;
  return stripVTControlCharacters(text)
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(
      /[\p{Cc}\u{061c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}]/gu,
      (byte) => (byte === "\n" || byte === "\t" ? byte : ""),
    );
}

/** Nearly all of what is told: looking once takes a fraction of the time of taking out what is not there. */
const holdsNone = /^[\x20-\x7e\n\t]*$/;

/** The lines of a longer text, a private key for instance: output is often told line by line. */
function linesOf(value: string): string[] {
  const lines = value.split("\n").map((line) => line.trim());
  return lines.length < 2 ? [] : lines.filter((line) => line.length >= shortestLine);
}

function encodedForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  // Through a Buffer, because a lone surrogate can't be percent-encoded.
  const percent = encodeURIComponent(Buffer.from(value).toString());
  const forms = [
    value,
    withoutControls(value),
    json,
    percent,
    percent.replaceAll("%20", "+"),
    ...(["hex", "base64", "base64url"] as const).map((encoding) => Buffer.from(value).toString(encoding)),
    value.replaceAll("'", `'\\''`),
    ...[0, 1, 2].flatMap((offset) => base64Inside(value, offset)),
  ];
  return forms.filter((form) => form === value || form.length >= shortestSecret);
}

// In base64 of a longer text the secret looks different for each of three alignments; its first and last characters
// depend on its neighbours and are left out.
function base64Inside(value: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
  const from = Math.ceil((offset * 8) / 6);
  const to = Math.floor((bytes.length * 8) / 6);
  const forms = [bytes.toString("base64"), bytes.toString("base64url")].map((text) => text.slice(from, to));
  return forms.filter((form) => form.length >= shortestEncoded);
}

function cleanValue(value: unknown, redactor: Redactor): unknown {
  if (typeof value === "string") return redactor.clean(value);
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, redactor));
  if (value instanceof Failure) return cleanFailure(value, redactor);
  if (value === null || typeof value !== "object" || value instanceof Secret) return value;
  // Keys are data too: a result may be keyed by what a host returned.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [redactor.clean(key), cleanValue(inner, redactor)]),
  );
}

function cleanFailure(failure: Failure, redactor: Redactor): Failure {
  const copy = Object.create(Object.getPrototypeOf(failure) as object) as Failure;
  for (const key of Object.getOwnPropertyNames(failure)) {
    if (key === "cause") continue;
    const value = cleanValue(failure[key as keyof Failure], redactor);
    Object.defineProperty(copy, key, { value, enumerable: key !== "message" && key !== "stack" });
  }
  return copy;
}
