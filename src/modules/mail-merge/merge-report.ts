import type { JsonObject } from "../../contract/json.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import { ByteFile } from "../ledger-file.ts";

/** So many names are given in the result; the file has all. */
const namedAtMost = 20;

type Counted = "added" | "flags" | "kept" | "clash" | "folders" | "files" | "differing" | "conflicts";
type Named = "kept" | "clash" | "differing" | "conflicts";

/** Counts what a merge found, and names each in a run file, one JSON line for each. */
export class MergeReport {
  readonly #file: ByteFile;
  readonly #counts: Record<Counted, number> = {
    ...{ added: 0, flags: 0, kept: 0, clash: 0, folders: 0, files: 0, differing: 0, conflicts: 0 },
  };
  readonly #named: Record<Named, string[]> = { kept: [], clash: [], differing: [], conflicts: [] };

  constructor(path: string) {
    this.#file = new ByteFile(path);
  }

  add(what: Counted, name: ByteText, why?: string): void {
    const shown = readable(name);
    this.#counts[what] += 1;
    this.#file.write(Buffer.from(`${JSON.stringify({ what, name: shown, why })}\n`).toString("latin1"));
    if (what === "added" || what === "flags" || what === "folders" || what === "files") return;
    const told = why === undefined ? shown : `${shown} (${why})`;
    if (this.#named[what].length < namedAtMost) this.#named[what].push(told);
  }

  /** What `register` keeps. */
  finish(): JsonObject {
    this.#file.finish();
    return { ...this.#counts, named: this.#named, file: this.#file.path };
  }
}
