import { beforeEach, describe, expect, test } from "vitest";
import { readState } from "../../../src/engine/record.ts";
import { putFiles } from "./project-files.ts";
import { connectTo, makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const play = (tasks: string) => `- hosts: new\n  tasks:\n${tasks}`;

describe("an async task", () => {
  test("is started as a job that nobody waits for, and asked about until it has ended", async () => {
    let polls = 0;
    place.hosts.beta.answer(["timeout"], ({ argv }) => `${++polls} ${argv.slice(2).join(" ")}`);
    const ran = await run(
      place,
      play(`    - { name: start, command: sync-all -v, async: 10m, poll: 0, register: job }
    - { assert: { that: [job.started, "!job.finished", 'job.job_status == "running"', job.changed] } }
    - { name: ask, async_status: { jid: "{{job.job_id}}" }, register: asked, until: asked.finished && asked.stdout.startsWith("2"), delay: 0 }
    - { name: clean, async_status: { jid: "{{job.job_id}}", mode: cleanup } }
    - { name: again, async_status: { jid: "{{job.job_id}}" }, ignore_errors: true, register: again }
    - { assert: { that: ['asked.stdout == "2 600 sync-all -v"', asked.rc == 0, again.failed] } }
`),
    );
    expect(ran.result.failures).toEqual([]);
  });

  test("is followed to its end with its lines shown, and fails as the command does", async () => {
    place.hosts.beta.answer(["timeout"], ({ argv }) => ({
      exitCode: argv.includes("bad") ? 3 : 0,
      stdout: "one\ntwo",
    }));
    const ran = await run(
      place,
      play(`    - { name: good, shell: good, async: 60, register: done, args: { chdir: /srv } }
    - { assert: { that: [done.finished, done.rc == 0, 'done.stdout_lines == ["one", "two"]'] } }
    - { name: bad, command: bad, async: "{{cel '30 + 30'}}", poll: 5, register: bad, failed_when: bad.rc != 3 }
    - { assert: { that: [bad.rc == 3, bad.finished] } }
`),
    );
    expect(ran.result.failures).toEqual([]);
    const calls = place.hosts.beta.changesRun().filter((line) => line.startsWith("timeout"));
    expect(calls[0]).toMatch(/^timeout --kill-after=10 60 sh -c .* \/srv \/bin\/sh -c good$/);
  });

  test("fails when its time is up", async () => {
    place.hosts.beta.answer(["timeout"], { exitCode: 124 });
    const ran = await run(place, play("    - { command: long, async: 5 }\n"));
    expect(ran.result.failures[0]).toMatchObject({
      message: "it did not end within 5 s, which is its `async`",
    });
  });

  test("brings a script along, and starts nothing in check mode", async () => {
    putFiles(place, { "files/go.sh": "#!/bin/sh\necho $1\n" });
    place.hosts.beta.answer(["timeout"], ({ options }) => String(options.stdin));
    const yaml = play(`    - { name: go, script: go.sh a, async: 60, register: gone }
    - { name: see, assert: { that: ['gone.stdout.endsWith("echo $1")'] } }
`);
    expect((await run(place, yaml, { checkMode: true })).tasks).toEqual([
      "beta: go: changed",
      "beta: see: skipped",
    ]);
    expect((await run(place, yaml)).result.failures).toEqual([]);
  });

  test("keeps its stage from being done while it runs, and says how it is waited for", async () => {
    place.hosts.beta.answer(["timeout"], "");
    place.endless.add("sync-all");
    const yaml = play("    - { name: start, command: sync-all, async: 10m, poll: 0 }\n");
    const { result } = await run(place, yaml);
    expect(result).toMatchObject({ result: "failed", failures: [{ kind: "task-failed", host: "beta" }] });
    expect(result.failures[0]?.message).toContain('of the async task "start" still runs on beta');
    expect(result.failures[0]?.next).toContain("until: asked.finished");
    expect(readState(place.stateDirectory).stages.main?.doneAt).toBeUndefined();
    // Run again, the stage waits for it before it starts anything.
    place.endless.clear();
    expect((await run(place, yaml)).result.result).toBe("done");
  });

  test("leaves nothing on the host once the stage is done, whether or not anybody asked", async () => {
    place.hosts.beta.answer(["timeout"], ({ argv }) => (argv.includes("bad") ? { exitCode: 3 } : ""));
    const yaml = play(`    - { name: start, command: good, async: 60, poll: 0, register: job }
    - { name: ask, async_status: { jid: "{{job.job_id}}" } }
    - { name: forgotten, command: bad, async: 60, poll: 0 }
`);
    const { result, events } = await run(place, yaml);
    expect(result.result).toBe("done");
    expect(await jobsOn(place, "beta")).toEqual([]);
    expect(readState(place.stateDirectory)).toMatchObject({ openJobs: {}, jobs: {} });
    const text = 'the job of the async task "forgotten" ended with exit code 3';
    expect(events).toContainEqual({ type: "notice", host: "beta", text });
  });

  test("that an earlier run left can still be asked about, until the stage is done", async () => {
    place.hosts.beta.answer(["timeout"], "done");
    const yaml = (more: string) =>
      play(`    - { name: start, command: good, async: 60, poll: 0, register: job }
    - { name: fails at first, command: ${more} }
    - { name: ask, async_status: { jid: "{{job.job_id}}" }, register: asked, until: asked.finished, delay: 0 }
`);
    place.hosts.beta.answer(["stop"], { exitCode: 1 });
    expect((await run(place, yaml("stop"))).result.result).toBe("failed");
    expect(await jobsOn(place, "beta")).toHaveLength(1);
    place.hosts.beta.answer(["stop"], "");
    const { result } = await run(place, yaml("stop"), { resume: true });
    expect(result.failures).toEqual([]);
    expect(await jobsOn(place, "beta")).toEqual([]);
  });
});

async function jobsOn(there: Place, name: string): Promise<readonly string[]> {
  const connection = await connectTo(there)(
    { name, connection: "ssh", address: "192.0.2.1" },
    new AbortController().signal,
  );
  return (await connection.as()).listJobs("");
}
