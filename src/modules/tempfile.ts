import type { Change } from "../contract/change.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, closed, oneOf } from "./argument-schemas.ts";

export interface TempfileArgs {
  readonly state?: "file" | "directory";
  readonly path?: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

export interface TempfileChange extends Change {
  readonly argv: readonly string[];
}

const partOfName = (description: string, byDefault: string) => ({
  type: "string",
  pattern: "^[^/]*$",
  default: byDefault,
  description,
});

/** Makes a temporary file or directory. */
export const tempfile = changingModule<TempfileArgs, TempfileChange>({
  name: "tempfile",
  description:
    "Makes an empty file or directory with a name that nothing else has, for the task's user alone, and registers its `path`. Each run makes another: remove it with `file: { state: absent }`. Differs from Ansible: the prefix is `mailferry.` unless one is given.",
  preview: "unknown",
  args: closed({
    state: oneOf(["file", "directory"], "What to make.", "file"),
    path: absolutePath("The directory in which it is made; /tmp otherwise."),
    prefix: partOfName("What the name begins with.", "mailferry."),
    suffix: partOfName("What the name ends with.", ""),
  }),

  async check({ state = "file", path = "/tmp", prefix = "mailferry.", suffix = "" }) {
    const kind = state === "directory" ? ["-d"] : [];
    const template = `${path.replace(/\/+$/, "")}/${prefix}XXXXXXXXXX`;
    return {
      summary: `make a temporary ${state} in ${path}`,
      argv: ["mktemp", ...kind, `--suffix=${suffix}`, "--", template],
    };
  },

  touches: () => [],
  async apply({ argv }, host, { signal }) {
    const made = await host.run(argv, { signal });
    return { result: { path: made.stdout.toString("utf8").replace(/\n$/, "") } };
  },
});
