import { EventEmitter } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PrivateHost, startPrivateHost } from "../transport/testing/private-host.ts";
import { makeWorkplace, playbookText } from "./testing/run-in-memory.ts";

const place = makeWorkplace({
  "move.yml": playbookText,
  "answers.yml": "confirm-switch: mail-old.example.org\n",
});
const files = ["move.yml", "-i", "hosts.yml"];
const hosts: PrivateHost[] = [];

beforeAll(async () => {
  hosts.push(...(await Promise.all([startPrivateHost(), startPrivateHost()])));
  const [old, fresh] = hosts.map(
    ({ port, keyFile, knownHostsFile }) =>
      `address: 127.0.0.1, port: ${port}, user: root, key_file: ${keyFile}, known_hosts_file: ${knownHostsFile}, ssh_config_file: none`,
  );
  place.write(
    "hosts.yml",
    `all:
  children:
    old: { hosts: { mail-old.example.org: { ${old} } } }
    new: { hosts: { mail-new.example.org: { ${fresh} } } }
`,
  );
}, 120_000);
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.stop()));
  place.remove();
});

describe("a migration by hand", { timeout: 60_000 }, () => {
  it("looks first, with --check, and leaves nothing behind", async () => {
    const { exitCode, stdout } = await place.run(["run", ...files, "--stage", "copy", "--check"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("would change  mail-new.example.org  Say hello\n");
    expect(stdout).toContain("Nothing was changed.\n");
    expect(readdirSync(place.directory)).not.toContain(".mailferry");
  });

  it("runs a stage, keeps a report with it, and says what comes next", async () => {
    const { exitCode, stdout, stderr } = await place.run(["run", ...files, "--stage", "copy"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toContain("changed  mail-new.example.org  Say hello\n");
    expect(stdout).toContain("changed  mail-new.example.org  handler Tell it\n");
    expect(stdout).toContain("next: mailferry run move.yml -i hosts.yml --stage switch\n");
    const state = join(place.directory, ".mailferry", "hosts--move");
    const [run = ""] = readdirSync(join(state, "runs"));
    const report = join(state, "runs", run, "report.txt");
    expect(readFileSync(report, "utf8")).toContain("changed  mail-new.example.org  Say hello\n");
    expect([state, report].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(["700", "600"]);
  });

  it("takes --hash and --full for variables of the role maildir", async () => {
    place.write("hash.yml", "- hosts: new\n  gather_facts: false\n  roles: [ledgers]\n");
    for (const folder of ["defaults", "tasks"]) {
      mkdirSync(join(place.directory, "roles/ledgers", folder), { recursive: true });
    }
    place.write("roles/ledgers/defaults/main.yml", "maildir_hash: none\nmaildir_full: false\n");
    place.write(
      "roles/ledgers/tasks/main.yml",
      '- debug: { msg: "hash: {{maildir_hash}}, full: {{json maildir_full}}" }\n',
    );
    const run = ["run", "hash.yml", "-i", "hosts.yml", "--stage", "main", "--check"];
    expect((await place.run(run)).stdout).toContain("hash: none, full: false");
    expect((await place.run([...run, "--hash", "new"])).stdout).toContain("hash: new, full: false");
    expect((await place.run([...run, "--full"])).stdout).toContain("hash: none, full: true");
  });

  it("refuses a stage whose turn it is not", async () => {
    const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "finish"]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("refused: stage finish needs stage switch first");
  });

  it("does not take --yes, or silence, for a typed name", async () => {
    for (const more of [[], ["--yes"]]) {
      const { exitCode, stderr } = await place.run(["run", ...files, "--stage", "switch", ...more]);
      expect(exitCode).toBe(4);
      expect(stderr).toContain("confirm-switch: …");
    }
  });

  it("tells a run to programs as JSON lines, and to people apart from them", async () => {
    const argv = ["run", ...files, "--stage", "switch", "--answers", "answers.yml", "--json"];
    const { exitCode, stdout, stderr } = await place.run(argv);
    expect(exitCode).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.at(0)?.type).toBe("run-started");
    expect(events.at(-1)).toMatchObject({ type: "run-finished", result: "done" });
    expect(stderr).toContain("next: mailferry run");
  });

  it("rolls back the stage that was begun last", async () => {
    const { exitCode, stdout } = await place.run(["rollback", ...files]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("changed  mail-old.example.org  Undo\n");
    const status = await place.run(["status", ...files]);
    expect(status.stdout).toMatch(/^ {2}switch +rolled back /m);
    expect(status.stdout).toMatch(/^ {2}old +mail-old\.example\.org\n +Postfix: /m);
  });

  it("finishes the task under way at the first signal, and says where it stands", async () => {
    place.write(
      "slow.yml",
      "- name: Slow\n  hosts: new\n  tasks:\n    - name: Wait\n      command: sleep 3\n    - name: Never\n      command: echo\n",
    );
    const signals = new EventEmitter();
    const running = place.run(["run", "slow.yml", "-i", "hosts.yml"], { signals });
    await expect.poll(() => waiting("slow"), { timeout: 20_000 }).toBe(true);
    signals.emit("SIGINT");
    const { exitCode, stdout } = await running;
    expect(exitCode).toBe(130);
    expect(stdout).toContain("Finishing the task under way");
    expect(stdout).toMatch(/^changed +mail-new\.example\.org +Wait/m);
    expect(stdout).not.toContain("Never");
    expect(stdout).toMatch(/^ {2}main +cut short; begun /m);
    expect(stdout).toContain("next: mailferry run slow.yml -i hosts.yml --stage main\n");
  });
});

/** Whether the first task of a playbook is under way: its intent stands in the journal. */
function waiting(playbook: string): boolean {
  try {
    const journal = join(place.directory, ".mailferry", `hosts--${playbook}`, "journal.jsonl");
    return readFileSync(journal, "utf8").includes('"task-intent"');
  } catch {
    return false;
  }
}
