import { questionFor } from "../dns-record.ts";
import type { DnsView, SurveyRow, SurveySubject } from "./survey.ts";
import { pointersOf } from "./survey-questions.ts";

/** Large providers take mail only from addresses whose name leads back to them (forward-confirmed reverse DNS). */
export function pointerRows({ new: fresh }: SurveySubject, view: DnsView): SurveyRow[] {
  return fresh.addresses.map((address) => {
    const { name, type } = questionFor(address, "PTR");
    const held = pointersOf(address, view);
    const row = { name, type, holds: held.join(", ") };
    if (held.length === 0) {
      return { ...row, verdict: "warning", note: `${address} has no name: ask its provider for one` };
    }
    const confirmed = held.filter((pointer) => view.addresses(pointer).includes(address));
    if (confirmed.length === 0) {
      return { ...row, verdict: "warning", note: `${held.join(", ")} does not lead back to ${address}` };
    }
    return { ...row, verdict: "ok", note: `leads back to ${address}` };
  });
}
