import { describe, expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { type FakeCommand, FakeHost, type FakeHostOptions } from "../testing/fake-host.ts";
import { refuses, registeredBy, runModule } from "../testing/run-module.ts";
import { type CronArgs, cron } from "./cron.ts";

/** crontab of Debian's cron, with crontabs by user. */
function crontabs(texts: Record<string, string>): FakeCommand {
  return {
    argv: ["crontab"],
    answer: ({ argv, options }) => {
      const user = argv[1] === "-u" ? (argv[2] ?? "") : "root";
      if (user === "nobody-there") return { exitCode: 1, stderr: "crontab:  user `nobody-there' unknown\n" };
      const verb = argv.at(-1);
      if (verb === "-") texts[user] = String(options.stdin);
      if (verb === "-r") delete texts[user];
      if (verb !== "-l") return "";
      return texts[user] ?? { exitCode: 1, stderr: `no crontab for ${user}\n` };
    },
  };
}

const hostWith = (texts: Record<string, string>, options: FakeHostOptions = {}) =>
  new FakeHost({
    ...options,
    files: { "/etc/cron.d": { type: "directory" }, "/var/tmp": { type: "directory" }, ...options.files },
    commands: [crontabs(texts), { argv: ["mktemp"], answer: "/var/tmp/crontab-abc\n" }],
  });

describe("cron", () => {
  test("adds a job under a name, once, and shows nothing else of the crontab", async () => {
    const texts = { root: "PASSWORD=geheim\n1 2 * * * old\n" };
    const host = hostWith(texts);
    const args: CronArgs = {
      name: "back up",
      minute: 5,
      hour: "*/2",
      weekday: "mon-fri",
      job: "backup.sh >/dev/null",
    };
    const ran = await runModule(cron, args, host);
    const { change, left } = ran;
    expect(change?.summary).toBe("cron job back up present in the crontab of root");
    expect(change?.diff).toEqual([
      {
        path: "crontab of root",
        before: undefined,
        after: "#Ansible: back up\n5 */2 * * mon-fri backup.sh >/dev/null\n",
      },
    ]);
    expect(texts.root).toBe(
      "PASSWORD=geheim\n1 2 * * * old\n#Ansible: back up\n5 */2 * * mon-fri backup.sh >/dev/null\n",
    );
    const names = { jobs: ["back up"], envs: ["PASSWORD"] };
    expect(await registeredBy(cron, args, host, ran)).toEqual(names);
    expect(await registeredBy(cron, args, host)).toEqual(names);
    expect(left).toBeUndefined();
  });

  test.each<[string, string, CronArgs, string]>([
    [
      "changes",
      "#Ansible: a\n* * * * * x\n# end\n",
      { name: "a", job: "y" },
      "#Ansible: a\n* * * * * y\n# end\n",
    ],
    ["takes a comment without a job", "#Ansible: a", { name: "a", job: "y" }, "#Ansible: a\n* * * * * y\n"],
    ["puts to sleep", "", { name: "a", job: "y", disabled: true }, "#Ansible: a\n#* * * * * y\n"],
    [
      "knows words for times",
      "",
      { name: "a", job: "y", special_time: "reboot" },
      "#Ansible: a\n@reboot y\n",
    ],
    ["puts a variable on top", "# x\n", { name: "A", env: true, job: "/b c" }, 'A="/b c"\n# x\n'],
    ["changes a variable", "A = 1\nB=2\n", { name: "A", env: true, job: "3" }, 'A="3"\nB=2\n'],
    [
      "puts a variable after",
      "A=1\nB=2\n",
      { name: "C", env: true, job: "3", insertafter: "A" },
      'A=1\nC="3"\nB=2\n',
    ],
    [
      "puts a variable before",
      "A=1\nB=2\n",
      { name: "C", env: true, job: "3", insertbefore: "B" },
      'A=1\nC="3"\nB=2\n',
    ],
    ["removes a job", "#Ansible: a\n* * * * * x\nB=2\n", { name: "a", state: "absent" }, "B=2\n"],
    ["removes a variable", "A=1\nB=2\n", { name: "A", env: true, state: "absent" }, "B=2\n"],
  ])("%s", async (_what, before, args, after) => {
    const texts: Record<string, string> = before === "" ? {} : { anna: before };
    const { left } = await runModule(cron, { ...args, user: "anna" }, hostWith(texts));
    expect(texts.anna).toBe(after);
    expect(left).toBeUndefined();
  });

  test("has nothing to remove where there is nothing", async () => {
    const { change } = await runModule(cron, { name: "a", state: "absent" }, hostWith({}));
    expect(change).toBeUndefined();
  });

  test("removes a crontab that is left empty, and keeps what was there", async () => {
    const host = hostWith({ root: "#Ansible: a\n* * * * * x\n" });
    const { applied, left } = await runModule(cron, { name: "a", state: "absent", backup: true }, host);
    expect(host.changesRun().at(-1)).toBe("crontab -r");
    expect(applied?.result).toMatchObject({ backup_file: "/var/tmp/crontab-abc" });
    expect(await host.readText("/var/tmp/crontab-abc")).toBe("#Ansible: a\n* * * * * x\n");
    expect((await host.stat("/var/tmp/crontab-abc"))?.mode).toBe("0600");
    expect(left).toBeUndefined();
  });

  test("keeps a file of its own, with the user in each line, and removes it with its last job", async () => {
    const host = hostWith({});
    const args: CronArgs = {
      name: "a",
      job: "x",
      user: "mail",
      cron_file: "mailferry",
      special_time: "daily",
    };
    const { change, left } = await runModule(cron, args, host);
    expect(change?.diff).toEqual([
      { path: "/etc/cron.d/mailferry", before: undefined, after: "#Ansible: a\n@daily mail x\n" },
    ]);
    expect(left).toBeUndefined();
    const gone = await runModule(cron, { name: "a", state: "absent", cron_file: "mailferry" }, host);
    expect(gone.left).toBeUndefined();
    expect(await host.stat("/etc/cron.d/mailferry")).toBeUndefined();
  });

  test("fails for a user and a variable that are not there; check mode may meet a user to come", async () => {
    const args: CronArgs = { name: "a", job: "x", user: "nobody-there" };
    await expect(runModule(cron, args, hostWith({}))).rejects.toThrow("unknown");
    const context = fakeContext({ checkMode: true });
    expect(await cron.check(args, hostWith({}).reader(), context)).toBeDefined();
    const gone = await runModule(cron, { name: "a", user: "nobody-there", state: "absent" }, hostWith({}));
    expect(gone.change).toBeUndefined();
    const beside: CronArgs = { name: "A", env: true, job: "x", insertafter: "B" };
    await expect(runModule(cron, beside, hostWith({}))).rejects.toThrow("no variable B");
    const none = new FakeHost({ commands: [{ argv: ["crontab"], answer: { exitCode: 127 } }] });
    await expect(runModule(cron, { name: "a", job: "x" }, none)).rejects.toThrow("cron is not installed");
  });

  test.each([
    { name: "a" },
    { job: "x" },
    { name: "a\nb", job: "x" },
    { name: "a", job: "x\ny" },
    { name: "a", job: "x", minute: "1 2" },
    { name: "a", job: "x", minute: -1 },
    { name: "a", job: "x", special_time: "daily", hour: 1 },
    { name: "a", job: "x", special_time: "noon" },
    { name: "a b", job: "x", env: true },
    { name: "a", job: "x", insertafter: "B" },
    { name: "a", job: "x", cron_file: "/etc/crontab" },
    { name: "a", job: "x", cron_file: "a.conf" },
    { name: "a", job: "x", cron_file: "/etc/cron.d/a.conf" },
    { name: "a", job: "x", cron_file: "../x" },
  ])("its schema refuses %j", (args) => expect(refuses(cron, args)).toBeDefined());
});
