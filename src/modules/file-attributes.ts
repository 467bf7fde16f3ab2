import type { FileStat } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";

/** Who shall own a file and who may use it; what is not named stays. */
export interface Attributes {
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** What differs, in words: "mode 0644 → 0600". Nothing there differs in all that is asked for. */
export function attributesOff(stat: FileStat | undefined, wanted: Attributes): string[] {
  const { mode, owner, group } = wanted;
  const off: string[] = [];
  if (owner !== undefined && !isNamed(owner, stat?.owner, stat?.uid))
    off.push(fromTo("owner", stat?.owner, owner));
  if (group !== undefined && !isNamed(group, stat?.group, stat?.gid))
    off.push(fromTo("group", stat?.group, group));
  if (mode !== undefined && fourDigits(mode) !== stat?.mode)
    off.push(fromTo("mode", stat?.mode, fourDigits(mode)));
  return off;
}

/** The commands that set them. The owner comes first, because chown takes setuid bits away. */
export function attributeSteps(path: string, { mode, owner, group }: Attributes, isLink = false): string[][] {
  const steps: string[][] = [];
  const noFollow = isLink ? ["-h"] : [];
  if (owner !== undefined || group !== undefined) {
    steps.push(["chown", ...noFollow, "--", ownerWord({ owner, group }), path]);
  }
  if (mode !== undefined) steps.push(["chmod", "--", fourDigits(mode), path]);
  return steps;
}

/** Those that are named, as they will be registered. A number stands for a name that is known later. */
export function wantedAttributes({ mode, owner, group }: Attributes): JsonObject {
  return {
    ...(mode === undefined ? {} : { mode: fourDigits(mode) }),
    ...(owner === undefined || isNumber(owner) ? {} : { owner }),
    ...(group === undefined || isNumber(group) ? {} : { group }),
  };
}

/** What chown takes: "vmail", "vmail:vmail" or ":vmail". */
export function ownerWord({ owner, group }: Attributes): string {
  return `${owner ?? ""}${group === undefined ? "" : `:${group}`}`;
}

/** "644" as "0644". */
export function fourDigits(mode: string): string {
  return mode.padStart(4, "0");
}

function isNamed(wanted: string, name: string | undefined, id: number | undefined): boolean {
  return wanted === name || wanted === String(id);
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

function fromTo(what: string, from: string | undefined, to: string): string {
  return from === undefined ? `${what} ${to}` : `${what} ${from} → ${to}`;
}
