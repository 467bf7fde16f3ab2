import { decode, encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Failure } from "../../../src/contract/errors.ts";
import { readAnswer } from "../../../src/mail/dns-record.ts";
import { parseProgressLine, parseStats } from "../../../src/mail/rsync-output.ts";
import { LineCutter } from "../../../src/modules/line-cutter.ts";
import { namesListed } from "../../../src/modules/tar-names.ts";
import type { CommandRunner } from "../../../src/transport/command-runner.ts";
import { gatherFacts } from "../../../src/transport/facts.ts";
import { parseFoundKeys } from "../../../src/transport/find-known-keys.ts";
import { FrameReader } from "../../../src/transport/frame-reader.ts";
import { algorithmsFor, judgeHostKey } from "../../../src/transport/known-hosts.ts";
import { parseKnownNames } from "../../../src/transport/known-names.ts";
import { LineSplitter } from "../../../src/transport/lines.ts";
import { parseSshSettings } from "../../../src/transport/ssh-config.ts";
import { effort, nearly, nearlyBytes, neverThrows } from "./foreign.ts";

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

  test("known_hosts, and what ssh-keygen finds in it", () => {
    const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIDIhz2GK/XCUj4i6Q5yQJNL1MKsrvvT/V8w0Rz5l7rzj";
    const sound = [
      `mail.example.org,192.0.2.1 ssh-ed25519 ${blob} comment\n[x]:2222 ssh-rsa AAAA\n`,
      `# Host x found: line 3 \n@revoked x ssh-ed25519 ${blob}\n@cert-authority *.x ssh-ed25519 AA\n`,
    ];
    const shown = Buffer.from(blob, "base64");
    neverThrows(sound, (text) => {
      const keys = [
        ...parseFoundKeys(text, "f"),
        ...[...(parseKnownNames(text, "f")?.values() ?? [])].flat(),
      ];
      const known = { name: "x", files: ["f"], keys };
      const judged = judgeHostKey(shown, known);
      // A key is trusted only where the very same one stands.
      expect(judged === "trusted").toBe(judged !== "revoked" && isHeld(shown, known.keys));
      algorithmsFor(known);
      judgeHostKey(Buffer.from(text), known);
    });
  });

  test("names that tar lists", () => {
    neverThrows(["./\n./a/\\303\\251\\n b\n./-x\n../../etc/passwd\n"], (text) =>
      namesListed(Buffer.from(text, "latin1")),
    );
  });

  test("what a host tells of itself", async () => {
    const sound =
      'clock=1.5\nfqdn=a.b\naddresses=[{"ifname":"lo","flags":["UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]}]\nroute4=[{"dev":"lo","gateway":"192.0.2.1"}]\nmounts={"filesystems":[{"target":"/"}]}\nversion_rsync=rsync  version 3.2.3\n==> /proc/self/status <==\nUid:\t0\t0\n\n==> /etc/os-release <==\nID="debian"\n';
    const told = (stdout: Buffer) =>
      ({ user: { host: "old" }, run: async () => ({ exitCode: 0, stdout }) }) as unknown as CommandRunner;
    expect((await gatherFacts(told(Buffer.from(sound)))).facts.interfaces).toEqual(["lo"]);
    const property = fc.asyncProperty(nearlyBytes(Buffer.from(sound)), async (stdout) => {
      try {
        await gatherFacts(told(stdout));
      } catch (error) {
        expect(error).toBeInstanceOf(Failure);
        expect(error).toMatchObject({ host: "old", next: expect.any(String) });
      }
    });
    await fc.assert(property, effort);
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

describe("what comes in pieces is the same however it is cut", () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 });

  test("frames of ssh: the bytes before a marker, and the number behind it", async () => {
    const marker = "4f1c6a:";
    const body = nearly([`x${marker}17\n`, `4f1c4f1c6a${marker}0\n${marker}`, `${marker}${"9".repeat(99)}`]);
    const read = async (pieces: readonly Buffer[]): Promise<unknown> => {
      const reader = new FrameReader();
      const found: Buffer[] = [];
      const rest = reader.until(marker, (bytes) => void found.push(Buffer.from(bytes)));
      for (const piece of pieces) reader.push(piece);
      reader.end();
      return [await rest, Buffer.concat(found).toString("latin1")];
    };
    const property = fc.asyncProperty(body, cuts, async (text, at) => {
      const bytes = Buffer.from(text);
      const [rest, before] = (await read([bytes])) as [string | undefined, string];
      const cut = await read(cutAt(bytes, at));
      // Of a stream that broke off nothing is used.
      if (rest === undefined) expect(cut).toMatchObject([undefined, expect.any(String)]);
      else expect(cut).toEqual([rest, before]);
      if (rest !== undefined) expect(bytes.toString("latin1")).toContain(`${before}${marker}${rest}\n`);
    });
    await fc.assert(property, effort);
  });

  test("lines", () => {
    const readers = [
      (take: (line: string) => void) => {
        const splitter = new LineSplitter(take);
        return { feed: (bytes: Buffer) => splitter.push(bytes), end: () => splitter.end() };
      },
      (take: (line: string) => void) => new LineCutter(take),
    ];
    const texts = fc.oneof(nearly(["a\r\nb\nc\rd\u00e9\n\n"]), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(texts, cuts, (text, at) => {
        for (const make of readers) {
          const read = (pieces: readonly Buffer[]): string[] => {
            const lines: string[] = [];
            const reader = make((line) => void lines.push(line));
            for (const piece of pieces) reader.feed(piece);
            reader.end();
            return lines;
          };
          const bytes = Buffer.from(text);
          expect(read(cutAt(bytes, at))).toEqual(read([bytes]));
        }
      }),
      effort,
    );
  });

  function cutAt(bytes: Buffer, cutsAt: readonly number[]): Buffer[] {
    const places = [0, ...cutsAt.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
    return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
  }
});

function isHeld(shown: Buffer, keys: readonly { readonly marker: string; readonly blob: Buffer }[]): boolean {
  return keys.some(({ marker, blob }) => marker === "none" && blob.equals(shown));
}

/** What the packet holds; nothing where it is no packet, which the exchange with a name server passes over. */
function answersIn(bytes: Buffer) {
  try {
    return decode(bytes).answers ?? [];
  } catch {
    return [];
  }
}
