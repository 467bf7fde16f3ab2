import type { Json } from "../contract/json.ts";

const seconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a duration that its schema has allowed: a number of seconds, or `5s`, `2m`, `1h30m`, `24h`, `2d`. */
export function durationSeconds(value: Json): number {
  if (typeof value === "number") return value;
  let total = 0;
  for (const [, amount, unit] of String(value).matchAll(/([0-9]+)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (seconds[unit ?? "s"] ?? 1);
  }
  return total;
}
