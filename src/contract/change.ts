import type { InventoryAddition } from "./inventory-addition.ts";
import type { JsonObject } from "./json.ts";

/** A text file before and after, for diff mode. `undefined` stands for no file. */
export interface TextDiff {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What a module found to do: the output of its check, the input of its apply. Modules extend it with what apply needs. */
export interface Change {
  /** One line in the present tense: "line present in /etc/hosts". */
  readonly summary: string;
  readonly diff?: readonly TextDiff[] | undefined;
  /** Of a module that can't see in advance whether it will change something: this time it can. */
  readonly isForeseen?: boolean | undefined;
  /** What `register` will keep of it, as far as that is known before it is done. In check mode it is kept already. */
  readonly result?: JsonObject | undefined;
  /** The mail root that it brings back from new to old: that wants a proof of its own. */
  readonly merges?: CarriedRoot | undefined;
  /** The mail root that it copies from old to new, by its path on new: that wants a proof, too. */
  readonly copies?: CarriedRoot | undefined;
}

/** What apply did. */
export interface Applied {
  /** For `register`. */
  readonly result?: JsonObject | undefined;
  /** The change turned out to be none (only for modules whose preview is unknown). */
  readonly unchanged?: boolean | undefined;
}

/** Two ledgers agreed: all mail of one host was on the other. */
export interface Proof {
  readonly oldHost: string;
  readonly newHost: string;
  /** When the older one of the two ledgers was begun, ISO 8601, by the controller's clock. */
  readonly takenAt: string;
  /** True where all mail of new was found on old: the proof of the way back. */
  readonly isBack?: boolean | undefined;
  /** The mail root on new that it is of; left out where it is of all mail there is, as users see it. */
  readonly root?: string | undefined;
}

/** A mail root whose mail was brought from one side to the other, by its path on new. */
export type CarriedRoot = Pick<Proof, "oldHost" | "newHost"> & { readonly root: string };

/** What a looking module saw. */
export interface Look {
  /** For `register`. */
  readonly result?: JsonObject | undefined;
  /** Variables set on the host for the rest of the run (set_fact). */
  readonly variables?: JsonObject | undefined;
  /** What was found out about the host: put to what `facts` hold of it already, name by name. */
  readonly facts?: JsonObject | undefined;
  /** Variables from files, whose templates are rendered when they are read (include_vars). */
  readonly included?: JsonObject | undefined;
  /** What the inventory of the run gets (add_host, group_by). */
  readonly inventory?: InventoryAddition | undefined;
  /** What was proven: new is not opened without it. */
  readonly proof?: Proof | undefined;
  /** One line or a table, shown under the task. */
  readonly message?: string | undefined;
}
