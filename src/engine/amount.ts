import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { renderValue } from "../expression/template.ts";
import { durationSeconds } from "../language/duration.ts";
import type { Amount } from "../language/model/source.ts";
import { durationPattern } from "../language/schemas/common.ts";

/** The seconds that a duration comes to: a number of them, or a text as `5m`. Throws BadInput with the template's place. */
export function secondsOf(amount: Amount, variables: Variables): number {
  if (typeof amount === "number") return amount;
  const value = renderValue(amount.text, variables, amount.place);
  const isDuration = typeof value === "string" && new RegExp(durationPattern).test(value);
  const seconds = isDuration ? durationSeconds(value) : asNumber(value);
  if (seconds >= 0) return seconds;
  throw wrong(amount.place, `\`${amount.text}\` gives ${JSON.stringify(value)}, which is no duration`, "5m");
}

/** The whole number that an amount comes to. Throws BadInput with the template's place. */
export function countOf(amount: Amount, variables: Variables): number {
  if (typeof amount === "number") return amount;
  const value = renderValue(amount.text, variables, amount.place);
  const count = asNumber(value);
  if (Number.isInteger(count) && count >= 0) return count;
  throw wrong(
    amount.place,
    `\`${amount.text}\` gives ${JSON.stringify(value)}, which is no whole number`,
    "3",
  );
}

/** A text of digits counts too: `-e` gives texts. */
function asNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
}

function wrong(place: BadInput["problems"][number]["place"], message: string, example: string): BadInput {
  return new BadInput([{ message, place, hint: `give the variable a value like ${example}` }]);
}
