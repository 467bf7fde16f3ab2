import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";
import { renderText } from "../../src/expression/template.ts";
import { tasksIn } from "../../src/language/checks/known-names.ts";
import { loadPlaybook } from "../../src/language/load-playbook.ts";
import { moduleRegistry } from "../../src/modules/registry.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const [task] = parse(readFileSync(at("roles/maildir/tasks/links.yml"), "utf8")) as {
  readonly name: string;
  readonly command: string;
}[];

/** What neither rsync nor dsync's list of users follows, so that it would stay behind with a proof that says "same". */
describe("mail behind a link", () => {
  test("is found, and a link that leads nowhere or to a file is none", () => {
    const root = join(temporaryDirectory(), "v mail's");
    const user = join(root, "a.org", "y");
    mkdirSync(user, { recursive: true });
    symlinkSync("gone", join(user, "broken"));
    symlinkSync("/etc/hostname", join(user, "file"));
    const asked = renderText(task?.command ?? "", { vmail_directory: root }, "links.yml");
    const linked = () => spawnSync("sh", ["-c", asked], { encoding: "utf8" });
    expect(linked()).toMatchObject({ status: 0, stdout: "", stderr: "" });
    symlinkSync(temporaryDirectory(), join(user, "Maildir"));
    expect(linked()).toMatchObject({ status: 0, stdout: `${join(user, "Maildir")}\n`, stderr: "" });
  });

  test.each(["hot", "cold"])("is looked for before old's Dovecot hands anything over: %s", async (entry) => {
    const playbook = join(temporaryDirectory(), "import.yml");
    writeFileSync(playbook, `- { hosts: new, roles: [{ role: dbox, tasks_from: ${entry} }] }\n`);
    const context = { modules: moduleRegistry, roleDirectories: [at("roles")] };
    const [stage] = (await loadPlaybook(playbook, context)).playbook.stages;
    const tasks = stage?.plays.flatMap((play) => play.tasks.flatMap(tasksIn)) ?? [];
    const looked = tasks.findIndex(({ name }) => name === task?.name);
    const imported = tasks.findIndex(
      ({ module, args }) => module === "dsync_import" && "from" in args.values,
    );
    expect(looked).toBeGreaterThanOrEqual(0);
    expect(imported).toBeGreaterThan(looked);
  });
});
