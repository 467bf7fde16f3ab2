import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { DatabaseAt, DatabaseKind } from "./database-kind.ts";
import type { CopyChange } from "./plan.ts";

/** What the steps of one copy share. */
export interface CopyWork {
  readonly kind: DatabaseKind;
  readonly change: CopyChange;
  readonly source: DatabaseAt<HostWriter>;
  readonly target: DatabaseAt<HostWriter>;
  readonly context: ApplyContext;
  /** Holds the dump, on both hosts. */
  readonly directory: string;
}
