import { lookingModule } from "../contract/module.ts";
import { closed, oneOf } from "./argument-schemas.ts";
import {
  type CertificateWords,
  certificateWords,
  type ServiceWords,
  serviceWords,
} from "./probe/arguments.ts";
import { readExpectations, startTls, type TlsReport } from "./probe/handshake.ts";
import { probing } from "./probe/outcome.ts";
import { ServiceError, withService, withSocket } from "./probe/service-socket.ts";
import { askForTls, type StartTlsProtocol } from "./probe/start-tls.ts";

export interface TlsProbeArgs extends ServiceWords, CertificateWords {
  readonly starttls?: "none" | StartTlsProtocol;
  readonly min_days?: number;
}

/** Makes a TLS handshake with a service and looks at its certificate. */
export const tlsProbe = lookingModule<TlsProbeArgs>({
  name: "tls_probe",
  description:
    "Makes a TLS handshake with a service, from the task's host, and registers what its certificate says: `subject`, `names`, `issuer`, `valid_from`, `valid_to`, `days_left`, `fingerprint`, `protocol`, `cipher`, `authorized`, `reachable` and `error`.",
  args: closed(
    {
      ...serviceWords(),
      ...certificateWords,
      starttls: oneOf(
        ["none", "smtp", "imap", "pop3"],
        "The protocol in which TLS is asked for; none begins with TLS.",
        "none",
      ),
      min_days: {
        type: "integer",
        minimum: 0,
        description: "Fail when the certificate is valid for fewer days.",
      },
    },
    { required: ["port"] },
  ),

  async look(args, host, { signal }) {
    const { starttls = "none", min_days = 0, verify = true, required } = args;
    return withService(args, 0, signal, async (service) => {
      const expectations = await readExpectations(args, host, service.address);
      return probing(host, service, required, { authorized: false }, async () => {
        const seen = await withSocket(host, service, async (socket) => {
          if (starttls !== "none") await askForTls(socket, starttls, host.facts.fqdn);
          return (await startTls(socket, expectations)).report;
        });
        const fault = faultOf(seen, expectations.servername, verify, min_days);
        if (fault !== undefined && required !== false) throw new ServiceError(fault);
        return { ...seen, error: fault ?? seen.error };
      });
    });
  },
});

function faultOf(report: TlsReport, name: string, verify: boolean, minDays: number): string | undefined {
  if (verify && !report.authorized) {
    return `its certificate (${report.names.join(", ") || report.subject}) is not good for ${name}: ${report.error}`;
  }
  if (report.days_left >= minDays) return undefined;
  return `its certificate is valid for ${report.days_left} more days, until ${report.valid_to}`;
}
