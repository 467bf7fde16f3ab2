import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { waveOf } from "../../../src/contract/wave.ts";
import { makePlace, run } from "./run-playbook.ts";

const told = "/var/lib/mailferry/waves-told";
const playbook = `name: example
moves_domains: true
stages:
  - name: tell
    plays:
      - hosts: old
        gather_facts: false
        roles: [{ role: waves, tasks_from: tell-proxy, vars: { wave_told_server: 192.0.2.9, wave_proxy_command: tell-them, mail_domains: [a.example, b.example] } }]
`;

test("a domain that the operator's proxy was told of is noted, though the call for the next one fails", async () => {
  const place = makePlace();
  const { alpha, beta, control } = place.hosts;
  for (const { tree } of [alpha, beta]) {
    tree.put("/var/lib/mailferry/latches/a.example+b.example", { type: "directory" });
  }
  mkdirSync(join(place.directory, "roles"));
  symlinkSync(resolve("roles/waves"), join(place.directory, "roles/waves"));
  alpha.answer([], ({ argv }) =>
    argv.join(" ").includes(told) ? (alpha.tree.read(told)?.toString() ?? "") : undefined,
  );
  const calls: string[] = [];
  let failing = "b.example";
  control.answer([], ({ argv }) => {
    const [, domain] = /tell-them.* sh (\S+) 192\.0\.2\.9/.exec(argv.join(" ")) ?? [];
    if (domain === undefined) return undefined;
    calls.push(domain);
    return domain === failing ? { exitCode: 1, stderr: "no answer" } : "";
  });
  const tell = () => {
    return run(place, playbook, { wave: waveOf(["a.example", "b.example"]), stage: "tell" });
  };

  expect((await tell()).result.failures).toHaveLength(1);
  expect(alpha.tree.read(told)?.toString()).toBe("a.example 192.0.2.9\n");
  failing = "";
  expect((await tell()).result.failures).toEqual([]);
  expect(calls).toEqual(["a.example", "b.example", "b.example"]);
  expect(alpha.tree.read(told)?.toString()).toBe("a.example 192.0.2.9\nb.example 192.0.2.9\n");
});
