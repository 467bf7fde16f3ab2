import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { isList, type Json } from "../contract/json.ts";
import { renderValue } from "../expression/template.ts";
import type { BatchSize, Play } from "../language/model/playbook.ts";
import type { Source } from "../language/model/source.ts";
import { secondsOf } from "./amount.ts";
import { flagOf } from "./settle-words.ts";

/** A play whose own words have no template left. Those that go down to its tasks are each host's. */
export interface SettledPlay extends Play {
  readonly gatherFacts: "missing" | "anew" | "nothing";
  readonly serial: readonly BatchSize[];
  readonly maxFailPercentage?: number | undefined;
  readonly forceHandlers: boolean;
}

/** Renders the words that a play decides before it has hosts. Throws BadInput. */
export function settlePlay(play: Play, variables: Variables): SettledPlay {
  const { serial, gatherFacts, maxFailPercentage, forceHandlers } = play;
  return {
    ...play,
    gatherFacts: typeof gatherFacts === "object" ? gathering(flagOf(gatherFacts, variables)) : gatherFacts,
    serial: serial.flatMap((size) => ("text" in size ? sizesIn(size, variables) : [size])),
    // A number of per cent is read as one of seconds is: a number, or digits.
    maxFailPercentage: maxFailPercentage === undefined ? undefined : secondsOf(maxFailPercentage, variables),
    forceHandlers: flagOf(forceHandlers, variables) ?? false,
  };
}

function gathering(written: boolean | undefined): SettledPlay["gatherFacts"] {
  if (written === undefined) return "missing";
  return written ? "anew" : "nothing";
}

/** A template of `serial` may give one size or a list of them; null is as if it were not written. */
function sizesIn(source: Source, variables: Variables): BatchSize[] {
  const value = renderValue(source.text, variables, source.place);
  if (value === null) return [];
  return (isList(value) ? value : [value]).map((size) => sizeOf(size, source));
}

function sizeOf(value: Json, { text, place }: Source): BatchSize {
  const written = String(value);
  if (/^[1-9]\d*$/.test(written)) return { hosts: Number(written) };
  if (/^\d{1,3}(\.\d+)?%$/.test(written)) return { percent: Number.parseFloat(written) };
  const message = `\`${text}\` gives ${JSON.stringify(value)}, which is no number of hosts`;
  throw new BadInput([{ message, place, hint: "give the variable a value like 3 or 30%" }]);
}
