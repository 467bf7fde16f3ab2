import { Failure } from "../contract/errors.ts";
import { lookingModule } from "../contract/module.ts";
import { absolutePath, closed } from "./argument-schemas.ts";
import { followLink } from "./managed-file.ts";

export interface SlurpArgs {
  readonly src: string;
}

/** More than this is not fit for a variable. */
const largestMiB = 16;

/** Reads a file of the host into a variable. */
export const slurp = lookingModule<SlurpArgs>({
  name: "slurp",
  description: `Reads a file of the host, of at most ${largestMiB} MiB. Registers \`content\` in base64, \`encoding\` and \`source\`. Larger ones come with \`fetch\`.`,
  shorthand: "src",
  args: closed({ src: absolutePath("The file.") }, { required: ["src"] }),

  async look({ src }, host) {
    const source = await followLink(src, host);
    const stat = await host.stat(source);
    const refused = (why: string, next?: string) =>
      new Failure("task-failed", `${src} ${why}`, { host: host.name, next });
    if (stat === undefined) throw refused("is not there");
    if (stat.type !== "file") throw refused(`is no file but a ${stat.type}`);
    if (stat.sizeBytes > largestMiB * 1024 * 1024) {
      throw refused(`is larger than ${largestMiB} MiB`, "`fetch` brings large files to the controller.");
    }
    const content = await host.readFile(source);
    if (content === undefined) throw refused("is gone");
    return { result: { content: content.toString("base64"), encoding: "base64", source: src } };
  },
});
