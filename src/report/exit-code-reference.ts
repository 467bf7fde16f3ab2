import { exitCodes, exitMeanings, type FailureKind } from "../contract/errors.ts";

/** The exit codes as a page of Markdown. */
export function exitCodeReference(): string {
  const kinds = (Object.keys(exitCodes) as FailureKind[]).sort((a, b) => exitCodes[a] - exitCodes[b]);
  const rows = kinds.map((kind) => `| ${exitCodes[kind]} | \`${kind}\` | ${exitMeanings[kind]} |`);
  return `# Exit codes

When several hosts fail, the first failure decides. The words in the middle are those of \`outcome.failure.kind\` in the
events of \`--json\`.

| code | kind | means |
|---|---|---|
| 0 | | ${exitMeanings.done} |
${rows.join("\n")}

This page is made from the code: \`npm run reference\` writes it.
`;
}
