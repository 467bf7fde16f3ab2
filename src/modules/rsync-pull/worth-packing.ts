import { archiveRequest, type DataLink } from "../../contract/data-link.ts";
import type { HostWriter } from "../../contract/host.ts";

/**
 * Whether mail comes faster over a link when it is packed: depends on the line, on both processors and on the mail itself, so the
 * beginning of the stream is fetched and thrown away, three times for at most two seconds and 16 MiB. The first time is for the source's
 * disk alone. A tie is for the plain stream, and so is a line on which nothing comes.
 */
export async function isWorthPacking(
  { remoteShell, remote }: DataLink,
  host: Pick<HostWriter, "run">,
): Promise<boolean> {
  const ssh = [...remoteShell.split(" "), remote.replaceAll(/[[\]]/g, "")];
  const argv = ["sh", "-c", ratesScript, "sh", archiveRequest, ...ssh];
  const { stdout } = await host.run(argv, { environment: { LC_ALL: "C" }, accept: "any" });
  const [plain = 0, packed = 0] = stdout.toString("latin1").trim().split(" ").map(Number);
  return packed > plain * worthwhile;
}

/** How many times faster it has to come: processors have something else to do. */
const worthwhile = 1.2;

/** Prints the bytes of the stream that come in a second, plain and packed. `$1` is what the link is asked for; the rest is ssh. */
const ratesScript = `request=$1
shift
rate() {
  options=$1
  filter=$2
  shift 2
  begun=$(date +%s%N)
  bytes=$(timeout 2 "$@" "$request$options" </dev/null 2>/dev/null | $filter 2>/dev/null | head -c 16777216 | wc -c)
  echo "$((bytes * 1000 / (($(date +%s%N) - begun) / 1000000 + 1)))"
}
rate "" cat "$@" >/dev/null
echo "$(rate "" cat "$@") $(rate " --gzip" "gzip -dc" "$@")"`;
