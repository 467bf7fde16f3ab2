import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { parseObject } from "../../contract/json.ts";
import type { LookContext } from "../../contract/module.ts";
import type { QuotaLimit } from "../../mail/imap-quota.ts";

/** What limits users, by the path of their Maildir below the mail root, as a proof by IMAP found it. */
export type KeptQuotas = ReadonlyMap<string, readonly QuotaLimit[]>;

/** A line of a proof by IMAP. */
export interface QuotaLine {
  readonly type: "quota";
  readonly mailbox: string;
  readonly maildir: string;
  /** null where the server could not tell. */
  readonly limits: readonly QuotaLimit[] | null;
}

/** Those of the newest proof of that name; undefined where there is none. */
export async function readKeptQuotas(
  name: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<KeptQuotas | undefined> {
  const path = await context.lastRunFile(`${name}.jsonl`);
  if (path === undefined) return undefined;
  const quotas = new Map<string, readonly QuotaLimit[]>();
  const input = createReadStream(path);
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseObject(text) as Partial<QuotaLine> | undefined;
    if (line?.type !== "quota" || line.maildir === undefined) continue;
    if (Array.isArray(line.limits)) quotas.set(line.maildir, line.limits);
  }
  return quotas;
}
