import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { CopyChange } from "./plan.ts";

/** What the steps of one copy share. */
export interface CopyWork {
  readonly change: CopyChange;
  readonly source: HostWriter;
  readonly target: HostWriter;
  readonly context: ApplyContext;
  /** Holds the dump, on both hosts. */
  readonly directory: string;
}
