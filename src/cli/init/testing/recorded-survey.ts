import { readFileSync } from "node:fs";
import type { HostSurvey } from "../host-survey.ts";
import { readCounts } from "../read-counts.ts";
import { readSurvey, type SurveyFacts } from "../read-survey.ts";
import { readAnswers } from "../survey-answers.ts";

/** What the counting script prints for a mail root that is Maildir++ and owned by vmail. */
export const countedText = `ended 0
folders 93
dotted 84
nested 0
messages 257
bytes 9799925
owner vmail:vmail
free 79266942976
`;

const facts: Readonly<Record<string, Partial<SurveyFacts>>> = {
  "ispmail-bullseye": {
    distribution_version: "11",
    versions: { postfix: "3.5.25", dovecot: "2.3.13", rspamd: "2.7" },
  },
  "ispmail-trixie": {
    distribution_version: "13",
    versions: { postfix: "3.10.13", dovecot: "2.4.1", rspamd: "3.12.1" },
  },
  "dbox-trixie": {
    distribution_version: "13",
    versions: { postfix: "3.10.13", dovecot: "2.4.1", rspamd: "3.12.1" },
  },
  chatmail: { distribution_version: "12", versions: { postfix: "3.7.11", dovecot: "2.3.21" } },
};

/** The survey of a recorded host (`recorded/NAME.txt`), under a name and with an address. */
export function recordedSurvey(recorded: string, name: string, address: string): HostSurvey {
  const file = new URL(`../recorded/${recorded}.txt`, import.meta.url);
  const all: SurveyFacts = {
    fqdn: name,
    distribution: "debian",
    distribution_version: "11",
    versions: {},
    all_ipv4_addresses: [address],
    all_ipv6_addresses: ["fe80::1"],
    ...facts[recorded],
  };
  const sources = { facts: all, answers: readAnswers(readFileSync(file, "utf8")), knownAs: [address] };
  const survey = readSurvey(name, sources);
  return survey.store?.root === undefined
    ? survey
    : readSurvey(name, { ...sources, counts: readCounts(countedText) });
}

/** An ISPmail server of Debian 11 and an empty one of Debian 13. */
export function ispmailPair() {
  return {
    old: recordedSurvey("ispmail-bullseye", "mail-old.example.org", "192.0.2.10"),
    new: recordedSurvey("ispmail-trixie", "mail-new.example.org", "192.0.2.20"),
  };
}
