import type { Json, JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import {
  addressQuestions,
  mailQuestions,
  pointerQuestions,
  readMailRecords,
} from "../mail/dns-mail-names.ts";
import { type DnsQuestion, type MailRecordType, mailRecordTypes, questionFor } from "../mail/dns-record.ts";
import { gatherSets, type RecordSet, setName } from "../mail/dns-record-sets.ts";
import { closed, oneOrMore, port, seconds, word } from "./argument-schemas.ts";
import {
  type Asked,
  askEverywhere,
  nobodyAnswered,
  type ServerFailure,
  together,
} from "./dns/ask-everywhere.ts";
import { askResolvers, type Caches } from "./dns/ask-resolvers.ts";
import { entryPoints, ZoneFinder } from "./dns/authority.ts";
import { type CacheState, readCacheState, readFormerSets } from "./dns/former-records.ts";

export interface DnsRecordsArgs {
  readonly names?: readonly { readonly name: string; readonly type: MailRecordType }[];
  readonly domain?: string;
  readonly dkim_selectors?: readonly string[];
  readonly server?: string | readonly string[];
  readonly port?: number;
  readonly timeout?: number;
  readonly before?: string;
  readonly resolvers?: readonly string[];
}

/** Asks every authoritative name server for records, and says what they are, and where they differ. */
export const dnsRecords = lookingModule<DnsRecordsArgs>({
  name: "dns_records",
  description:
    "Asks every authoritative name server, from the controller, for the named records or for all that a domain's mail needs (MX, the MX hosts' A, AAAA and PTR, SPF, DKIM, DMARC). Registers `records`, `sets`, `min_ttl`, `max_ttl`, `missing`, `disagreements`, `failures`, `servers`, `cached_seconds`, `wait_seconds` and `wait_until` (when no cache that is known of holds former records any more), with `resolvers` `behind`, `resolver_failures` and `unanswered` (whom nobody could ask for a set whose former TTL is not known either: there is no telling what they hold), and with `domain` `mail`.",
  args: closed(
    {
      names: {
        type: "array",
        minItems: 1,
        items: closed(
          {
            name: word("A name; an IP address with type PTR."),
            type: { type: "string", enum: mailRecordTypes, description: "The type." },
          },
          { required: ["name", "type"] },
        ),
        description: "What to ask for.",
      },
      domain: word("A mail domain: asks for all that its mail needs, in `mail`."),
      dkim_selectors: {
        type: "array",
        items: { type: "string", minLength: 1 },
        description: "DKIM selectors of `domain`.",
      },
      server: oneOrMore(
        "Address of a resolver or of one of the zones' own name servers, to find the others by; the system's resolvers otherwise.",
        "^[0-9A-Fa-f.:]+$",
      ),
      port: port("Port of all name servers; 53 otherwise."),
      timeout: seconds("How long a name server may take for one answer.", 3),
      resolvers: {
        type: "array",
        items: { type: "string", pattern: "^[0-9A-Fa-f.:]+$" },
        description:
          "Addresses of resolvers to ask for the same: those that still know other records, or a longer TTL than the name servers give, are `behind`.",
      },
      before: word(
        "The run file in which dns_update keeps what the records were; dns-before.json otherwise.",
      ),
    },
    {
      anyOf: [
        { required: ["names"], properties: { names: {} } },
        { required: ["domain"], properties: { domain: {} } },
      ],
    },
  ),

  async look(args, _host, context) {
    const { domain, dkim_selectors = [], names = [], timeout = 3, before = "dns-before.json" } = args;
    const options = { timeoutMs: timeout * 1000, signal: context.signal };
    const finder = new ZoneFinder({ ...options, entryPoints: entryPoints(args.server, args.port) });
    const ask = (questions: readonly DnsQuestion[]) => askEverywhere(questions, finder, options);
    const rounds = [await ask(names.map(({ name, type }) => questionFor(name, type)))];
    if (domain !== undefined) rounds.push(...(await askForMail(domain, dkim_selectors, ask)));
    const asked = together(rounds);
    if (asked.answers.length === 0) throw nobodyAnswered(asked);
    const records = asked.answers.flatMap((answer) => answer.records);
    const mail =
      domain === undefined ? {} : { mail: { ...readMailRecords(domain, dkim_selectors, records) } };
    const formerFile = await context.lastRunFile(before);
    const cache = await readCacheState(formerFile, Date.now());
    const changed = new Set((await readFormerSets(formerFile)).map(setName));
    const sets = gatherSets(asked.answers);
    const resolvers = (args.resolvers ?? []).map((address) => ({ address, port: args.port ?? 53 }));
    const caches = await askResolvers(sets, resolvers, options);
    return {
      result: {
        ...present(asked, sets, cache),
        ...presentCaches(caches, cache, changed),
        ...(mail as JsonObject),
      },
      message: tellCaches(caches),
    };
  },
});

/** The MX records say which hosts to ask for, and these hosts' addresses which PTR records. */
async function askForMail(
  domain: string,
  selectors: readonly string[],
  ask: (questions: readonly DnsQuestion[]) => Promise<Asked>,
): Promise<Asked[]> {
  const recordsOf = ({ answers }: Asked) => answers.flatMap((answer) => answer.records);
  const first = await ask(mailQuestions(domain, selectors));
  const addresses = await ask(addressQuestions(domain, recordsOf(first)));
  return [first, addresses, await ask(pointerQuestions(recordsOf(addresses)))];
}

function present(asked: Asked, sets: readonly RecordSet[], cache: CacheState): JsonObject {
  const ttls = sets.flatMap(({ minTtl, maxTtl }) => [minTtl ?? [], maxTtl ?? []].flat());
  const records = asked.answers.flatMap(({ server, records }) =>
    records.map((record) => ({ ...record, server })),
  );
  return {
    records,
    sets: Object.fromEntries(sets.map((set) => [setName(set), presentSet(set)])),
    min_ttl: ttls.length === 0 ? null : Math.min(...ttls),
    max_ttl: ttls.length === 0 ? null : Math.max(...ttls),
    missing: sets.filter(({ data }) => data.length === 0).map(setName),
    disagreements: sets
      .filter(({ agreed }) => !agreed)
      .map(({ name, type, byServer }) => ({ name, type, answers: byServer })),
    failures: asked.failures.map((failure): JsonObject => ({ ...failure })),
    servers: Object.fromEntries(
      asked.zones.map(({ name, servers }): [string, Json] => [
        name || ".",
        servers.map(({ address }) => address),
      ]),
    ),
    cached_until: cache.until,
    cached_seconds: cache.secondsLeft,
  };
}

/**
 * The last of what Mailferry's own changes and the resolvers' answers say. Where a resolver can't be asked, the time of
 * Mailferry's own change of the set (`changed`) stands in.
 */
function presentCaches(
  { behind, failures }: Caches,
  { until, secondsLeft }: CacheState,
  changed: ReadonlySet<string>,
): JsonObject {
  const waits = [secondsLeft ?? 0, ...behind.map(({ seconds }) => seconds)];
  const untils = [until ?? [], ...behind.map((set) => set.until)].flat().sort();
  return {
    behind: behind.map((set): JsonObject => ({ ...set })),
    resolver_failures: failures.map((failure): JsonObject => ({ ...failure })),
    unanswered: errorsOf(failures.filter((failure) => !changed.has(setName(failure)))),
    wait_seconds: Math.max(...waits),
    wait_until: untils.at(-1) ?? null,
  };
}

function tellCaches({ behind, failures }: Caches): string | undefined {
  const told = [
    ...behind.map((set) => `resolver ${set.server} knows ${setName(set)} from before until ${set.until}`),
    ...errorsOf(failures).map((error) => `${error}; what it still holds is not known`),
  ];
  return told.length === 0 ? undefined : told.join("\n");
}

/** One for all that a resolver was asked for. */
function errorsOf(failures: readonly ServerFailure[]): string[] {
  return [...new Set(failures.map(({ error }) => error))];
}

function presentSet({ name, type, data, minTtl, maxTtl, agreed }: RecordSet): JsonObject {
  return { name, type, data, min_ttl: minTtl ?? null, max_ttl: maxTtl ?? null, agreed };
}
