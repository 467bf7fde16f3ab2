/** A row of docs/ansible.md. */
export interface AnsibleRow {
  /** What the word may be called in a case: "play"; "task", "block", "role"; "flag"; "pattern". */
  readonly kinds: readonly string[];
  readonly word: string;
  /** "same", "differs: …" or "left out: …". */
  readonly verdict: string;
  /** Names of the cases that show it. */
  readonly cases: readonly string[];
}

const kindsOfSection: Readonly<Record<string, readonly string[]>> = {
  Play: ["play"],
  "Task, block and role": ["task", "block", "role"],
  "Tasks that steer": ["task", "meta"],
  "Flags of the command line": ["flag"],
  "Host patterns": ["pattern"],
};

/** The tables of docs/ansible.md. */
export function readAnsiblePage(markdown: string): AnsibleRow[] {
  const rows: AnsibleRow[] = [];
  let kinds: readonly string[] = [];
  for (const line of markdown.split("\n")) {
    const section = /^## (.+)$/.exec(line)?.[1];
    if (section !== undefined) kinds = kindsOfSection[section] ?? [];
    const [, word, verdict = "", cases = ""] = /^\| `([^`]+)` \| (.+?) \| ?(.*?) ?\|$/.exec(line) ?? [];
    if (word === undefined) continue;
    const named = cases.split(", ").filter((name) => name !== "");
    rows.push({ kinds, word: word.replace("meta: ", ""), verdict, cases: named });
  }
  return rows;
}
