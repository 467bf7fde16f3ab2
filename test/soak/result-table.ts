import type { SoakResult } from "./soak.ts";

/** The results of some soaks as Markdown: a line for each run, then how often each fault struck in all of them. */
export function resultTable(results: readonly SoakResult[]): string {
  const faults = new Map<string, number>();
  for (const [fault, count] of results.flatMap((result) => [...result.faults])) {
    faults.set(fault, (faults.get(fault) ?? 0) + count);
  }
  return [
    "| seed | steps | faults | mails accepted | messages moved | lost | doubled | other findings |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...results.map((each) => {
      const others = each.findings.length - each.lost - each.doubled;
      const struck = sum([...each.faults.values()]);
      const cells = [
        each.seed,
        each.steps,
        struck,
        each.accepted,
        each.held,
        each.lost,
        each.doubled,
        others,
      ];
      return `| ${cells.join(" | ")} |`;
    }),
    "",
    "| fault | struck |",
    "| --- | --- |",
    ...[...faults].sort(([a], [b]) => a.localeCompare(b)).map(([fault, count]) => `| ${fault} | ${count} |`),
    "",
  ].join("\n");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
