import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, test } from "vitest";
import { readAnswer } from "../../../src/mail/dns-record.ts";
import { parseProgressLine, parseStats } from "../../../src/mail/rsync-output.ts";
import { parseSshSettings } from "../../../src/transport/ssh-config.ts";
import { effort, nearlyBytes, neverThrows } from "./foreign.ts";

describe("what programs and name servers say, whatever is in it, is read without a throw", () => {
  test("rsync's progress", () => {
    const sound = [
      "    1,234,567  42%   10.00MB/s    0:00:12 (xfr#3, to-chk=7/12)",
      "32768 100% 1.2kB/s 0:00:00",
    ];
    neverThrows(sound, parseProgressLine);
  });

  test("rsync's statistics", () => {
    const sound = [
      "Number of files: 1,234 (reg: 1,000)\nTotal transferred file size: 12 bytes\nsent 1 bytes",
    ];
    neverThrows(sound, (text) => parseStats(text.split("\n")));
  });

  test("what ssh -G prints", () => {
    neverThrows(["user root\nhostname 192.0.2.1\nport 22\nidentityfile ~/.ssh/id\n"], parseSshSettings);
  });

  test("answers of name servers", () => {
    const packet = encode({
      type: "response",
      id: 7,
      questions: [{ type: "MX", name: "example.org" }],
      answers: [
        { type: "MX", name: "example.org", ttl: 60, data: { preference: 10, exchange: "mail.example.org" } },
        { type: "TXT", name: "example.org", ttl: 60, data: ["v=spf1 -all"] },
        { type: "AAAA", name: "example.org", ttl: 60, data: "2001:db8::1" },
        { type: "SOA", name: "example.org", ttl: 60, data: { mname: "ns", rname: "root", serial: 1 } },
      ],
    });
    fc.assert(
      fc.property(nearlyBytes(packet), (bytes) => {
        const answers = answersIn(bytes);
        for (const answer of answers) readAnswer(answer);
      }),
      effort,
    );
  });
});

/** What the packet holds; nothing where it is no packet, which the exchange with a name server passes over. */
function answersIn(bytes: Buffer) {
  try {
    return decode(bytes).answers ?? [];
  } catch {
    return [];
  }
}
