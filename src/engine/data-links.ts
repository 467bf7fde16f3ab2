import type { DataLink, DataLinkRequest } from "../contract/data-link.ts";
import { Failure } from "../contract/errors.ts";
import { closeDataLinks, openDataLink } from "../transport/data-link.ts";
import type { RunScope } from "./scope.ts";

/** Links die by themselves when nobody comes back to close them. */
const expiresInSeconds = 24 * 60 * 60;

/** Opens a data link for the stage. The journal knows of it before the key line is written. */
export async function openLink(scope: RunScope, wanted: DataLinkRequest): Promise<DataLink> {
  const source = await scope.hosts.reach(wanted.source);
  const target = await scope.hosts.reach(wanted.target);
  const old = scope.request.inventory.hosts.get(wanted.source);
  if (old === undefined || old.spec.connection === "local") {
    throw new Failure("bad-input", `a data link needs ssh to ${wanted.source}`, {
      next: "Let the controller be a machine of its own, or reach both hosts by ssh.",
    });
  }
  scope.record.add({ type: "link-opened", ...wanted });
  return openDataLink(source, target, {
    directory: wanted.directory,
    migration: scope.request.migration,
    sourceAddress: old.spec.address,
    sourcePort: old.spec.port ?? 22,
    sourceUser: old.become ? old.becomeUser : (old.spec.user ?? source.facts.user),
    targetAddresses: [target.address],
    expiresInSeconds,
  });
}

/** Closes every data link that the journal knows of, those of a killed run too. */
export async function closeLinks(scope: RunScope): Promise<void> {
  for (const { source, target } of scope.record.state().openLinks) {
    await closeDataLinks(
      await scope.hosts.reach(source),
      await scope.hosts.reach(target),
      scope.request.migration,
    );
    scope.record.add({ type: "links-closed", source, target });
  }
}
