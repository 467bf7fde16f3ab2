import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { Unit } from "./units.ts";

/**
 * Looks at the scripts in /etc/init.d of a host that sysvinit has started (Debian 7), told in systemd's words. One that may
 * not be executed is masked: neither init at boot, nor `service`, invoke-rc.d (dpkg) or a cron job that calls it can start it.
 * Sockets, timers and the like there are none. Throws Failure where a script does not tell whether its service runs.
 */
export async function readInitScripts(names: readonly string[], host: HostReader): Promise<Unit[]> {
  if (names.length === 0) return [];
  const scripts = names.map(scriptName);
  const { stdout } = await host.probe(["sh", "-c", lookScript, "sh", ...scripts]);
  const lines = stdout.toString("utf8").trimEnd().split("\n");
  return scripts.map((name, index) => unitOf(name, lines[index] ?? "", host.name));
}

/** The command for a verb of systemctl, or undefined when there is nothing of the kind. */
export function initCommand(verb: string, name: string): readonly string[] | undefined {
  if (verb === "mask") return ["chmod", "a-x", "--", `/etc/init.d/${name}`];
  if (verb === "unmask") return ["chmod", "a+x", "--", `/etc/init.d/${name}`];
  if (verb === "enable" || verb === "disable") return ["update-rc.d", name, verb];
  if (["start", "stop", "restart", "reload"].includes(verb)) return ["sh", "-c", actScript, "sh", name, verb];
  return undefined;
}

/** One that is masked can be asked and stopped all the same, by the program that its first line names. The environment is that of `service`. */
const callScript = `call() {
  set -- "/etc/init.d/$1" "$2"
  if [ ! -x "$1" ]; then
    read -r first <"$1"
    set -- \${first#?!} "$@"
  fi
  cd / && env -i LANG=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@" </dev/null
}`;

const actScript = `${callScript}\ncall "$1" "$2"`;

/** Per name: there or not, enabled or not, and the exit code of its action "status"; 4 says that nobody knows. */
const lookScript = `${callScript}
# A case label, or one of Debian's frames for init scripts, which have it. One that it does not know a script may answer with any code.
tells_status() { grep -Eq '^#!.*init-d-script|^[^#]*(^|[[:space:]|("'"'"'])status["'"'"']?([[:space:]]*\\|[^)]*)?[[:space:]]*\\)' "$1"; }
for name; do
  script=/etc/init.d/$name
  case $name in *.*|*/*) echo absent; continue ;; esac
  if [ ! -f "$script" ]; then echo absent; continue; fi
  there=masked
  [ ! -x "$script" ] || there=there
  enabled=disabled
  for link in /etc/rc[2-5].d/S[0-9][0-9]"$name"; do [ ! -e "$link" ] || enabled=enabled; done
  code=4
  if tells_status "$script"; then code=0; (call "$name" status) >/dev/null 2>&1 || code=$?; fi
  echo "$there $enabled $code"
done`;

/** As systemd knows it: "postfix.service" is "postfix" here. */
function scriptName(name: string): string {
  return name.replace(/\.service$/, "");
}

function unitOf(id: string, line: string, host: string): Unit {
  const [there = "absent", enabled = "", code = ""] = line.split(" ");
  const isThere = there === "there" || there === "masked";
  if (isThere && !(code in statusCodes)) {
    throw new Failure(
      "task-failed",
      `/etc/init.d/${id} does not tell whether ${id} runs (exit code ${code})`,
      {
        host,
        next: "Mailferry has to know it. Give the script an action `status` (LSB: 0 runs, 3 does not), or stop the service by hand and leave it out.",
      },
    );
  }
  return {
    id,
    loadState: there === "there" ? "loaded" : there === "masked" ? "masked" : "not-found",
    activeState: statusCodes[code] ?? "inactive",
    subState: code === "0" ? "running" : "dead",
    result: "success",
    unitFileState: there === "masked" ? "masked" : enabled,
    fragmentPath: isThere ? `/etc/init.d/${id}` : "",
    endsByItself: false,
    needsDaemonReload: false,
    triggers: [],
    instances: [],
    startedInstances: [],
  };
}

/** LSB: 1 and 2 are dead with a file left over, 3 is stopped. */
const statusCodes: Readonly<Record<string, string>> = {
  0: "active",
  1: "failed",
  2: "failed",
  3: "inactive",
};
