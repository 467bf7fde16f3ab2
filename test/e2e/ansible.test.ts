import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labDown } from "../../src/lab/lab-down.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { readCases } from "./ansible/case-file.ts";
import { linesOf } from "./ansible/ended.ts";
import { type Bench, makeBench, runAnsible, runMailferry } from "./ansible/run-both.ts";
import { labName } from "./lab-name.ts";

const name = labName("ansible");

/** docs/ansible.md says where Mailferry means the same as Ansible: here both run the same playbooks on the same host. */
describe("the same playbook by Ansible and by Mailferry", () => {
  let bench: Bench;

  beforeAll(async () => {
    await labDown(name);
    bench = await makeBench(await labUp({ name }));
  });
  afterAll(() => labDown(name));

  test.for(readCases())("$name", async (one) => {
    const [theirs, ours] = await Promise.all([runAnsible(bench, one), runMailferry(bench, one)]);
    const told = `Ansible:\n${theirs.output}\nMailferry:\n${ours.output}`;
    expect(linesOf(theirs, one.order), told).not.toHaveLength(0);
    expect(linesOf(ours, one.order), told).toEqual(linesOf(theirs, one.order));
    expect(ours.files, told).toBe(theirs.files);
  });
});
