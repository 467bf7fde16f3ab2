import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { StsPolicy } from "../../mail/dns-survey/policy-rows.ts";
import type { DnsView } from "../../mail/dns-survey/survey.ts";
import { withResponse } from "../http/request.ts";

/** A policy is a few lines (RFC 8461 lets a sender give up at 64 kB). */
const longestBytes = 65_536;

/** Fetches the MTA-STS policies of the domains that say they have one. */
export function readPolicies(
  domains: readonly string[],
  view: DnsView,
  host: HostReader,
  signal: AbortSignal,
  ca_path?: string | undefined,
): Promise<StsPolicy[]> {
  const having = domains.filter((domain) => {
    const set = view.set(`_mta-sts.${domain}`, "TXT");
    return set !== undefined && set.data.length > 0;
  });
  return Promise.all(having.map((domain) => readPolicy(domain, host, signal, ca_path)));
}

async function readPolicy(
  domain: string,
  host: HostReader,
  signal: AbortSignal,
  ca_path: string | undefined,
): Promise<StsPolicy> {
  const url = `https://mta-sts.${domain}/.well-known/mta-sts.txt`;
  // Redirections are forbidden (RFC 8461, 3.3).
  const request = { url, method: "GET", follow: "none", timeout: 10 } as const;
  try {
    return await withResponse(
      host,
      { ...request, ...(ca_path === undefined ? {} : { ca_path }) },
      signal,
      async ({ status, body }) => {
        if (status !== 200) return { domain, error: `${url} answers ${status}` };
        const pieces: Buffer[] = [];
        let length = 0;
        for await (const piece of body) {
          pieces.push(piece);
          length += piece.length;
          if (length > longestBytes) return { domain, error: `${url} is longer than a policy may be` };
        }
        return { domain, text: Buffer.concat(pieces).toString("utf8") };
      },
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === "interrupted") throw error;
    return { domain, error: error.message };
  }
}
