import { expect, test } from "vitest";
import { gatherSets } from "../dns-record-sets.ts";
import { policyRows, stsRows } from "./policy-rows.ts";
import { DnsView, type SurveySubject } from "./survey.ts";

const nobody = { addresses: [], names: ["mail-old.example.org"], keys: [] };
const subject: SurveySubject = {
  ...{ domains: ["example.org"], names: [], dkim: [], issuer: undefined, old: nobody, new: nobody },
};

function viewOf(name: string, data: string): DnsView {
  const record = { name, type: "TXT", ttl: 60, data } as const;
  return new DnsView(
    gatherSets([{ name, type: "TXT", server: "a", zone: "example.org", records: [record] }]),
  );
}

const policy =
  "version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\nmx: *.mx.example.org\r\nmax_age: 604800\r\n";

test.each([
  [
    ["mail.example.org", "a.mx.example.org"],
    "ok",
    /^policy: mode enforce, mail\.example\.org .* for 604800 s$/,
  ],
  [["new.example.org"], "warning", /it does not name new\.example\.org$/],
  [["b.a.mx.example.org"], "warning", /does not name b\.a\.mx\.example\.org$/],
])("a policy of MTA-STS with the mail hosts %j", (hosts, verdict, note) => {
  const view = viewOf("_mta-sts.example.org", "v=STSv1; id=1");
  const rows = stsRows(subject, view, [{ domain: "example.org", text: policy }], () => hosts);
  expect(rows).toMatchObject([{ verdict, note: expect.stringMatching(note) }]);
});

test("a domain without MTA-STS needs none", () => {
  expect(stsRows(subject, new DnsView([]), [], () => [])).toMatchObject([{ verdict: "none" }]);
});

test("a report address on old has to change", () => {
  const view = viewOf("_dmarc.example.org", "v=DMARC1; p=none; rua=mailto:x@Mail-Old.example.org");
  expect(policyRows(subject, view)).toMatchObject([
    { name: "_dmarc.example.org", verdict: "change", note: "names mail-old.example.org" },
    { name: "_smtp._tls.example.org", verdict: "none" },
  ]);
  expect(policyRows(subject, new DnsView([]))).toMatchObject([{ verdict: "warning" }, { verdict: "none" }]);
});
