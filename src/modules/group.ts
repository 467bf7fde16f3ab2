import type { Change } from "../contract/change.ts";
import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { changingModule } from "../contract/module.ts";
import { closed, oneOf, whenIs, word, yesOrNo } from "./argument-schemas.ts";

export interface GroupArgs {
  readonly name: string;
  readonly gid?: number;
  readonly non_unique?: boolean;
  readonly system?: boolean;
  readonly state?: "present" | "absent";
}

export interface GroupChange extends Change {
  readonly name: string;
  readonly argv: readonly string[];
}

/** Makes, changes and removes groups. */
export const group = changingModule<GroupArgs, GroupChange>({
  name: "group",
  description:
    "Makes, changes or removes a group. Registers `name` and `gid`. Differs from Ansible: `local` is left out.",
  preview: "exact",
  args: closed(
    {
      name: { ...word("The group's name."), pattern: "^[A-Za-z_][A-Za-z0-9_.-]*[$]?$" },
      state: oneOf(["present", "absent"], "Whether there shall be such a group.", "present"),
      gid: { type: "integer", minimum: 0, description: "The group's number." },
      non_unique: yesOrNo("Take the `gid` even when another group has it.", false),
      system: yesOrNo("A new group is one of the system: it gets a low number.", false),
    },
    { required: ["name"], allOf: [whenIs("non_unique", true, { needs: ["gid"] })] },
  ),

  async check(args, host) {
    const { name, gid, system, state } = args;
    const number = await gidOf(name, host);
    if (state === "absent") {
      if (number === undefined) return undefined;
      return {
        summary: `remove group ${name}`,
        name,
        argv: ["groupdel", "--", name],
        result: { name, state },
      };
    }
    const options = [
      ...(gid === undefined ? [] : ["--gid", String(gid)]),
      ...(args.non_unique === true ? ["--non-unique"] : []),
    ];
    if (number === undefined) {
      const argv = ["groupadd", ...options, ...(system === true ? ["--system"] : []), "--", name];
      return { summary: `create group ${name}`, name, argv, result: { name, state: "present" } };
    }
    if (gid === undefined || String(gid) === number) return undefined;
    const summary = `group ${name}: gid ${number} → ${gid}`;
    return { summary, name, argv: ["groupmod", ...options, "--", name] };
  },

  touches: () => [],
  async apply({ name, argv }, host, { signal }) {
    await host.run(argv, { signal });
    return { result: { name } };
  },

  current: ({ name }, host) => registered(name, host),
});

async function registered(name: string, host: HostReader): Promise<JsonObject> {
  const gid = await gidOf(name, host);
  return gid === undefined ? { name, state: "absent" } : { name, state: "present", gid: Number(gid) };
}

/** undefined when there is no such group. */
async function gidOf(name: string, host: HostReader): Promise<string | undefined> {
  const { stdout } = await host.probe(["getent", "group", "--", name], { accept: [0, 2] });
  return stdout.toString("utf8").trim().split(":")[2];
}
