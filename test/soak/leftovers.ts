import type { LabHost } from "../../src/lab/lab.ts";
import type { Stage } from "../e2e/rehearse.ts";

/** What a move must not leave behind on its hosts, as sentences; none when all is as it should be. */
export async function leftovers({ lab }: Stage): Promise<string[]> {
  const { old, new: fresh } = lab.hosts;
  const findings: string[] = [];
  for (const host of [old, fresh]) {
    for (const [what, script] of Object.entries(mustBeEmpty)) {
      const { stdout } = await host.exec(["sh", "-c", script]);
      if (stdout.trim() !== "") findings.push(`${host.name}: ${what}: ${stdout.trim()}`);
    }
  }
  findings.push(...(await wrongUnits(old, "masked")), ...(await wrongUnits(fresh, "enabled")));
  return findings;
}

/** What each script prints should not be there. */
const mustBeEmpty: Readonly<Record<string, string>> = {
  "a process": "pgrep -af '[m]ailferry'",
  "a job": "ls -A /var/lib/mailferry/jobs",
  "a lock": "cat /var/lib/mailferry/lock",
  "a key line": "grep mailferry: /root/.ssh/authorized_keys",
  "a temporary file":
    "find / -xdev -path /proc -prune -o \\( -name '.mailferry-*' -o -name '.new-*' -path '*/mailferry/*' \\) -print",
  "a broken copy in a mailbox": "find /var/vmail -type f -path '*/cur/.*' -o -type f -path '*/new/.*'",
};

async function wrongUnits(host: LabHost, wanted: string): Promise<string[]> {
  const units = ["postfix", "dovecot"];
  const { stdout } = await host.exec(["systemctl", "is-enabled", ...units]);
  const states = stdout.trim().split("\n");
  return units.flatMap((unit, index) =>
    states[index] === wanted ? [] : [`${host.name}: ${unit} is ${states[index]}, not ${wanted}`],
  );
}
