import { changingModule } from "../../contract/module.ts";
import { applyUpdate } from "./apply.ts";
import { type DnsUpdateArgs, dnsUpdateArguments } from "./arguments.ts";
import { type DnsChange, planUpdate } from "./plan.ts";

/** Changes DNS records and waits until every name server shows the change. */
export const dnsUpdate = changingModule<DnsUpdateArgs, DnsChange>({
  name: "dns_update",
  description:
    "Changes DNS records by nsupdate with a TSIG key or by a command of yours, or tells the person what to change; then waits until every authoritative name server shows it. What the records were is kept in a run file. Registers `records`, `previous` and `seconds`.",
  preview: "exact",
  args: dnsUpdateArguments,
  check: planUpdate,
  touches: () => [],
  apply: applyUpdate,
});
