import { expect, test } from "vitest";
import { parseUidlist } from "./dovecot-uidlist.ts";
import { GuidNames } from "./guid-names.ts";
import type { ListedMessage } from "./message-listing.ts";

const message = (base: string): ListedMessage => ({
  ...{ folder: "a", base, place: "cur", rest: ":2,S", sizeBytes: 1 },
});

async function namesOf(uidlist: string, bases: readonly string[]) {
  async function* listed() {
    yield* bases.map(message);
  }
  const named = new Map<string, string | undefined>();
  for await (const { base, name } of new GuidNames(new Map([["a", parseUidlist(uidlist)]])).name(listed())) {
    named.set(base, name);
  }
  return Object.fromEntries(named);
}

test("a message is named by its GUID, and a copy of it by its UID too", async () => {
  const uidlist = "3 V7 N9 Gabc\n1 :1.M\n2 Gff :2.M\n4 G1.M :4.M,S=3\n";
  expect(await namesOf(uidlist, ["1.M", "2.M", "4.M,S=3"])).toEqual({
    ...{ "1.M": "1.M", "2.M": "ff", "4.M,S=3": "1.M.4" },
  });
});

test("a GUID that leads elsewhere names nothing", async () => {
  const uidlist = "3 V7 N9 Gabc\n1 G../../x :1.M\n2 G.. :2.M\n3 Ga/b :3.M\n";
  expect(await namesOf(uidlist, ["1.M", "2.M", "3.M"])).toEqual({ "1.M": "1.M", "2.M": "2.M", "3.M": "3.M" });
});

test("a GUID that no file of a message can be called by names nothing: it would never be found again", async () => {
  const uidlist = "3 V7 N9 Gabc\n1 Ga:2,S :1.M\n2 G.hidden :2.M\n";
  expect(await namesOf(uidlist, ["1.M", "2.M"])).toEqual({ "1.M": "1.M", "2.M": "2.M" });
});
