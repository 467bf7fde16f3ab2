import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./engine/run-playbook.ts";
import { placeWith } from "./old-place.ts";

/** What the role qmail does to services that Debian's init scripts run, as on a host without systemd and daemontools. */
function placeWithPop3() {
  const place = placeWith({});
  Object.assign(place.hosts.alpha.facts, { init: "sysvinit" });
  const scripts = join(place.directory, "etc", "init.d");
  mkdirSync(scripts, { recursive: true });
  const runs = join(place.directory, "pop3d.runs");
  const script = (body: string) => `#!/bin/sh\ncase $1 in\n${body}\nesac\n`;
  writeFileSync(join(scripts, "qmail-send"), script("status) exit 0 ;;"), { mode: 0o755 });
  const pop3 = `start) touch ${runs} ;;\nstop) rm -f ${runs} ;;\nstatus) [ -e ${runs} ] || exit 3 ;;`;
  writeFileSync(join(scripts, "qmail-pop3d"), script(pop3), { mode: 0o755 });
  writeFileSync(runs, "");
  const tasks = async (...files: string[]) => {
    const vars =
      "{ mail_domains: [example.org], qmail_stopping: [qmail-pop3d], qmail_starting: [qmail-pop3d] }";
    const roles = files.map((file) => `{ role: qmail, tasks_from: ${file}, vars: ${vars} }`).join(", ");
    const { result, tasks } = await run(place, `- hosts: old\n  roles: [${roles}]\n`);
    return { failures: result.failures, changed: tasks.filter((line) => line.endsWith(": changed")) };
  };
  return {
    tasks,
    isRunning: () => existsSync(runs),
    isMasked: () => (statSync(join(scripts, "qmail-pop3d")).mode & 0o111) === 0,
    forget: () =>
      writeFileSync(join(scripts, "qmail-pop3d"), script("stop) ;;\nstatus) exit 0 ;;"), { mode: 0o755 }),
  };
}

test("what the freeze stops stays down over a reboot, and is started again", async () => {
  const { tasks, isRunning, isMasked } = placeWithPop3();
  expect((await tasks("manager", "stop")).failures).toEqual([]);
  expect([isRunning(), isMasked()]).toEqual([false, true]);
  expect(await tasks("manager", "stop")).toEqual({ failures: [], changed: [] });
  expect((await tasks("manager", "start")).failures).toEqual([]);
  expect([isRunning(), isMasked()]).toEqual([true, false]);
});

test("a script that says stopped while its service runs is not believed", async () => {
  const { tasks, forget } = placeWithPop3();
  forget();
  const [failure] = (await tasks("manager", "stop")).failures;
  expect(failure?.message).toContain("qmail-pop3d");
});
