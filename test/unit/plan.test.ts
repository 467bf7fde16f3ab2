import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { lookAhead } from "../../src/cli/look-ahead.ts";
import { makePlan } from "../../src/cli/plan-data.ts";
import { planTree } from "../../src/cli/plan-tree.ts";
import { createRedactor } from "../../src/report/redact.ts";
import { makePlace, requestFor } from "./engine/run-playbook.ts";

const yaml = `name: example
stages:
  - name: first
    plays:
      - hosts: new
        tasks:
          - { name: motd, copy: { dest: /etc/motd, content: hello }, notify: tell }
          - { name: there, copy: { dest: /etc/hostname, content: beta } }
          - { name: run it, command: work, register: work }
          - { name: use it, debug: { msg: "{{work.stdout}}" } }
          - { name: not, copy: { dest: /x, content: x }, when: "1 == 2" }
          - { name: hidden, copy: { dest: /s, content: geheim }, no_log: true }
        handlers:
          - { name: tell, copy: { dest: /told, content: x } }
          - { name: not called, copy: { dest: /not, content: x }, listen: nothing }
  - name: second
    plays:
      - hosts: old
        tasks: [{ name: stop, fail: { msg: no further } }]
`;

test("a plan tells what is known to change on each host, and what only later", async () => {
  const place = makePlace();
  const request = await requestFor(place, yaml);
  const before = place.hosts.beta.changesRun().length;
  const findings = await lookAhead(request.playbook.stages, request, createRedactor());
  const { playbook, inventory, extraVariables } = request;
  const migration = { name: "example", stateDirectory: place.stateDirectory };
  const plan = makePlan({ playbook, inventory, migration, extraVariables }, undefined, findings);
  expect(planTree(plan)).toBe(`example
├─ first
│  └─ new [beta]
│     ├─ motd (copy)
│     │  └─ beta: would change: create /etc/motd
│     ├─ there (copy)
│     │  └─ beta: nothing to do
│     ├─ run it (command)
│     │  └─ beta: would change: run work
│     ├─ use it (debug)
│     │  └─ beta: known after: what \`work\` stands for was done
│     ├─ not (copy)
│     │  └─ beta: skipped: 1 == 2
│     ├─ hidden (copy)
│     │  └─ beta: would change
│     └─ handlers
│        ├─ tell (copy)
│        │  └─ beta: would change: create /told
│        └─ not called (copy)
└─ second
   ├─ old [alpha]
   │  └─ stop (fail)
   │     └─ alpha: fails: no further
   └─ the look ended here: no further
`);
  expect(place.hosts.beta.writes.filter(({ path }) => !path.includes("/mailferry/"))).toEqual([]);
  expect(place.hosts.beta.changesRun().slice(before)).not.toContain("work");
  expect(existsSync(place.stateDirectory)).toBe(false);
  const [first] = plan.stages[0]?.plays[0]?.tasks ?? [];
  expect(first).toMatchObject({
    kind: "task",
    id: "p1.tasks.1",
    hosts: { beta: [{ status: "would change" }] },
  });
});
