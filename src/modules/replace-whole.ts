import { posix } from "node:path";
import type { HostWriter } from "../contract/host.ts";
import type { ApplyContext } from "../contract/module.ts";
import { type Attributes, attributeSteps } from "./file-attributes.ts";
import { withCleanUp } from "./with-clean-up.ts";

/** A file that a program writes, where the content does not pass through here. */
export interface FilledFile {
  readonly path: string;
  /** What is not named stays as it was. */
  readonly attributes: Attributes;
  /** The mode of a file that is new. */
  readonly newMode: string;
}

/** Lets `fill` write a new file beside the path, and puts it in its place; when it throws, what was there stays. */
export async function replaceWhole<Result>(
  { path, attributes, newMode }: FilledFile,
  host: HostWriter,
  { notice }: Pick<ApplyContext, "notice">,
  fill: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const made = await host.run(["mktemp", "--", posix.join(posix.dirname(path), ".mailferry-XXXXXXXXXX")]);
  const temporary = made.stdout.toString("utf8").replace(/\n$/, "");
  const work = async () => {
    const result = await fill(temporary);
    await host.run(["/bin/sh", "-c", likeTheOldOne, "sh", temporary, path, newMode]);
    for (const step of attributeSteps(temporary, attributes)) await host.run(step);
    await host.run(["mv", "-fT", "--", temporary, path]);
    return result;
  };
  const cleanUp = async () => void (await host.run(["rm", "-f", "--", temporary]));
  return withCleanUp(work, cleanUp, notice);
}

const likeTheOldOne = `if [ -e "$2" ]; then
  chown --reference="$2" -- "$1" && chmod --reference="$2" -- "$1"
else chmod "$3" -- "$1"; fi`;
