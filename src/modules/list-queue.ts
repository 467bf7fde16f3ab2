import type { HostReader } from "../contract/host.ts";
import { longestQueueLine, parseQueueLine, type QueuedMessage } from "../mail/queue-listing.ts";
import { LineCutter } from "./line-cutter.ts";

/**
 * Hands over the messages of Postfix's queues, the corrupt ones left out, as they are listed: a queue may hold a hundred
 * thousand. Postfix before 3.1 has no listing for programs: senders and recipients are empty then.
 */
export async function listQueue(
  host: HostReader,
  config: readonly string[],
  onMessage: (message: QueuedMessage) => void,
): Promise<void> {
  const lines = new LineCutter((line) => {
    const message = parseQueueLine(line);
    if (message !== undefined) onMessage(message);
  }, longestQueueLine);
  const onStdout = (chunk: Buffer): void => lines.feed(chunk);
  const { exitCode } = await host.probe(["postqueue", ...config, "-j"], { onStdout, accept: [0, usage] });
  if (exitCode === usage) await host.probe(["sh", "-c", listFilesScript, "sh", ...config], { onStdout });
  lines.end();
}

/** sysexits(3): an option that postqueue does not know. */
const usage = 64;

// A deferred file bears the time of its next attempt, which lies ahead. A file that leaves meanwhile is no error, one that
// is not 0700 no mail yet.
const listFilesScript = `directory=$(postconf "$@" -h queue_directory) || exit 1
now=$(date +%s)
for queue in maildrop incoming active deferred hold; do
  find "$directory/$queue" -type f -perm -700 -printf "$queue %f %T@ %s\\n" 2>/dev/null
done | while read -r queue id time size; do
  time=\${time%.*}
  [ "$time" -le "$now" ] || time=$now
  printf '{"queue_name":"%s","queue_id":"%s","arrival_time":%s,"message_size":%s}\\n' "$queue" "$id" "$time" "$size"
done`;
