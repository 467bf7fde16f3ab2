import type { HostSurvey } from "./host-survey.ts";
import { isMailserver } from "./read-databases.ts";

/** The two hosts of a migration, as they were found. */
export interface SurveyedPair {
  readonly old: HostSurvey;
  readonly new: HostSurvey;
}

/** The playbook that fits and why, or what is in the way of each. */
export type Fit =
  | {
      readonly playbook: string;
      readonly because: readonly string[];
      readonly otherwise: readonly Otherwise[];
    }
  | {
      readonly playbook: undefined;
      readonly missing: readonly { readonly playbook: string; readonly wants: readonly string[] }[];
    };

/** A playbook that does for the same hosts what a person may want in place of the usual. */
export interface Otherwise {
  readonly playbook: string;
  /** As the end of "to …". */
  readonly aim: string;
}

/** What a playbook wants of the two hosts. */
interface Want {
  /** As a sentence that is true when it holds. */
  readonly says: string;
  readonly holds: (pair: SurveyedPair) => boolean;
}

/** The first of these whose wants all hold fits. The narrower stand above the wider. */
const rules: readonly { readonly playbook: string; readonly wants: readonly Want[] }[] = [
  {
    playbook: "chatmail",
    wants: [
      {
        says: "old is a chatmail relay (it has a chatmail.ini)",
        holds: ({ old }) => old.chatmail !== undefined,
      },
      { says: "new runs Debian 12", holds: (pair) => isDebian(pair.new) && pair.new.version === "12" },
    ],
  },
  {
    playbook: "qmail-to-qmail",
    wants: [
      {
        says: "both run qmail",
        holds: ({ old, new: fresh }) => old.mta?.name === "qmail" && fresh.mta?.name === "qmail",
      },
    ],
  },
  {
    playbook: "dovecot-dbox",
    wants: [
      ...postfixAndDovecot(),
      { says: "old keeps Maildirs", holds: ({ old }) => old.store?.driver === "maildir" },
      { says: "new keeps dbox", holds: (pair) => /^[sm]dbox$/.test(pair.new.store?.driver ?? "") },
    ],
  },
  {
    playbook: "stretch-to-buster",
    wants: [
      ...ispmail(),
      { says: "old runs Debian 9 or older", holds: ({ old }) => isDebian(old) && Number(old.version) <= 9 },
    ],
  },
  {
    playbook: "bullseye-to-trixie",
    wants: [
      ...ispmail(),
      { says: "old runs Debian 10 or newer", holds: ({ old }) => isDebian(old) && Number(old.version) >= 10 },
    ],
  },
  {
    playbook: "imap-copy",
    wants: [
      { says: "both have an IMAP server", holds: ({ old, new: fresh }) => hasImap(old) && hasImap(fresh) },
      {
        says: "mailboxes can't be copied as files: their servers, formats, layouts or separators differ",
        holds: (pair) => !haveSameFiles(pair),
      },
    ],
  },
];

/** What the hosts can't tell: a person chooses it. `besides`: the playbooks whose hosts it is for. */
const choices: readonly (Otherwise & {
  readonly besides: readonly string[];
  readonly holds: Want["holds"];
})[] = [
  {
    playbook: "ispmail-waves",
    aim: "move one mail domain, or a list of them, at a time",
    besides: ["stretch-to-buster", "bullseye-to-trixie"],
    // It compares users and aliases by a query of MariaDB's.
    holds: ({ old }) => old.databases.some((one) => isMailserver(one) && one.kind === "MariaDB"),
  },
];

/** Tells which of the playbooks there are fits the two hosts. */
export function fitPlaybook(pair: SurveyedPair, playbooks: readonly string[]): Fit {
  const missing = rules
    .filter(({ playbook }) => playbooks.includes(playbook))
    .map(({ playbook, wants }) => ({
      playbook,
      all: wants.map(({ says }) => says),
      wants: wants.filter(({ holds }) => !holds(pair)).map(({ says }) => says),
    }));
  const fits = missing.find(({ wants }) => wants.length === 0);
  if (fits !== undefined) {
    const otherwise = choices.filter(
      ({ playbook, besides, holds }) =>
        playbooks.includes(playbook) && besides.includes(fits.playbook) && holds(pair),
    );
    return { playbook: fits.playbook, because: fits.all, otherwise };
  }
  return { playbook: undefined, missing: missing.map(({ playbook, wants }) => ({ playbook, wants })) };
}

/** The playbooks that there are rules for, or that a person may choose. */
export const ruledPlaybooks: readonly string[] = [...rules, ...choices].map(({ playbook }) => playbook);

/** Whether a mailbox of old, copied file by file, is the same mailbox on new. */
export function haveSameFiles({ old, new: fresh }: SurveyedPair): boolean {
  const [one, other] = [old.store, fresh.store];
  if (one === undefined || other === undefined || old.imap?.name !== fresh.imap?.name) return false;
  return one.driver === other.driver && one.layout === other.layout && one.separator === other.separator;
}

/** Whether all is as ISPmail has it, but for where the accounts are; one user owns all mail. */
export function fitsWithoutDatabase(pair: SurveyedPair): boolean {
  return ispmailButDatabase().every(({ holds }) => holds(pair)) && pair.old.store?.owner !== undefined;
}

function ispmail(): Want[] {
  return [
    ...ispmailButDatabase(),
    {
      says: "domains, users and aliases are in a database of the same kind and name on both (MariaDB, PostgreSQL or SQLite)",
      holds: ({ old, new: fresh }) => mailservers(old).some((one) => mailservers(fresh).includes(one)),
    },
  ];
}

function ispmailButDatabase(): Want[] {
  return [
    ...postfixAndDovecot(),
    {
      says: "both keep Maildirs, in the same layout and with the same separator",
      holds: (pair) => keepsMaildirs(pair.old) && haveSameFiles(pair),
    },
    { says: "all mailboxes lie below one directory, the same on both", holds: haveSameRoot },
    { says: "both run Debian", holds: ({ old, new: fresh }) => isDebian(old) && isDebian(fresh) },
  ];
}

function postfixAndDovecot(): Want[] {
  return [
    {
      says: "both run Postfix",
      holds: ({ old, new: fresh }) => old.mta?.name === "Postfix" && fresh.mta?.name === "Postfix",
    },
    {
      says: "both run Dovecot",
      holds: ({ old, new: fresh }) => old.imap?.name === "Dovecot" && fresh.imap?.name === "Dovecot",
    },
  ];
}

function isDebian({ distribution }: HostSurvey): boolean {
  return distribution === "debian";
}

function hasImap({ imap, ports }: HostSurvey): boolean {
  return imap !== undefined || ports.includes(143) || ports.includes(993);
}

function keepsMaildirs({ store }: HostSurvey): boolean {
  return store?.driver === "maildir";
}

function haveSameRoot({ old, new: fresh }: SurveyedPair): boolean {
  return old.store?.root !== undefined && old.store.root === fresh.store?.root;
}

/** Kind and name of each; SQLite's file may lie elsewhere on new. */
function mailservers({ databases }: HostSurvey): string[] {
  return databases
    .filter((database) => isMailserver(database))
    .map(({ kind, name }) => (kind === "SQLite" ? kind : `${kind} ${name}`));
}
