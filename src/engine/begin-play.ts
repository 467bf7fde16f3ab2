import type { Failure } from "../contract/errors.ts";
import type { InheritedWords } from "../language/model/words.ts";
import { failureOf } from "./attempt.ts";
import { loadVarsFiles } from "./load-vars-files.ts";
import { levelsFor, type PlayRun } from "./play-run.ts";
import { tallyOf } from "./progression.ts";
import { type Settled, settleKnownWords } from "./settle-words.ts";

/** Whether a host that could not even begin ends the play for all. The first host decides, as for a task. */
export function errorsAreFatal(run: PlayRun): boolean {
  return playWords(run, run.hosts[0] ?? "").anyErrorsFatal ?? false;
}

/** Connects to the hosts, gathers their facts and reads their `vars_files`. Gives back those that can go on. */
export async function beginOnAll(run: PlayRun): Promise<Set<string>> {
  const begun = await Promise.all(
    run.hosts.map((host) => run.slots.take(async () => ({ host, failure: await begin(run, host) }))),
  );
  const { scope, progression } = run;
  for (const { host, failure } of begun) {
    if (failure === undefined) continue;
    scope.emit({ type: "host-failed", host, message: failure.message, next: failure.next });
    const isUnreachable = failure.kind === "unreachable";
    if (isUnreachable && playWords(run, host).ignoreUnreachable) {
      tallyOf(progression, host).ignored++;
      continue;
    }
    tallyOf(progression, host)[isUnreachable ? "unreachable" : "failed"]++;
    progression.falls = [...progression.falls, { host, failure }];
    run.failed.add(host);
  }
  return new Set(run.hosts.filter((host) => !run.failed.has(host)));
}

async function begin(run: PlayRun, host: string): Promise<Failure | undefined> {
  const unreachable = await failureIn(run, host, () => gather(run, host));
  const unread = await failureIn(run, host, () => loadVarsFiles(run, host));
  return unreachable ?? unread;
}

/** The first connection to a host brings its facts (open-scope.ts); they are missing later when they were cleared. */
async function gather(run: PlayRun, host: string): Promise<void> {
  const { scope, play } = run;
  if (play.gatherFacts === "nothing") return;
  const isFirst = !scope.hosts.isConnected(host);
  const connected = await scope.hosts.reach(host, playWords(run, host));
  // `package_facts` and its like may have put back some behind `meta: clear_facts`.
  const { facts: known } = scope.variables.forStage(host);
  const isMissing = typeof known !== "object" || known === null || !("nodename" in known);
  if (isFirst || (play.gatherFacts === "missing" && !isMissing)) return;
  const facts = await connected.gatherFacts();
  scope.variables.keep(host, { facts }, "facts");
}

/** The play's words as the host has them; one that can't be known yet is each task's to judge. */
function playWords(run: PlayRun, host: string): Settled<InheritedWords> {
  const levels = { play: levelsFor(run, host), vars: [], extra: {} };
  return settleKnownWords(run.play, () => run.scope.variables.forTask(host, levels));
}

async function failureIn(
  { play }: PlayRun,
  host: string,
  work: () => Promise<void>,
): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return failureOf(error, { host, task: play });
  }
}
