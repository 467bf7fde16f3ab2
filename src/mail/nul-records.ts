import type { ByteText } from "./byte-text.ts";
import { leadsOut } from "./plain-path.ts";

/** No path is so long, nor a link's target. */
const longestRecord = 1 << 20;

/** What a host tells, NUL behind each record, as it comes. Throws a Failure for a record that has no end. */
export async function* nulRecords(pieces: AsyncIterable<Buffer>): AsyncGenerator<readonly ByteText[]> {
  let rest = "";
  for await (const piece of pieces) {
    const records = (rest + piece.toString("latin1")).split("\0");
    rest = records.pop() ?? "";
    if (rest.length > longestRecord) throw leadsOut(rest);
    yield records;
  }
  if (rest !== "") throw leadsOut(rest);
}
