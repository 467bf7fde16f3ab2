/** The answers of the survey's script, by name: their lines without the indent. */
export type Answers = ReadonlyMap<string, readonly string[]>;

/** Reads what the survey's script printed. */
export function readAnswers(text: string): Answers {
  const answers = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("  ")) lines.push(line.slice(2));
    else if (line !== "") {
      lines = [];
      answers.set(line, lines);
    }
  }
  return answers;
}

export function linesOf(answers: Answers, name: string): readonly string[] {
  return answers.get(name) ?? [];
}

/** Lines that are words, the first of them the key: "count 3". */
export function wordsOf(lines: readonly string[]): string[][] {
  return lines.map((line) => line.trim().split(/\s+/)).filter(([first]) => first !== "");
}

/** Blocks of a header ("file /etc/x") and the lines that are indented below it. */
export function blocksOf(lines: readonly string[]): { readonly head: string; readonly body: string[] }[] {
  const blocks: { head: string; body: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("  ")) blocks.at(-1)?.body.push(line.slice(2));
    else blocks.push({ head: line, body: [] });
  }
  return blocks;
}
