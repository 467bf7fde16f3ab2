import { Failure, Refused } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import type { Latches, LatchName } from "../contract/latch.ts";
import type { RunScope } from "./scope.ts";
import { latchDirectoryOf, listWave, openedRootsOf } from "./waves.ts";
import { isOf, requireLiftable, requireOpened, undoneByTurning } from "./way-back.ts";

/** The side of the migration whose host keeps the mark: it is the one that a second controller would meet. */
const keptBy: Readonly<Record<LatchName, "old" | "new">> = {
  "old-frozen": "old",
  "new-opened": "new",
  "new-serving": "new",
  "new-frozen": "new",
};

/** Latches as the engine holds them. */
export interface HeldLatches extends Latches {
  /** True when no host bears the mark, and one says that it was lifted since it was set here: by another controller. */
  isLiftedElsewhere(name: LatchName): Promise<boolean>;
  /** Puts a mark back that a host of its side lacks. */
  remind(name: LatchName, since: string): Promise<void>;
}

/**
 * The latches of one run: the journal on the controller and a file on the host. Set in one of them is set. NAME.lifted beside
 * it says when it was lifted last: a journal that knows only of the setting, from before, is wrong.
 */
export function latchesOf(scope: RunScope): HeldLatches {
  const keepers = (name: LatchName) => scope.request.inventory.groups.get(keptBy[name]) ?? [];
  const latchDirectory = latchDirectoryOf(scope.request.wave);

  async function markOn(host: string, file: string): Promise<string | undefined> {
    const text = await (await scope.hosts.reach(host)).readText(`${latchDirectory}/${file}`);
    return text?.trim();
  }

  async function setAt(name: LatchName): Promise<string | undefined> {
    const recorded = scope.record.state().latches[name];
    if (recorded !== undefined) return recorded;
    const since = (await marksOf(name)).find((mark) => mark !== undefined);
    // Gates and proofs go by the journal: what a host bears is known there from the moment that it is seen.
    if (since !== undefined && scope.record.state().latches[name] === undefined)
      scope.record.add({ type: "latch-set", latch: name, since });
    return since;
  }

  const marksOf = (name: LatchName, file: string = name) =>
    Promise.all(keepers(name).map((host) => markOn(host, file)));

  async function requireFrozen(): Promise<void> {
    if ((await setAt("old-frozen")) !== undefined) return;
    throw new Refused("new is not opened while old was never frozen: mail would go on arriving there", {
      next: "Run the stage that freezes the old server first, whole and without --limit or --tags.",
    });
  }

  return {
    setAt,
    isSet: async (name) => (await setAt(name)) !== undefined,
    async anyOpenedAt() {
      const [other] = scope.otherWaves().flatMap(({ openedAt }) => openedAt ?? []);
      return (await setAt("new-opened")) ?? other;
    },
    openedRoots: async () => openedRootsOf(scope.otherWaves()),
    async isLiftedElsewhere(name) {
      const recorded = scope.record.state().latches[name];
      if (recorded === undefined) return false;
      const [marks, lifted] = [await marksOf(name), await marksOf(name, liftedFile(name))];
      return (
        marks.every((mark) => mark === undefined) &&
        lifted.some((liftedAt) => liftedAt !== undefined && liftedAt >= recorded)
      );
    },
    async remind(name, since) {
      for (const host of keepers(name)) {
        if ((await markOn(host, name)) === undefined) {
          await writeMark(await scope.hosts.reach(host), latchDirectory, name, since);
        }
      }
    },
    async set(name, { unproven = false } = {}) {
      if (name === "new-opened") {
        await requireFrozen();
        if (!unproven) requireProof(scope);
      }
      if (name === "new-frozen") requireOpened(scope);
      await makeWaveKnown(scope);
      const known = scope.record.state().latches[name];
      const at = known ?? scope.now().toISOString();
      // The hosts first: what a journal alone knows of, another controller does not, and goes another way meanwhile.
      await Promise.all(
        keepers(name).map(async (host) => writeMark(await scope.hosts.reach(host), latchDirectory, name, at)),
      );
      if (known === undefined) scope.record.add({ type: "latch-set", latch: name, since: at });
      scope.emit({ type: "latch-set", latch: name, at });
      const { downtimeSeconds: seconds, downtimeEstimate: estimate, latches } = scope.record.state();
      const from = latches["old-frozen"];
      if (name === "new-serving" && seconds !== undefined && from !== undefined) {
        scope.emit({ type: "downtime", seconds, from, to: at, estimate });
      }
    },
    async lift(name) {
      requireLiftable(scope, name);
      const lifted: readonly LatchName[] = name === "new-opened" ? ["new-serving", name] : [name];
      for (const latch of lifted) {
        // The clock of the controller that set it may be ahead of this one's.
        const setSince = scope.record.state().latches[latch] ?? "";
        const now = scope.now().toISOString();
        const liftedAt = now > setSince ? now : setSince;
        // The hosts first, again: killed in between, the latch still counts as set while one of them bears it.
        await Promise.all(
          keepers(latch).map(async (host) =>
            removeMark(await scope.hosts.reach(host), latchDirectory, latch, liftedAt),
          ),
        );
        const undoes = latch === "new-opened" ? undoneByTurning(scope.request.playbook) : [];
        const { at } = scope.record.add({
          type: "latch-lifted",
          latch,
          ...(undoes.length > 0 ? { undoes } : {}),
        });
        scope.emit({ type: "latch-lifted", latch, at });
      }
    },
  };
}

/**
 * Behind the opening nothing is copied any more: what is not on new by then stays behind. So each host, and each root that
 * was copied, has to stand in a proof whose ledgers were made in this attempt at the stage, behind the freeze.
 */
function requireProof({ record, request }: RunScope): void {
  const { proofs = [], copied = [], stages, latches } = record.state();
  const begun = stages[request.stage]?.startedAt ?? "";
  const frozen = latches["old-frozen"] ?? "";
  const valid = proofs.filter(
    ({ takenAt, isBack }) => isBack !== true && takenAt >= begun && takenAt >= frozen,
  );
  const proven = new Set(valid.flatMap(({ oldHost, newHost }) => [`old ${oldHost}`, `new ${newHost}`]));
  const missing = (["old", "new"] as const).flatMap((side) =>
    (request.inventory.groups.get(side) ?? []).filter((host) => !proven.has(`${side} ${host}`)),
  );
  const sides = request.inventory.groups;
  const unproven = copied.filter(
    (root) =>
      sides.get("old")?.includes(root.oldHost) === true &&
      sides.get("new")?.includes(root.newHost) === true &&
      !valid.some((proof) => proof.root === undefined || isOf(proof, root)),
  );
  const lacking = [...missing, ...unproven.map(({ newHost, root }) => `${root} of ${newHost}`)];
  if (lacking.length === 0) return;
  throw new Refused(
    `new is not opened: no proof of this run, behind the freeze, says that all mail is there (${lacking.join(", ")})`,
    {
      next: "Let `mail_ledger` and `mail_proof`, or `imap_copy_proof`, come between the freeze and this latch, and let nothing pass over them; old can still be brought back by a rollback. A playbook that proves it by other means says `unproven: true`.",
    },
  );
}

/** Before its first mark stands anywhere, both hosts know which domains a wave moves: other runs look there. */
async function makeWaveKnown({ request, hosts, record }: RunScope): Promise<void> {
  const { wave, inventory } = request;
  if (wave === undefined) return;
  const roots = (record.state().copied ?? []).map(({ root }) => root);
  for (const side of ["old", "new"]) {
    for (const host of inventory.groups.get(side) ?? []) await listWave(await hosts.reach(host), wave, roots);
  }
}

async function writeMark(host: HostWriter, directory: string, file: string, at: string): Promise<void> {
  const path = `${directory}/${file}`;
  await host.run(["install", "-d", "-m", "0700", "--", directory]);
  await host.writeFile(path, `${at}\n`, { mode: "0600" });
  await host.run(["sync", "--", path]);
  if ((await host.readText(path))?.trim() !== at) {
    throw new Failure("task-failed", `the latch ${file} could not be kept on ${host.name}`, {
      host: host.name,
    });
  }
}

async function removeMark(host: HostWriter, directory: string, name: LatchName, at: string): Promise<void> {
  await host.run(["rm", "-f", "--", `${directory}/${name}`]);
  await writeMark(host, directory, liftedFile(name), at);
}

function liftedFile(name: LatchName): string {
  return `${name}.lifted`;
}
