import type { Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { JsonSchema } from "../../contract/json.ts";
import { changingModule } from "../../contract/module.ts";
import { absolutePath, closed, oneOf, whenIs, word, yesOrNo } from "../argument-schemas.ts";
import { type FileChange, planFile, putFile, touchesOfFile } from "../managed-file.ts";
import { plainPath } from "../protected-path.ts";
import { entryFor, type FstabEntry, withEntry, withoutEntry } from "./fstab-text.ts";
import { lookAtMount, type MountLook } from "./look.ts";

export interface MountArgs {
  readonly path: string;
  readonly state: "mounted" | "present" | "unmounted" | "absent" | "remounted";
  readonly src?: string;
  readonly fstype?: string;
  readonly opts?: string;
  readonly dump?: string | number;
  readonly passno?: string | number;
  readonly boot?: boolean;
  readonly fstab?: string;
  readonly backup?: boolean;
}

export interface MountChange extends Change {
  readonly path: string;
  readonly file: FileChange | undefined;
  /** Commands in order, after the file is written. */
  readonly steps: readonly (readonly string[])[];
  /** Commands in order, before the file is written. */
  readonly stepsBefore: readonly (readonly string[])[];
}

const usualFstab = "/etc/fstab";
const number: JsonSchema = { type: ["string", "integer"], minimum: 0, pattern: "^[0-9]$" };

/** Keeps an entry of fstab, and what is mounted. */
export const mount = changingModule<MountArgs, MountChange>({
  name: "mount",
  description:
    "Keeps an entry of /etc/fstab, and mounts and unmounts by it. Differs from Ansible: `absent` removes the directory only when it is empty, " +
    "a changed source or type is unmounted and mounted anew, and `ephemeral` and `absent_from_fstab` are left out.",
  preview: "exact",
  args: closed(
    {
      path: {
        type: "string",
        pattern: "^(/|none$|swap$)",
        description: "Where it is mounted; `none` for swap.",
      },
      state: oneOf(
        ["mounted", "present", "unmounted", "absent", "remounted"],
        "`present`: in fstab. `mounted`: in fstab and mounted; the directory is made. `unmounted`: not mounted, fstab stays. " +
          "`absent`: not mounted and not in fstab. `remounted`: mounted again with the options of fstab, in each run.",
      ),
      src: word("What is mounted: a device, `UUID=…`, `host:/path`, `tmpfs`."),
      fstype: { ...word("The type of the file system, for instance `ext4`."), pattern: "^[^\\s#]+$" },
      opts: { ...word("Options, with commas between; `defaults` without it."), pattern: "^[^\\r\\n]+$" },
      dump: { ...number, description: "The fifth field, for dump(8); `0` without it." },
      passno: { ...number, description: "The sixth field: when fsck looks at it at boot; `0` without it." },
      boot: yesOrNo("Mount it at boot; `false` adds `noauto` to the options.", true),
      fstab: absolutePath(`The file; ${usualFstab} without it.`),
      backup: yesOrNo("Keep the file as it was, in the same directory with the time in its name.", false),
    },
    {
      required: ["path", "state"],
      allOf: [
        ...["mounted", "present"].map((state) => whenIs("state", state, { needs: ["src", "fstype"] })),
        // Swap is found by its source, and turned on by other means.
        ...["none", "swap"].map((path) =>
          whenIs("path", path, { needs: ["src"], limits: { state: { enum: ["present", "absent"] } } }),
        ),
      ],
    },
  ),

  async check(args, host, { checkMode }) {
    const path = args.path.startsWith("/") ? plainPath(args.path) : args.path;
    const fstab = args.fstab ?? usualFstab;
    const seen = await lookAtMount(path, fstab, host);
    const entry = wantedEntry(args, path);
    const after = textAfter(args, entry, seen.fstab);
    const file =
      after === seen.fstab
        ? undefined
        : await planFile({ path: fstab, content: Buffer.from(after), backup: args.backup }, host);
    const plan = planSteps(args.state, entry, seen, fstab);
    if (plan.error !== undefined && !checkMode)
      throw new Failure("task-failed", plan.error, { host: host.name });
    if (file === undefined && plan.what.length === 0) return undefined;
    const reread = file !== undefined && fstab === usualFstab ? rereadSteps(host) : [];
    const summary = [file?.summary, ...plan.what].filter(Boolean).join(", ");
    return {
      summary,
      diff: file?.diff,
      path,
      file,
      stepsBefore: plan.before,
      steps: [...reread, ...plan.after],
    };
  },

  touches: ({ path, file, steps, stepsBefore }) => [
    ...touchesOfFile(file),
    ...(stepsBefore.length + steps.length === 0 ? [] : [{ path, how: "cover" } as const]),
  ],

  async apply({ path, file, stepsBefore, steps }, host, context) {
    const { signal } = context;
    for (const step of stepsBefore) await host.run(step, { signal, timeoutMs: longestStepMs });
    const { result = {} } = file === undefined ? {} : await putFile(file, host, context);
    for (const step of steps) await host.run(step, { signal, timeoutMs: longestStepMs });
    return { result: { ...result, path, name: path } };
  },

  async current(args) {
    const path = args.path.startsWith("/") ? plainPath(args.path) : args.path;
    const { src, fstype, opts, dump, passno } = wantedEntry(args, path);
    const entry = src === "" ? {} : { src, fstype, opts, dump, passno };
    return { path, name: path, fstab: args.fstab ?? usualFstab, state: args.state, ...entry };
  },
});

/** A server that does not answer may keep a mount waiting for minutes. */
const longestStepMs = 10 * 60_000;

function wantedEntry(args: MountArgs, path: string): FstabEntry {
  const { src = "", fstype = "", opts = "defaults", dump = "0", passno = "0", boot = true } = args;
  const stays = boot || opts.split(",").includes("noauto");
  const options = stays ? opts : opts === "defaults" ? "noauto" : `${opts},noauto`;
  return { src, path, fstype, opts: options, dump: String(dump), passno: String(passno) };
}

function textAfter({ state }: MountArgs, entry: FstabEntry, fstab: string): string {
  if (state === "mounted" || state === "present") return withEntry(fstab, entry);
  return state === "absent" ? withoutEntry(fstab, entry) : fstab;
}

interface MountPlan {
  readonly what: readonly string[];
  readonly before: readonly (readonly string[])[];
  readonly after: readonly (readonly string[])[];
  readonly error?: string;
}

function planSteps(state: MountArgs["state"], entry: FstabEntry, seen: MountLook, fstab: string): MountPlan {
  const { path } = entry;
  const nothing = { what: [], before: [], after: [] };
  const unmounting = { ...nothing, what: [`unmount ${path}`], before: [["umount", "--", path]] };
  if (state === "unmounted") return seen.isMounted ? unmounting : nothing;
  if (state === "absent") return absence(path, seen, seen.isMounted ? unmounting : nothing);
  if (state === "remounted") {
    const remounting = { ...nothing, what: [`mount ${path} again`], after: [mountWords(path, fstab, true)] };
    return seen.isMounted ? remounting : { ...remounting, error: `${path} is not mounted` };
  }
  if (state === "present") return nothing;
  if (seen.isMounted) return renewal(entry, seen, fstab);
  const makes = seen.pathType === "missing" ? [["mkdir", "-p", "--", path]] : [];
  return { ...nothing, what: [`mount ${path}`], after: [...makes, mountWords(path, fstab, false)] };
}

/** What is mounted follows its entry: new options by a remount, anything else needs a new mount. */
function renewal(entry: FstabEntry, { fstab: text }: MountLook, fstab: string): MountPlan {
  const { path } = entry;
  const was = entryFor(text, entry);
  if (was !== undefined && (was.src !== entry.src || was.fstype !== entry.fstype)) {
    return {
      what: [`unmount ${path}, mount ${path}`],
      before: [["umount", "--", path]],
      after: [mountWords(path, fstab, false)],
    };
  }
  if (was?.opts === entry.opts) return { what: [], before: [], after: [] };
  return { what: [`mount ${path} again`], before: [], after: [mountWords(path, fstab, true)] };
}

/** The directory goes only when nothing lies in it; what a mount hides in it is seen only once that is gone. */
function absence(path: string, seen: MountLook, plan: MountPlan): MountPlan {
  // /mnt and /srv belong to the system, mounted or not.
  if (seen.pathType !== "directory" || path.split("/").length < 3) return plan;
  const removing = ["rmdir", "--ignore-fail-on-non-empty", "--", path];
  if (seen.isMounted) return { ...plan, after: [removing] };
  if (!seen.isEmptyDirectory || entryFor(seen.fstab, { path, src: "" }) === undefined) return plan;
  return { ...plan, what: [`remove ${path}`], after: [removing] };
}

function mountWords(path: string, fstab: string, again: boolean): string[] {
  const file = fstab === usualFstab ? [] : ["--fstab", fstab];
  return ["mount", ...file, ...(again ? ["--options", "remount"] : []), "--target", path];
}

/** systemd makes units of fstab: with old ones it may unmount again what was mounted by a new line. */
function rereadSteps(host: HostReader): string[][] {
  return host.facts.init === "systemd" ? [["systemctl", "--no-ask-password", "daemon-reload"]] : [];
}
