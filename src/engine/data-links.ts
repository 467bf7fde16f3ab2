import type { DataLink, DataLinkRequest } from "../contract/data-link.ts";
import { Failure } from "../contract/errors.ts";
import { closeDataLinks, openDataLink } from "../transport/data-link.ts";
import { markSource } from "./mark-source.ts";
import type { RunScope } from "./scope.ts";

/** Links die by themselves when nobody comes back to close them. */
const expiresInSeconds = 24 * 60 * 60;

/** One that was opened longer ago is opened anew when it is asked for: that puts its end off. */
const freshForMs = 60 * 60 * 1000;

/** The data links of one run. */
export interface HeldLinks {
  /** Opens a link, once for a directory and two hosts: it is there until the stage ends. */
  open(wanted: DataLinkRequest): Promise<DataLink>;
  /** Closes every data link that the journal knows of, those of a killed run too. */
  close(): Promise<void>;
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
      await closeLinks(scope);
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

async function closeLinks(scope: RunScope): Promise<void> {
  for (const { source, target } of scope.record.state().openLinks) {
    await closeDataLinks(
      await scope.hosts.reach(source),
      await scope.hosts.reach(target),
      scope.request.migration,
    );
    scope.record.add({ type: "links-closed", source, target });
  }
}
