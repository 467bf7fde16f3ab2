import { describe, expect, it } from "vitest";
import { shippedPlaybooks } from "../find-playbook.ts";
import type { HostSurvey, MailDatabase } from "./host-survey.ts";
import { type Fit, fitPlaybook, ruledPlaybooks } from "./playbook-fit.ts";
import { ispmailPair, recordedSurvey } from "./testing/recorded-survey.ts";

const { old: bullseye, new: trixie } = ispmailPair();
const dbox = recordedSurvey("dbox-trixie", "mail-new.example.org", "192.0.2.20");
const qmail = recordedSurvey("qmail", "mail-old.example.org", "192.0.2.10");
const courier = recordedSurvey("exim-courier", "mail-old.example.org", "192.0.2.10");
const relay = recordedSurvey("chatmail", "chat.example.org", "192.0.2.10");
const bare: HostSurvey = {
  ...trixie,
  mta: undefined,
  imap: undefined,
  store: undefined,
  databases: [],
  ports: [22],
};

const cases: readonly (readonly [string, HostSurvey, HostSurvey, string | undefined])[] = [
  ["ISPmail of Debian 11 and 13", bullseye, trixie, "bullseye-to-trixie"],
  ["ISPmail of Debian 12 and 13", { ...bullseye, version: "12" }, trixie, "bullseye-to-trixie"],
  ["ISPmail of Debian 9", { ...bullseye, version: "9" }, trixie, "stretch-to-buster"],
  ["ISPmail and a new server that keeps dbox", bullseye, dbox, "dovecot-dbox"],
  ["two qmail servers", qmail, { ...qmail, name: "mail-new.example.org" }, "qmail-to-qmail"],
  ["a chatmail relay and a bare Debian 12", relay, { ...bare, version: "12" }, "chatmail"],
  ["a chatmail relay and a bare Debian 13", relay, bare, undefined],
  ["Courier and Dovecot", courier, trixie, "imap-copy"],
  ["another separator on new", bullseye, withStore(trixie, { separator: "/" }), "imap-copy"],
  ["another layout on new", bullseye, withStore(trixie, { layout: "fs" }), "imap-copy"],
  ["another mail root on new", bullseye, withStore(trixie, { root: "/srv/vmail" }), undefined],
  [
    "a PostgreSQL database on both",
    inKind(bullseye, "PostgreSQL"),
    inKind(trixie, "PostgreSQL"),
    "bullseye-to-trixie",
  ],
  [
    "an SQLite database in another place on new",
    inKind(bullseye, "SQLite", "/srv/mail.db"),
    inKind(trixie, "SQLite", "/var/lib/mail.db"),
    "bullseye-to-trixie",
  ],
  ["databases of two kinds", bullseye, inKind(trixie, "PostgreSQL"), undefined],
  ["no database", { ...bullseye, databases: [] }, trixie, undefined],
  [
    "a database of another name on new",
    bullseye,
    { ...trixie, databases: trixie.databases.map((one) => ({ ...one, name: "mail" })) },
    undefined,
  ],
  ["a bare new server", bullseye, bare, undefined],
];

describe("the playbook that fits", () => {
  it.each(cases)("%s", (_, old, fresh, playbook) => {
    const fit = fitPlaybook({ old, new: fresh }, ruledPlaybooks);
    expect(fit.playbook).toBe(playbook);
    if (fit.playbook !== undefined) expect(fit.because.length).toBeGreaterThan(0);
  });

  it("says of each playbook what is in the way", () => {
    const fit = fitPlaybook({ old: bullseye, new: bare }, ruledPlaybooks);
    expect(wantsOf(fit, "bullseye-to-trixie")).toContain("both run Postfix");
    expect(wantsOf(fit, "chatmail")).toEqual([
      "old is a chatmail relay (it has a chatmail.ini)",
      "new runs Debian 12",
    ]);
  });

  it("names what a person may choose instead, where it fits", () => {
    const othersOf = (old: HostSurvey, fresh: HostSurvey) => {
      const fit = fitPlaybook({ old, new: fresh }, ruledPlaybooks);
      return fit.playbook === undefined ? [] : fit.otherwise.map(({ playbook }) => playbook);
    };
    expect(othersOf(bullseye, trixie)).toEqual(["ispmail-waves"]);
    expect(othersOf(inKind(bullseye, "PostgreSQL"), inKind(trixie, "PostgreSQL"))).toEqual([]);
    expect(othersOf(courier, trixie)).toEqual([]);
  });

  it("offers only what comes with this version", () => {
    expect(fitPlaybook({ old: courier, new: trixie }, ["bullseye-to-trixie"]).playbook).toBeUndefined();
  });

  it("has a rule for every playbook that comes with Mailferry", () => {
    expect(ruledPlaybooks).toEqual(expect.arrayContaining(shippedPlaybooks()));
  });
});

function inKind(survey: HostSurvey, kind: MailDatabase["kind"], name = "mailserver"): HostSurvey {
  return { ...survey, databases: survey.databases.map((one) => ({ ...one, kind, name })) };
}

function withStore(survey: HostSurvey, change: Partial<NonNullable<HostSurvey["store"]>>): HostSurvey {
  return survey.store === undefined ? survey : { ...survey, store: { ...survey.store, ...change } };
}

function wantsOf(fit: Fit, playbook: string): readonly string[] | undefined {
  return fit.playbook === undefined ? fit.missing.find((one) => one.playbook === playbook)?.wants : undefined;
}
