import { isIPv6 } from "node:net";
import type { Place, Problem } from "../../contract/errors.ts";
import { isMap } from "../../contract/json.ts";
import { editDistance, nearestName } from "../../expression/did-you-mean.ts";
import { childAt, keyPlaceOf, type Spot } from "../yaml/spot.ts";
import { ansibleConnectionWords, connectionWords, harmlessWords, shortNameOf } from "./connection-words.ts";
import { priorityWord } from "./group-tree.ts";

/** What is wrong with the name of a host. */
export function checkHostName(name: string, place: Place): Problem[] {
  const wrong = (message: string, hint: string) => [{ message: `\`${name}\` ${message}`, place, hint }];
  if (/\s/.test(name)) return wrong("is a host name with a space in it", "write one host a line");
  if (name.startsWith("-"))
    return wrong("begins with `-`, which ssh would take for an option", "name the host otherwise");
  if (name.includes("@")) return wrong("holds `@`", "write the host alone, and the user under `user`");
  if (/[,!&*:/]/.test(name) && !isIPv6(name)) {
    return wrong(
      "can't be the name of a host",
      "write the port under `port`; names hold letters, digits, `.`, `_` and `-`",
    );
  }
  return [];
}

/** Slips in the names of connection variables, which would else be taken for variables of the person's own. */
export function checkVariableNames(spot: Spot, ofHost: boolean): Problem[] {
  return Object.keys(isMap(spot.value) ? spot.value : {}).flatMap((name) => {
    const child = childAt(spot, name);
    const problem = child === undefined ? undefined : checkVariableName(name, child, ofHost);
    return problem === undefined ? [] : [problem];
  });
}

function checkVariableName(name: string, spot: Spot, ofHost: boolean): Problem | undefined {
  const place = keyPlaceOf(spot);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    const hint = nearestSlip(name.replaceAll("-", "_"));
    return {
      message: `\`${name}\` can't be the name of a variable`,
      place,
      hint: hint ?? "use letters, digits and `_`",
    };
  }
  if (name.startsWith("ansible_")) return checkAnsibleName(name, place);
  if (!ofHost || Object.hasOwn(connectionWords, name)) return undefined;
  const hint = nearestSlip(name);
  return hint === undefined ? undefined : { message: `unknown key \`${name}\` of a host`, place, hint };
}

function checkAnsibleName(name: string, place: Problem["place"]): Problem | undefined {
  if (shortNameOf(name) !== undefined || harmlessWords.has(name) || name === priorityWord) return undefined;
  if (name === "ansible_ssh_common_args" || name === "ansible_ssh_extra_args") {
    const hint = "write `jump: user@host:port`, or put the options into your ssh_config";
    return { message: `\`${name}\` is not read`, place, hint, severity: "warning" };
  }
  const near = nearestName(name, [...ansibleConnectionWords, ...harmlessWords]);
  if (near !== undefined && editDistance(name, near) <= 2) {
    return { message: `unknown key \`${name}\` of a host`, place, hint: `did you mean \`${near}\`?` };
  }
  return { message: `\`${name}\` says nothing to Mailferry`, place, severity: "warning" };
}

/** One slip away from a connection variable, and no plural of it. */
function nearestSlip(name: string): string | undefined {
  const slip = Object.keys(connectionWords).find(
    (word) => word === name || (word.length > 3 && name !== `${word}s` && editDistance(name, word) === 1),
  );
  return slip === undefined
    ? undefined
    : `did you mean \`${slip}\`? A variable of your own needs another name`;
}
