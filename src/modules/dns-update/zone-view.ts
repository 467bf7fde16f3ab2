import { groupWishes, type HeldSet, isFulfilled, type RecordWish } from "../../mail/dns-change.ts";
import type { DnsQuestion } from "../../mail/dns-record.ts";
import { type ServerAnswer, setName } from "../../mail/dns-record-sets.ts";
import { askEverywhere, type ServerFailure } from "../dns/ask-everywhere.ts";
import type { ZoneFinder } from "../dns/authority.ts";
import type { AskOptions } from "../dns/exchange.ts";

/** One set of records that wishes are about. */
export interface WishedSet extends DnsQuestion {
  readonly wishes: readonly RecordWish[];
  /** What each name server has, the first of them the one that takes updates, if it is among them. */
  readonly views: readonly { readonly server: string; readonly held: HeldSet }[];
  /** Name servers that do not have it as wished. */
  readonly behind: readonly string[];
  readonly zone: string;
}

export interface ZoneView {
  readonly sets: readonly WishedSet[];
  readonly failures: readonly ServerFailure[];
}

/** Looks at every wished set on every name server. */
export async function viewSets(
  wishes: readonly RecordWish[],
  finder: ZoneFinder,
  options: AskOptions,
  updated?: string,
): Promise<ZoneView> {
  const groups = [...groupWishes(wishes).values()];
  const questions = groups.map(([first]) => ({ name: first?.name ?? "", type: first?.type ?? "A" }));
  const { answers, failures } = await askEverywhere(questions, finder, options);
  const sets = groups.map((group, index): WishedSet => {
    const question = questions[index] ?? { name: "", type: "A" };
    const own = answers.filter((answer) => setName(answer) === setName(question));
    const views = own.map((answer) => ({ server: answer.server, held: heldIn(answer) }));
    views.sort((one, other) => Number(other.server === updated) - Number(one.server === updated));
    const behind = views.filter(({ held }) => !isFulfilled(held, group)).map(({ server }) => server);
    return { ...question, wishes: group, views, behind, zone: own[0]?.zone ?? "" };
  });
  return { sets, failures };
}

/** True when every name server has every set as wished. `dead` ones, which did not answer from the start, are left out. */
export function isDone({ sets, failures }: ZoneView, dead: ReadonlySet<string>): boolean {
  const lost = failures.filter(({ server }) => !dead.has(server));
  return lost.length === 0 && sets.every(({ behind, views }) => behind.length === 0 && views.length > 0);
}

function heldIn({ type, records }: ServerAnswer): HeldSet {
  const own = records.filter((record) => record.type === type);
  return { data: own.map(({ data }) => data).sort(), ttl: own[0]?.ttl };
}
