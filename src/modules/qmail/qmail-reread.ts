import { createHash } from "node:crypto";
import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { readBySend, readerOf } from "../../mail/qmail-control.ts";
import { absolutePath, closed, seconds, word } from "../argument-schemas.ts";
import { daemontoolsPath, managerWord, type ServiceManager } from "./service-manager.ts";

export interface QmailRereadArgs {
  readonly manager: ServiceManager;
  readonly name?: string;
  readonly qmail_directory?: string;
  readonly service_dir?: string;
  readonly timeout?: number;
}

export interface QmailRereadChange extends Change {
  readonly how: "hangup" | "restart";
  readonly process: string;
  readonly read: ReadControls;
  readonly words: readonly string[];
  readonly timeoutSeconds: number;
}

/** Digests of the control files of either kind. */
interface ReadControls {
  readonly start: string;
  readonly hangup: string;
}

/** Sees that qmail-send works by its control files as they are now. */
export const qmailReread = changingModule<QmailRereadArgs, QmailRereadChange>({
  name: "qmail_reread",
  description:
    "Makes qmail-send work by its control files as they are now: by SIGHUP where only locals and virtualdomains changed, else by a restart, before which it ends the deliveries under way. Does nothing when the process that runs has read them.",
  preview: "exact",
  args: closed(
    {
      manager: managerWord,
      name: word("The service of qmail-send; qmail-send when left out."),
      qmail_directory: absolutePath("Where qmail lives; /var/qmail when left out."),
      service_dir: absolutePath("Where daemontools has its services; /service when left out."),
      timeout: seconds("How long deliveries under way may take to end.", 1800),
    },
    { required: ["manager"] },
  ),

  async check(args, host, { workPath }) {
    const { manager, name = "qmail-send", qmail_directory = "/var/qmail", service_dir = "/service" } = args;
    const words = [manager, manager === "daemontools" ? `${service_dir}/${name}` : name];
    const [process, read, note] = await Promise.all([
      runningSend(words, host),
      readControls(qmail_directory, host),
      host.readText(noteOf(workPath)),
    ]);
    const known = note === undefined ? undefined : parseNote(note);
    const isTheOne = known?.process === process && known.start === read.start;
    if (isTheOne && known.hangup === read.hangup) return undefined;
    const how = isTheOne ? "hangup" : "restart";
    const summary =
      how === "hangup" ? "qmail-send reads locals and virtualdomains" : "qmail-send starts anew";
    return { summary, how, process, read, words, timeoutSeconds: args.timeout ?? 1800, result: { how } };
  },

  touches: () => [],
  async apply({ how, process, read, words, timeoutSeconds }, host: HostWriter, context) {
    const argv = ["sh", "-c", how === "hangup" ? hangUp : restart, "sh", ...words];
    await host.run([...argv, process, String(Math.ceil(timeoutSeconds))], {
      timeoutMs: (timeoutSeconds + 60) * 1000,
    });
    const now = how === "hangup" ? process : await runningSend(words, host);
    await context.workDirectory(host);
    await host.writeFile(noteOf(context.workPath), JSON.stringify({ process: now, ...read }), {
      mode: "0600",
    });
    return {};
  },
});

function noteOf(workPath: string): string {
  return `${workPath}/qmail-send-read.json`;
}

/** What does not say this was no note of ours: then nobody knows what qmail-send has read. */
function parseNote(text: string): (ReadControls & { readonly process: string }) | undefined {
  try {
    const { process, start, hangup } = JSON.parse(text) as Record<string, unknown>;
    if (typeof process === "string" && typeof start === "string" && typeof hangup === "string") {
      return { process, start, hangup };
    }
  } catch {
    // Cut off when the host lost its power.
  }
  return undefined;
}

/** The process that runs: its number and when it started, in ticks since the boot. */
async function runningSend(words: readonly string[], host: HostReader): Promise<string> {
  const { stdout, exitCode } = await host.probe(["sh", "-c", findSend, "sh", ...words], { accept: "any" });
  const process = stdout.toString("utf8").trim();
  if (exitCode === 0 && /^[1-9][0-9]* [0-9]+$/.test(process)) return process;
  throw new Failure("task-failed", `qmail-send does not run (${words.join(" ")})`, {
    host: host.name,
    next: "Start it; or name its service and what runs it (qmail_send_service, qmail_manager).",
  });
}

async function readControls(directory: string, host: HostReader): Promise<ReadControls> {
  const texts = await Promise.all(readBySend.map((file) => host.readText(`${directory}/control/${file}`)));
  const digestOf = (reader: string) => {
    const hash = createHash("sha256");
    for (const [index, file] of readBySend.entries()) {
      if (readerOf(file) === reader) hash.update(`${JSON.stringify([file, texts[index] ?? null])}\n`);
    }
    return hash.digest("hex");
  };
  return { start: digestOf("start"), hangup: digestOf("hangup") };
}

// In /proc/PID/stat the name stands in brackets and may hold blanks; the start is the twentieth word behind them.
const sendFunction = `
  ${daemontoolsPath}
  find_send() {
    case $1 in
      daemontools) pid=$(svstat "$2" | sed -n 's/.*: up (pid \\([0-9]*\\)).*/\\1/p') ;;
      systemd) pid=$(systemctl show --property MainPID --value "$2") ;;
    esac
    case $pid in '' | 0) pid=$(pgrep -o -x qmail-send) || return 1 ;; esac
    started=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
    [ -n "$started" ] && echo "$pid $started"
  }`;

const findSend = `${sendFunction}
  pid=
  find_send "$1" "$2"`;

const hangUp = 'kill -HUP "${3%% *}"';

// The process that is told to end goes on with its deliveries until they are done: no second one starts meanwhile.
const restart = `${sendFunction}
  case $1 in
    daemontools) svc -t "$2" ;;
    systemd) systemctl restart "$2" ;;
    init) "/etc/init.d/$2" restart ;;
  esac || exit 1
  tries=$(($4 * 5))
  until pid= && now=$(find_send "$1" "$2") && [ "$now" != "$3" ]; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "qmail-send did not start anew within $4 s" >&2; exit 1; }
    sleep 0.2
  done`;
