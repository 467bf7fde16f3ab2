import { type DnsQuestion, plainName } from "../../mail/dns-record.ts";
import { gatherSets, setName } from "../../mail/dns-record-sets.ts";
import { DnsView, type SurveySubject } from "../../mail/dns-survey/survey.ts";
import { surveyQuestions } from "../../mail/dns-survey/survey-questions.ts";
import { type Asked, askEverywhere, nobodyAnswered, together } from "../dns/ask-everywhere.ts";
import type { ZoneFinder } from "../dns/authority.ts";
import type { AskOptions } from "../dns/exchange.ts";

export interface Survey {
  readonly view: DnsView;
  /** Why some name servers could not be asked, each once. */
  readonly failures: readonly string[];
}

/** MX leads to hosts, these to addresses, an alias to another name: so many rounds are enough for all of them. */
const mostRounds = 6;
/** Questions at the same time: more would look like an attack. */
const atOnce = 24;

/** Asks every authoritative name server for all that a subject's mail has to do with. Throws a Failure when none answers. */
export async function askSurvey(
  subject: SurveySubject,
  finder: ZoneFinder,
  options: AskOptions,
): Promise<Survey> {
  const asked = new Set<string>();
  const rounds: Asked[] = [];
  let view = new DnsView([]);
  for (let round = 0; round < mostRounds; round += 1) {
    const fresh = freshQuestions(surveyQuestions(subject, view), asked);
    if (fresh.length === 0) break;
    for (let at = 0; at < fresh.length; at += atOnce) {
      rounds.push(await askEverywhere(fresh.slice(at, at + atOnce), finder, options));
    }
    view = new DnsView(gatherSets(rounds.flatMap(({ answers }) => answers)));
  }
  const all = together(rounds);
  if (all.answers.length === 0) throw nobodyAnswered(all);
  return { view, failures: [...new Set(all.failures.map(({ error }) => error))] };
}

function freshQuestions(questions: readonly DnsQuestion[], asked: Set<string>): DnsQuestion[] {
  return questions.filter((question) => {
    const name = setName(question);
    // A name that no name server could have is not asked for.
    if (asked.has(name) || plainName(question.name) === "") return false;
    asked.add(name);
    return true;
  });
}
