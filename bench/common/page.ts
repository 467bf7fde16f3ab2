import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

/** Puts one bench's section on the page of figures; those of other benches stay as they are. */
export function putOnPage(section: string, text: string): void {
  const file = join(process.cwd(), "docs", "benchmarks.md");
  writeFileSync(file, withSection(readFileSync(file, "utf8"), section, text));
  console.log(`docs/benchmarks.md: the section "${section}" is written.`);
}

/** The page with the section's text between its marks; a section that is not there yet goes to the end. */
function withSection(page: string, section: string, text: string): string {
  const [begin, end] = [`<!-- begin: ${section} -->`, `<!-- end: ${section} -->`];
  const whole = `${begin}\n\n${text.trim()}\n\n${end}`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from === -1 || to === -1) return `${page.trimEnd()}\n\n${whole}\n`;
  return `${page.slice(0, from)}${whole}${page.slice(to + end.length)}`;
}

/** What the figures were made on. */
export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} processors (${cpus()[0]?.model.trim() ?? "unknown"}), ${memory} GiB`;
}
