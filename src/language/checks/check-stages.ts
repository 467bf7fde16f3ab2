import type { Place, Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import type { Playbook, Stage } from "../model/playbook.ts";

/** What is wrong with the stages: a name twice, requirements that can never be met, and a way back that nobody confirms. */
export function checkStages({ stages }: Playbook): Problem[] {
  const names = stages.map(({ name }) => name);
  return stages.flatMap((stage, index) => {
    const twice = names.indexOf(stage.name) < index;
    const problems = [
      ...stage.requires.flatMap(({ stage: required, place }) =>
        checkRequirement(stage, required, place ?? stage.place, stages),
      ),
      ...checkWayBack(stage, names),
    ];
    if (!twice) return problems;
    const message = `there are two stages named \`${stage.name}\``;
    return [{ message, place: stage.place, hint: "rename one of them" }, ...problems];
  });
}

function checkRequirement(stage: Stage, required: string, place: Place, stages: readonly Stage[]): Problem[] {
  const names = stages.map(({ name }) => name);
  const unknown = checkKnown(required, place, names);
  if (unknown.length > 0) return unknown;
  const hint = "take one of these requirements out";
  if (required === stage.name) {
    return [{ message: `the stage \`${required}\` requires itself: it could never be started`, place, hint }];
  }
  const circle = wayBack(required, stage.name, stages, []);
  if (circle !== undefined) {
    const way = [stage.name, ...circle].join(" → ");
    return [
      { message: `stages require each other in a circle and could never be started: ${way}`, place, hint },
    ];
  }
  if (names.indexOf(required) < names.indexOf(stage.name)) return [];
  const message = `\`${stage.name}\` requires \`${required}\`, which comes after it`;
  return [{ message, place, hint: "stages stand in the order in which they are run: move one of the two" }];
}

function checkWayBack({ undoes, confirm, name, place }: Stage, names: readonly string[]): Problem[] {
  const unknown = undoes.flatMap((undone) => checkKnown(undone, place, names));
  if (undoes.length === 0 || confirm !== undefined) return unknown;
  const message = `the stage \`${name}\` undoes others and has no \`confirm\`: it would stop the new server unasked`;
  return [...unknown, { message, place, hint: 'add `confirm: "{{new_host}} stops receiving mail now"`' }];
}

function checkKnown(name: string, place: Place, names: readonly string[]): Problem[] {
  if (names.includes(name)) return [];
  const hint = didYouMean(name, names) ?? `the stages are ${names.join(", ")}`;
  return [{ message: `unknown stage \`${name}\``, place, hint }];
}

/** The stages from one to another by what they require. */
function wayBack(
  from: string,
  to: string,
  stages: readonly Stage[],
  seen: readonly string[],
): readonly string[] | undefined {
  if (from === to) return [to];
  if (seen.includes(from)) return undefined;
  for (const { stage } of stages.find(({ name }) => name === from)?.requires ?? []) {
    const way = wayBack(stage, to, stages, [...seen, from]);
    if (way !== undefined) return [from, ...way];
  }
  return undefined;
}
