import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { absolutePath, closed, given, oneOf, seconds, word, yesOrNo } from "../argument-schemas.ts";
import { daemontoolsPath } from "./service-manager.ts";

export interface SvcArgs {
  readonly name: string;
  readonly state?: "started" | "stopped";
  readonly downed?: boolean;
  readonly missing?: "fail" | "ignore";
  readonly service_dir?: string;
  readonly timeout?: number;
}

export interface SvcChange extends Change {
  readonly directory: string;
  readonly state: "started" | "stopped" | undefined;
  readonly downed: boolean | undefined;
  readonly timeoutSeconds: number;
}

/** Starts and stops services of daemontools, and keeps them down. */
export const svc = changingModule<SvcArgs, SvcChange>({
  name: "svc",
  description:
    "Starts and stops a service of daemontools, waits until svstat says that it is so, and keeps it down over reboots (the file `down`).",
  preview: "exact",
  args: closed(
    {
      name: word("Its name in the service directory."),
      state: oneOf(["started", "stopped"], "What it shall be."),
      downed: yesOrNo("Whether it stays down when the host boots or supervise starts anew."),
      missing: oneOf(["fail", "ignore"], "What to do when there is no such service.", "fail"),
      service_dir: absolutePath("Where services stand; /service when left out."),
      timeout: seconds("How long it may take.", 120),
    },
    { required: ["name"], anyOf: [given("state"), given("downed")] },
  ),

  async check({ name, state, downed, missing = "fail", service_dir = "/service", timeout = 120 }, host) {
    const directory = `${service_dir}/${name}`;
    const seen = await look(directory, host);
    if (seen === undefined) {
      if (missing === "ignore") return undefined;
      throw new Failure("task-failed", `there is no service ${directory} of daemontools`, {
        host: host.name,
        next: "Look with `svstat` what services there are, and correct name or service_dir.",
      });
    }
    const wantsState = state !== undefined && seen.isUp !== (state === "started");
    const wantsDown = downed !== undefined && seen.isDowned !== downed;
    if (!wantsState && !wantsDown) return undefined;
    const words = [
      ...(wantsState ? [state] : []),
      ...(wantsDown ? [downed ? "kept down" : "no longer kept down"] : []),
    ];
    return {
      summary: `${name} ${words.join(", ")}`,
      directory,
      state: wantsState ? state : undefined,
      downed: wantsDown ? downed : undefined,
      timeoutSeconds: timeout,
    };
  },

  touches: () => [],
  async apply({ directory, state, downed, timeoutSeconds }, host: HostWriter) {
    if (downed === true) await host.writeFile(`${directory}/down`, "");
    if (downed === false) await host.run(["rm", "-f", "--", `${directory}/down`]);
    if (state === undefined) return {};
    const up = state === "started";
    const argv = ["sh", "-c", switchService, "sh", directory, up ? "-u" : "-d", up ? "up" : "down"];
    await host.run([...argv, String(Math.ceil(timeoutSeconds))], { timeoutMs: (timeoutSeconds + 30) * 1000 });
    return {};
  },
});

interface Seen {
  readonly isUp: boolean;
  readonly isDowned: boolean;
}

/** undefined when there is no such service, or nobody supervises it. */
async function look(directory: string, host: HostReader): Promise<Seen | undefined> {
  if ((await host.stat(`${directory}/run`)) === undefined) return undefined;
  const status = await host.probe(["sh", "-c", `${daemontoolsPath}; exec svstat "$1"`, "sh", directory]);
  const words = status.stdout.toString("utf8");
  if (!/: (up|down) /.test(words)) {
    const next = "Is svscan running there? supervise has to look after the service.";
    throw new Failure("task-failed", `svstat says: ${words.trim()}`, { host: host.name, next });
  }
  return { isUp: words.includes(": up "), isDowned: (await host.stat(`${directory}/down`)) !== undefined };
}

// A service that ends may finish its work first: svstat says `up … want down` for so long.
const switchService = `
  ${daemontoolsPath}
  svc "$2" "$1" || exit 1
  tries=$(($4 * 5))
  until case "$(svstat "$1")" in *": $3 "*) true ;; *) false ;; esac; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { svstat "$1" >&2; exit 1; }
    sleep 0.2
  done`;
