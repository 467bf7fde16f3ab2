import type { SealedFormat } from "../../secrets/sealed-text.ts";

const tags: Readonly<Record<SealedFormat, string>> = { age: "!age", vault: "!vault" };

/** An encrypted text as a YAML block behind its tag, its lines that many blanks in. */
export function sealedYaml(sealed: string, format: SealedFormat, indent: number): string {
  const lines = sealed.trimEnd().split("\n");
  return `${tags[format]} |\n${lines.map((line) => `${" ".repeat(indent)}${line}\n`).join("")}`;
}
