import strftime from "strftime";
import type { Json } from "../../contract/json.ts";
import { describe, textOf } from "./arguments.ts";
import { HelperError, type Helpers } from "./helper.ts";

/** What a format of `date` may hold, by its letter. */
const directives = {
  Y: "year",
  m: "month, 01 to 12",
  d: "day, 01 to 31",
  H: "hour, 00 to 23",
  M: "minute",
  S: "second",
  a: "Mon",
  A: "Monday",
  b: "Jan",
  B: "January",
  u: "day of the week, 1 for Monday",
  s: "seconds since 1970",
  z: "+0000",
} as const;

/** The helper that writes points of time. */
export const timeHelpers: Helpers = {
  date: {
    usage: 'date TIME ["FORMAT" ["ZONE"]]',
    description: `A point of time (seconds since 1970, or ISO 8601), in UTC, as \`%Y-%m-%dT%H:%M:%SZ\` unless told otherwise. ZONE is a name such as \`Europe/Berlin\`, or \`+02:00\`. FORMAT holds, as in strftime: ${Object.entries(
      directives,
    )
      .map(([letter, meaning]) => `\`%${letter}\` (${meaning})`)
      .join(", ")}, \`%%\`.`,
    example: ['{{date 1767225600 "%d.%m.%Y %H:%M"}}', "01.01.2026 00:00"],
    run: ([time, format = "%Y-%m-%dT%H:%M:%SZ", zone = "UTC"]) => {
      const at = timeOf(time);
      return strftime.timezone(offsetMinutes(textOf(zone), at))(checkedFormat(textOf(format)), at);
    },
    cel: "string",
  },
};

/** How far a zone is ahead of UTC at a point of time: it may have summer time. */
function offsetMinutes(zone: string, at: Date): number {
  const written = /^[+-]\d{2}:?\d{2}$/.test(zone) ? zone : namedOffset(zone, at);
  const [, sign = "+", hours = "0", minutes = "0"] = /([+-])(\d{2}):?(\d{2})/.exec(written) ?? [];
  return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
}

/** "GMT+02:00", or "GMT" for none. */
function namedOffset(zone: string, at: Date): string {
  try {
    const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new HelperError(
      `there is no time zone \`${zone}\``,
      "give a name such as Europe/Berlin, or +02:00",
    );
  }
}

function checkedFormat(format: string): string {
  const unknown = [...format.matchAll(/%(.?)/gu)].find(
    ([, letter = ""]) => letter !== "%" && !(letter in directives),
  );
  if (unknown === undefined) return format;
  throw new HelperError(
    `there is no \`${unknown[0]}\` in a format`,
    `take ${Object.keys(directives)
      .map((letter) => `%${letter}`)
      .join(" ")} and %%`,
  );
}

function timeOf(value: Json | undefined): Date {
  const isSeconds = typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value));
  // An ISO time without a zone is UTC here, whatever the zone of this machine.
  const text = isSeconds ? "" : textOf(value).replace(/(T[\d:.]+)$/, "$1Z");
  const time = isSeconds
    ? new Date(Number(value) * 1000)
    : /^\d{4}-\d{2}-\d{2}/.test(text)
      ? new Date(text)
      : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw new HelperError(
    `${describe(value)} is no point of time`,
    "give seconds since 1970, or a time such as 2026-01-31T12:00:00Z",
  );
}
