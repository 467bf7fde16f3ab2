import { CommandFailed } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { unescaped } from "./fstab-text.ts";

/** What a host says of a path and its fstab. */
export interface MountLook {
  /** Empty when there is no such file. */
  readonly fstab: string;
  readonly isMounted: boolean;
  readonly pathType: "directory" | "other" | "missing";
  readonly isEmptyDirectory: boolean;
}

/** Looks at fstab, the mounts and the path, in one round trip. */
export async function lookAtMount(path: string, fstab: string, host: HostReader): Promise<MountLook> {
  const argv = ["/bin/sh", "-c", lookScript, "sh", path, fstab];
  const result = await host.probe(argv, { accept: "any" });
  if (result.exitCode !== 0) throw new CommandFailed(["reading", fstab], result, { host: host.name });
  const [text = "", mounts = "", type = "", content = ""] = result.stdout.toString("utf8").split("\0");
  return {
    fstab: text,
    isMounted: mounts.split("\n").some((line) => unescaped(line.split(" ")[4] ?? "") === path),
    pathType: type === "directory" || type === "other" ? type : "missing",
    isEmptyDirectory: type === "directory" && content === "",
  };
}

const lookScript = `path=$1; fstab=$2
if [ -e "$fstab" ]; then cat -- "$fstab" || exit; fi
printf '\\0'
cat /proc/self/mountinfo || exit
printf '\\0'
if [ -d "$path" ]; then
  printf 'directory\\0'
  find "$path" -mindepth 1 -maxdepth 1 -print -quit
elif [ -e "$path" ] || [ -L "$path" ]; then printf 'other\\0'
else printf '\\0'
fi`;
