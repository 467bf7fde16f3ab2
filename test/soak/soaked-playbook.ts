import type { Entry } from "../../src/lab/check/accounting.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage, StageEquipment } from "../e2e/rehearse.ts";
import type { Side } from "./check.ts";
import type { Turn } from "./turn.ts";

/** What the soak has to know of a playbook; how it is driven, struck and looked at is the same for all. */
export interface SoakedPlaybook {
  /** As the command line names it. */
  readonly name: string;
  /** The domains of each wave, as `--domains` takes them, in their order; where the whole server moves at once, nothing. */
  readonly waves?: readonly string[];
  /** What the operator does by hand when a command has ended, before they type the next one. */
  byHand?(stage: Stage, turn: Turn): Promise<void>;
  /** Boots a lab of that name, fills its old host and makes the controllers. */
  setStage(lab: string, equipment: StageEquipment): Promise<Stage>;
  /** Stops the sender, waits until nothing is under way any more, and says what became of each mail that has to be on that side. */
  account(stage: Stage, traffic: SenderProcess, side: Side): Promise<Sums>;
  /** Where it is soaked, too. */
  readonly wayBack?: WayBack;
  /** The directory of all mailboxes on both hosts. */
  readonly mailRoot: string;
  /** What restarts something on a host behind our back, as argvs: what serves mail, and what that leans on. */
  readonly restarts: Readonly<Record<"services" | "stores", readonly (readonly string[])[]>>;
  /** Shell scripts that print how a host was left, a line for each thing, beside those of every playbook; by what they print. */
  readonly looks: Readonly<Record<string, string>>;
  /** What has to be there at the end, and is no leftover: lines of what looks at a host. */
  readonly stays: Readonly<Record<"old" | "new", Readonly<Record<string, readonly string[]>>>>;
  /** Mailferry's own files for the next run, below the directory of the move on a host. */
  readonly notes: RegExp;
  /** What of old has to stay as it was. */
  readonly old: OldParts;
  /** What is no mail and has to be equal on both hosts: a shell script that prints it, by what it is. */
  readonly same: Readonly<Record<string, string>>;
}

/** What the soak has to know of the stage `back`. */
export interface WayBack {
  /** What users do on new before it. Hands back the stage, whose `before` is what new holds from then on. */
  useNew(stage: Stage): Promise<Stage>;
  /** What has to be there behind it. */
  readonly stays: SoakedPlaybook["stays"];
  /** Whether a setting of old may stay changed behind it. */
  readonly isDocumented: OldParts["isDocumented"];
}

/** What became of all mail. The lists are empty when all is well. */
export interface Sums {
  readonly accepted: number;
  readonly heldBefore: number;
  readonly lost: readonly Entry[];
  readonly doubled: readonly Entry[];
  readonly stray: readonly Entry[];
  /** What of what old held before is not what it was. */
  readonly differences: readonly {
    readonly user: string;
    readonly folder: string;
    readonly kind: string;
    readonly detail: string;
  }[];
}

export interface OldParts {
  /** Directories with settings. */
  readonly directories: readonly string[];
  /** Shell scripts that print "NAME<tab>VALUE" with NUL after each: further settings, and databases. */
  readonly settings: string;
  readonly databases: string;
  /** Whether the page of the playbook tells that a setting stays changed once `finish` is done. `value` undefined: it is gone. */
  isDocumented(name: string, value: string | undefined): boolean;
}
