import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { LookContext } from "../contract/module.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, followLink, planFile } from "./managed-file.ts";

/** A text file of which a part is changed. */
export interface EditedFile extends Attributes {
  readonly path: string;
  /** Make the file when it is not there. */
  readonly create?: boolean | undefined;
  readonly backup?: boolean | undefined;
  readonly validate?: string | undefined;
}

/** The change that makes of a file's text what `edit` makes of it; undefined when that is the same. Links are followed. */
export async function planEdit(
  file: EditedFile,
  host: HostReader,
  { checkMode }: LookContext,
  edit: (text: string) => string,
): Promise<FileChange | undefined> {
  const path = await followLink(file.path, host);
  const before = await host.readText(path);
  if (before === undefined && file.create !== true && !checkMode) throw missing(file, host);
  const after = edit(before ?? "");
  // In check mode an earlier task may be the one that makes it: then only what is put in can be foreseen.
  if (before === undefined && file.create !== true && after === "") return undefined;
  return planFile({ ...file, path, content: Buffer.from(after) }, host);
}

function missing({ path, create }: EditedFile, host: HostReader): Failure {
  const next = create === undefined ? "`copy` and `template` make files." : "`create: true` makes it.";
  return new Failure("task-failed", `there is no file ${path}`, { host: host.name, next });
}
