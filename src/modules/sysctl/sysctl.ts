import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { changingModule } from "../../contract/module.ts";
import { absolutePath, closed, given, oneOf, word, yesOrNo } from "../argument-schemas.ts";
import { type FileChange, followLink, planFile, putFile, touchesOfFile } from "../managed-file.ts";
import { isSameValue, kernelPath, withoutSetting, withSetting } from "./settings-text.ts";

export interface SysctlArgs {
  readonly name: string;
  readonly value?: string | number;
  readonly state?: "present" | "absent";
  readonly sysctl_file?: string;
  readonly sysctl_set?: boolean;
  readonly reload?: boolean;
  readonly ignoreerrors?: boolean;
}

export interface SysctlChange extends Change {
  readonly name: string;
  readonly file: FileChange | undefined;
  /** What the kernel is told at once. */
  readonly live: { readonly path: string; readonly value: string } | undefined;
}

/** Read at boot on every Debian: up to 12 it is a link to /etc/sysctl.conf, which 13 no longer reads. */
const usualFile = "/etc/sysctl.d/99-sysctl.conf";

/** Keeps a setting of the kernel, at boot and at once. */
export const sysctl = changingModule<SysctlArgs, SysctlChange>({
  name: "sysctl",
  description:
    "Keeps a setting of the kernel in a file that is read at boot, and sets it at once. " +
    `Differs from Ansible: the file is ${usualFile} (a link to /etc/sysctl.conf up to Debian 12; Debian 13 reads that file no more), ` +
    "and `reload` sets this one key, not all of the file.",
  preview: "exact",
  args: closed(
    {
      name: {
        ...word("The key: `net.ipv4.ip_forward`. A dot inside a word is written as a slash."),
        pattern: "^[A-Za-z0-9_][A-Za-z0-9_./:@-]*$",
        not: { pattern: "(^|[./])\\.\\.?([./]|$)|//" },
      },
      value: { type: ["string", "integer"], pattern: "^[^\\r\\n]+$", description: "Its value." },
      state: oneOf(
        ["present", "absent"],
        "`absent` takes it out of the file; the kernel keeps it until it boots.",
        "present",
      ),
      sysctl_file: absolutePath(`The file; ${usualFile} without it.`),
      sysctl_set: yesOrNo(
        "See to it that the kernel has the value now, also when the file has it already.",
        false,
      ),
      reload: yesOrNo("When the file changes, tell the kernel too.", true),
      ignoreerrors: yesOrNo("Take it when the kernel does not know the key.", false),
    },
    {
      required: ["name"],
      anyOf: [given("value"), { properties: { state: { const: "absent" } }, required: ["state"] }],
    },
  ),

  async check(args, host) {
    const { name, state = "present", sysctl_file: path = usualFile } = args;
    const value = String(args.value ?? "").trim();
    const real = await followLink(path, host);
    const before = await host.readText(real);
    const after =
      state === "present" ? withSetting(before ?? "", name, value) : withoutSetting(before ?? "", name);
    const file =
      after === (before ?? "")
        ? undefined
        : await planFile({ path: real, content: Buffer.from(after) }, host);
    const asksKernel = args.sysctl_set === true || (file !== undefined && args.reload !== false);
    const live = state === "present" && asksKernel ? await liveChange(args, value, host) : undefined;
    if (file === undefined && live === undefined) return undefined;
    const what = [file?.summary, live === undefined ? undefined : `set ${name} to ${value}`];
    return { summary: what.filter(Boolean).join(", "), diff: file?.diff, name, file, live };
  },

  touches: ({ file }) => touchesOfFile(file),
  async apply({ name, file, live }, host, context) {
    const { signal } = context;
    if (file !== undefined) await putFile(file, host, context);
    if (live !== undefined)
      await host.run(["/bin/sh", "-c", setScript, "sh", live.path, live.value], { signal });
    return { result: { name } };
  },

  async current({ name, value, state = "present", sysctl_file: path = usualFile }) {
    const given = value === undefined ? {} : { value: String(value).trim() };
    return { name, state, sysctl_file: path, ...given };
  },
});

/** The kernel takes a value by one write, and refuses it by that write's error. */
const setScript = `printf '%s\\n' "$2" >"$1"`;

async function liveChange(
  { name, ignoreerrors }: SysctlArgs,
  value: string,
  host: HostReader,
): Promise<SysctlChange["live"]> {
  const path = kernelPath(name);
  const now = await host.readText(path);
  if (now !== undefined) return isSameValue(now, value) ? undefined : { path, value };
  if (ignoreerrors === true) return undefined;
  throw new Failure("task-failed", `the kernel of ${host.name} has no setting ${name}`, {
    host: host.name,
    next: "Look for it with: sysctl --all. `ignoreerrors: true` keeps it in the file all the same.",
  });
}
