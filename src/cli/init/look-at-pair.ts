import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { Connect } from "../../contract/connection.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { holdInventory } from "../../engine/held-inventory.ts";
import { holdHosts } from "../../engine/hosts.ts";
import type { Inventory } from "../../language/model/inventory.ts";
import type { NameAddresses } from "./found-variable.ts";
import type { HostSurvey } from "./host-survey.ts";
import type { SurveyedPair } from "./playbook-fit.ts";
import { readCounts } from "./read-counts.ts";
import { readSurvey, type SurveySources } from "./read-survey.ts";
import { readAnswers } from "./survey-answers.ts";
import { countScript, surveyScript } from "./survey-script.ts";

/** A host, what was found on it, and who looked. */
export interface LookedAt {
  readonly survey: HostSurvey;
  readonly user: string;
  readonly isRoot: boolean;
  /** The addresses that its name leads to, as this machine sees it; empty for a name that only ssh_config knows. */
  readonly knownAs: readonly string[];
}

const surveyTimeoutMs = 300_000;
const countSeconds = 240;

/** Looks at both hosts at the same time. Changes nothing there. Throws Failure when one can't be reached, or both are one. */
export async function lookAtPair(
  inventory: Inventory,
  [old, fresh]: readonly [string, string],
  connect: Connect,
  signal: AbortSignal,
): Promise<{ readonly old: LookedAt; readonly new: LookedAt }> {
  const hosts = holdHosts(holdInventory(inventory), connect, signal, { allFacts: true }, () => undefined);
  try {
    const readers = await Promise.all([hosts.reach(old), hosts.reach(fresh)]);
    const [one, other] = readers.map(({ facts }) => facts.machine_id);
    if (one === other && one !== "") {
      throw new Failure("bad-input", `${old} and ${fresh} are the same machine`, {
        next: "Name the old and the new server.",
      });
    }
    const [ofOld, ofNew] = await Promise.all([lookAt(readers[0], signal), lookAt(readers[1], signal)]);
    return { old: ofOld, new: ofNew };
  } finally {
    await hosts.closeAll();
  }
}

async function lookAt(host: HostReader, signal: AbortSignal): Promise<LookedAt> {
  const knownAs = await addressesOf(host.address);
  const { stdout } = await host.probe(["sh", "-c", surveyScript], {
    accept: "any",
    signal,
    timeoutMs: surveyTimeoutMs,
  });
  const sources = { facts: host.facts, answers: readAnswers(stdout.toString("utf8")), knownAs };
  const survey = await withCounts(host, sources, signal);
  return { survey, user: host.facts.user, isRoot: host.facts.uid === 0, knownAs };
}

/** The mail root is known only now: it is walked through, for the counts and what else it tells. */
async function withCounts(
  host: HostReader,
  sources: SurveySources,
  signal: AbortSignal,
): Promise<HostSurvey> {
  const survey = readSurvey(host.name, sources);
  if (survey.store?.root === undefined) return survey;
  const argv = ["sh", "-c", countScript, "count", survey.store.root, String(countSeconds)];
  const { stdout } = await host.probe(argv, { accept: "any", signal, timeoutMs: (countSeconds + 60) * 1000 });
  return readSurvey(host.name, { ...sources, counts: readCounts(stdout.toString("utf8")) });
}

async function addressesOf(name: string): Promise<string[]> {
  if (isIP(name) !== 0) return [name];
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

/** The hosts that the MX records of domains name. Many domains mostly share them: the first hundred are asked for. */
export async function exchangersOf(domains: readonly string[]): Promise<string[]> {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  const asked = domains.slice(0, 100).map((domain) => resolver.resolveMx(domain).catch(() => []));
  return [...new Set((await Promise.all(asked)).flat().map(({ exchange }) => exchange))];
}

/** Where names lead by now, by the names that have addresses of their own: an alias stands for its target. */
export async function whereNamesLead(names: readonly string[]): Promise<NameAddresses> {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  const targets = await Promise.all(names.map((name) => endOfAliases(name, resolver)));
  const asked = [...new Set(targets)].map(async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return [name, answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))] as const;
  });
  return new Map(await Promise.all(asked));
}

/** The name at the end of CNAME records; of a loop, any. */
async function endOfAliases(name: string, resolver: Resolver, left = 8): Promise<string> {
  const [target] = await resolver.resolveCname(name).catch(() => []);
  return target === undefined || left === 0 ? name : endOfAliases(target, resolver, left - 1);
}

/** The surveys alone. */
export function pairOf(looked: { readonly old: LookedAt; readonly new: LookedAt }): SurveyedPair {
  return { old: looked.old.survey, new: looked.new.survey };
}
