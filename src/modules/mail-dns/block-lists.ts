import { reverseName } from "../../mail/dns-record.ts";
import type { SurveyRow } from "../../mail/dns-survey/survey.ts";
import { askServer } from "../dns/client.ts";
import { type AskOptions, type DnsServer, NoDnsReply } from "../dns/exchange.ts";

/** Asks DNS block lists (RFC 5782) for addresses, through resolvers. A list that can't be asked says nothing. */
export function blockListRows(
  addresses: readonly string[],
  zones: readonly string[],
  resolvers: readonly DnsServer[],
  options: AskOptions,
): Promise<SurveyRow[]> {
  return Promise.all(
    addresses.flatMap((address) => zones.map((zone) => askList(address, zone, resolvers, options))),
  );
}

async function askList(
  address: string,
  zone: string,
  resolvers: readonly DnsServer[],
  options: AskOptions,
): Promise<SurveyRow> {
  const turned = reverseName(address).replace(/\.(in-addr|ip6)\.arpa$/, "");
  const name = `${turned}.${zone.toLowerCase()}`;
  const row = { name, type: "A" as const };
  const answer = await askOneOf(resolvers, name, options);
  if (answer === undefined) return { ...row, verdict: "none", holds: "", note: `${zone} can't be asked` };
  const codes = answer.filter((data) => data.startsWith("127."));
  // What stands for an error of the question: most lists refuse the large public resolvers.
  const refused = codes.filter((code) => code.startsWith("127.255.255."));
  const holds = codes.join(", ");
  if (codes.length === 0) return { ...row, verdict: "ok", holds, note: `${address} is not on ${zone}` };
  if (refused.length === codes.length) {
    return { ...row, verdict: "none", holds, note: `${zone} refuses this resolver` };
  }
  return { ...row, verdict: "warning", holds, note: `${address} is on ${zone}: ask there to be taken off` };
}

/** The records of the first resolver that answers. */
async function askOneOf(
  resolvers: readonly DnsServer[],
  name: string,
  options: AskOptions,
): Promise<string[] | undefined> {
  for (const resolver of resolvers) {
    try {
      const reply = await askServer(resolver, { name, type: "A" }, { ...options, recursion: true });
      if (reply.code === "NOERROR" || reply.code === "NXDOMAIN") {
        return reply.answers.filter(({ type }) => type === "A").map(({ data }) => data);
      }
    } catch (error) {
      if (!(error instanceof NoDnsReply)) throw error;
    }
  }
  return undefined;
}
