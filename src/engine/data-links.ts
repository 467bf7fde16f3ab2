import type { DataLink, DataLinkRequest } from "../contract/data-link.ts";
import { Failure } from "../contract/errors.ts";
import { hostNamed } from "../language/inventory/host-pattern.ts";
import { closeDataLinks, openDataLink } from "../transport/data-link.ts";
import { markSource } from "./mark-source.ts";
import type { RunScope } from "./scope.ts";

/** Links die by themselves when nobody comes back to close them. */
const expiresInSeconds = 24 * 60 * 60;

/** One that was opened longer ago is opened anew when it is asked for: that puts its end off. */
const freshForMs = 60 * 60 * 1000;

type LinkEnds = Pick<DataLinkRequest, "source" | "target">;

/** The data links of one run. */
export interface HeldLinks {
  /** Opens a link, once for a directory and two hosts: it is there until the stage ends. */
  open(wanted: DataLinkRequest): Promise<DataLink>;
  /** Closes every data link that the journal knows of, those of a killed run too; gives back why one could not be closed. */
  close(): Promise<Failure[]>;
}

/** Holds the links of a run. One that could not be opened is tried anew when it is asked for again. */
export function linksOf(scope: RunScope): HeldLinks {
  const opened = new Map<string, { readonly link: Promise<DataLink>; readonly at: number }>();
  return {
    open(wanted) {
      const key = JSON.stringify([wanted.source, wanted.target, wanted.directory, wanted.dovecot]);
      const held = opened.get(key);
      const at = scope.now().getTime();
      if (held !== undefined && at - held.at < freshForMs) return held.link;
      const link = openLink(scope, wanted);
      opened.set(key, { link, at });
      link.catch(() => opened.delete(key));
      return link;
    },
    async close() {
      // One that is still being opened would be left behind.
      await Promise.allSettled([...opened.values()].map(({ link }) => link));
      opened.clear();
      return closeLinks(scope);
    },
  };
}

/** The journal knows of it before the key line is written. */
async function openLink(scope: RunScope, wanted: DataLinkRequest): Promise<DataLink> {
  const source = await scope.hosts.reach(wanted.source);
  const target = await scope.hosts.reach(wanted.target);
  const old = scope.request.inventory.hosts.get(wanted.source);
  if (old === undefined || old.spec.connection === "local") {
    throw new Failure("bad-input", `a data link needs ssh to ${wanted.source}`, {
      next: "Let the controller be a machine of its own, or reach both hosts by ssh.",
    });
  }
  // What is read on new goes back to old: no originals.
  if (!scope.request.inventory.groups.get("new")?.includes(wanted.source))
    await markSource(source, scope.now());
  scope.record.add({ type: "link-opened", ...wanted });
  return openDataLink(source, target, {
    directory: wanted.directory,
    dovecot: wanted.dovecot,
    migration: scope.request.migration,
    sourceAddress: old.spec.address,
    sourcePort: old.spec.port ?? 22,
    sourceUser: old.become ? old.becomeUser : (old.spec.user ?? source.facts.user),
    targetAddresses: [target.address],
    expiresInSeconds,
  });
}

async function closeLinks(scope: RunScope): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const link of scope.record.state().openLinks) {
    if (isGone(scope, link)) continue;
    try {
      await closeLink(scope, link);
    } catch (error) {
      failures.push(stillOpen(link, error));
    }
  }
  return failures;
}

/** A host that the inventory names no more can't be asked, by no later run either. */
function isGone({ inventory, emit }: RunScope, { source, target }: LinkEnds): boolean {
  const gone = [source, target].find((name) => hostNamed(name, inventory.current().hosts) === undefined);
  if (gone === undefined) return false;
  emit({
    type: "notice",
    text: `${gone} is not in the inventory now: the data link from ${source} to ${target} is not closed`,
  });
  return true;
}

async function closeLink(scope: RunScope, { source, target }: LinkEnds): Promise<void> {
  const [from, to] = [await scope.hosts.reach(source), await scope.hosts.reach(target)];
  await closeDataLinks(from, to, scope.request.migration);
  scope.record.add({ type: "links-closed", source, target });
}

function stillOpen({ source, target }: LinkEnds, error: unknown): Failure {
  const why = error instanceof Error ? error.message : String(error);
  const kind = error instanceof Failure ? error.kind : "task-failed";
  return new Failure(
    kind,
    `the data link on which ${target} reads from ${source} could not be closed: ${why}`,
    {
      host: source,
      next: `Run the same command again, once both hosts can be reached: it takes the link's key out of authorized_keys on ${source}.`,
      cause: error,
    },
  );
}
