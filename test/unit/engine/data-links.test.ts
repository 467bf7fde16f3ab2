import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Unreachable } from "../../../src/contract/errors.ts";
import { readState } from "../../../src/engine/record.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  place.hosts.beta.answer(["ready"], "");
  // What closing asks of the hosts: where sshd looks for keys, how many lines went, where new keeps its own.
  place.hosts.alpha.answer(["/bin/sh", "-c"], ({ kind }) => (kind === "probe" ? "home /root" : "1"));
  place.hosts.beta.answer(["/bin/sh", "-c"], "/var/lib/mailferry");
});

const migration = `name: example
stages:
  - name: finish
    plays: [{ hosts: new, tasks: [{ name: get ready, command: ready }] }]
    rollback: [{ hosts: new, tasks: [{ name: get ready, command: ready }] }]
`;

/** The journal of a run that was killed while it had a link open. */
function leaveOpen(source: string): void {
  mkdirSync(place.stateDirectory, { recursive: true, mode: 0o700 });
  const opened = { type: "link-opened", source, target: "beta", directory: "/var/vmail" };
  const entry = { at: "2026-01-01T00:00:00.000Z", run: "x", ...opened };
  writeFileSync(join(place.stateDirectory, "journal.jsonl"), `${JSON.stringify(entry)}\n`);
}

const state = () => readState(place.stateDirectory);

describe("a data link that is open", () => {
  test("is closed by the next run, whatever it does", async () => {
    leaveOpen("alpha");
    expect((await run(place, migration, { stage: "finish" })).result.result).toBe("done");
    expect(state().openLinks).toEqual([]);
    expect(place.hosts.alpha.changesRun().some((argv) => argv.includes("mailferry:example:"))).toBe(true);
  });

  test.each([false, true])(
    "and can't be closed keeps its stage from being done (rollback: %s)",
    async (rollback) => {
      leaveOpen("alpha");
      let isAway = true;
      place.hosts.alpha.answer(["/bin/sh", "-c"], () =>
        isAway ? new Unreachable("alpha can't be reached any more", { host: "alpha" }) : undefined,
      );
      const { result, events } = await run(place, migration, { stage: "finish", rollback });
      const told = "the data link on which beta reads from alpha could not be closed";
      expect(result).toMatchObject({ result: "failed", failures: [{ kind: "unreachable" }] });
      expect(events).toContainEqual(
        expect.objectContaining({ type: "notice", host: "alpha", text: expect.stringContaining(told) }),
      );
      expect(state().openLinks).toHaveLength(1);
      expect(state()).toMatchObject(
        rollback
          ? { unfinishedRollback: "finish" }
          : { stages: { finish: { failure: expect.stringContaining(told) } } },
      );
      isAway = false;
      expect((await run(place, migration, { stage: "finish", rollback })).result.result).toBe("done");
      expect(state().openLinks).toEqual([]);
    },
  );

  test("to a host that the inventory names no more stops nothing, and is named", async () => {
    leaveOpen("gone");
    const { result, events } = await run(place, migration, { stage: "finish" });
    expect(result.result).toBe("done");
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "notice",
        text: expect.stringContaining("gone is not in the inventory"),
      }),
    );
  });
});
