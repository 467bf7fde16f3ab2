import type { Place, Problem } from "../contract/errors.ts";

/** Where one task begins, and the way that leads to it: play → role → include. */
export interface OutlineEntry {
  readonly place: Place;
  /** Outermost first; without the task itself. */
  readonly chain: readonly string[];
  /** The task, or undefined for a file that only belongs to a role. */
  readonly task?: string | undefined;
}

/** The problems, each in a role or an include with the way that leads there. */
export function withChains(problems: readonly Problem[], outline: readonly OutlineEntry[]): Problem[] {
  const byFile = new Map<string, OutlineEntry[]>();
  for (const entry of outline) {
    const { file } = entry.place;
    byFile.set(file, [...(byFile.get(file) ?? []), entry]);
  }
  return problems.map((problem) => {
    if (problem.place === undefined || problem.chain !== undefined) return problem;
    const chain = chainTo(problem.place, byFile.get(problem.place.file) ?? []);
    return chain === undefined ? problem : { ...problem, chain };
  });
}

function chainTo(place: Place, entries: readonly OutlineEntry[]): readonly string[] | undefined {
  const [nearest, ...others] = nearestBefore(place, entries);
  // What stands in the play itself is seen in the line that is shown.
  if (nearest === undefined || nearest.chain.length < 2) return undefined;
  const ways = new Set([nearest, ...others].map(({ chain }) => chain.join("\n")));
  const more = ways.size === 1 ? "" : ` (and ${ways.size - 1} more way${ways.size === 2 ? "" : "s"} to it)`;
  return [...nearest.chain, ...(nearest.task === undefined ? [] : [`${nearest.task}${more}`])];
}

/** All uses of the task that the place is in: the last one to begin before it, not further in than it. */
function nearestBefore(place: Place, entries: readonly OutlineEntry[]): readonly OutlineEntry[] {
  const before = entries.filter(
    ({ place: { line, column } }) => line <= place.line && column <= place.column,
  );
  const line = Math.max(...before.map((entry) => entry.place.line));
  return before.filter((entry) => entry.place.line === line);
}
