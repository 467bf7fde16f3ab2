import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { Packed } from "./packed.ts";
import { longestMs, type Selection } from "./tar.ts";

/** Names of members that are not in the destination as in the archive. */
export async function zipDifferences(
  packed: Packed,
  wanted: Selection,
  host: HostReader,
): Promise<readonly string[]> {
  const compared = await host.probe(zipArgv(compareScript, packed, wanted), options(packed));
  return compared.stdout.toString("utf8").split("\n").slice(0, -1);
}

export async function zipMembers(
  packed: Packed,
  wanted: Selection,
  host: HostReader,
): Promise<readonly string[]> {
  const listed = await host.probe(zipArgv(listScript, packed, wanted), options(packed));
  const names = listed.stdout.toString("utf8").split("\n").slice(0, -1);
  return names.map((name) => name.replace(/\/+$/, ""));
}

export async function extractZip(packed: Packed, wanted: Selection, host: HostWriter): Promise<void> {
  await host.run(zipArgv(extractScript, packed, wanted), options(packed));
}

function zipArgv(script: string, { src, content }: Packed, { dest, include, exclude }: Selection): string[] {
  const excluded = exclude.length === 0 ? [] : ["-x", ...exclude];
  const from = content === undefined ? src : "";
  return ["/bin/sh", "-c", withArchive + script, "sh", from, dest, ...include, ...excluded];
}

function options({ content }: Packed) {
  return { stdin: content, timeoutMs: longestMs };
}

// unzip reads no pipe: what is carried to the host lies in a file until the script ends.
const withArchive = `set -eu
command -v unzip >/dev/null || { echo "unzip: not installed" >&2; exit 127; }
archive=$1; dest=$2; shift 2
if [ -z "$archive" ]; then
  archive=$(mktemp); trap 'rm -f -- "$archive"' EXIT
  cat >"$archive"
fi
`;

const listScript = 'unzip -Z1 "$archive" "$@"';

const compareScript = `names=$(unzip -Z1 "$archive" "$@")
printf '%s\\n' "$names" | while IFS= read -r name; do
  case $name in
    */) [ -d "$dest/$name" ] || printf '%s\\n' "$name" ;;
    *) pattern=$(printf '%s' "$name" | sed 's/[][*?\\\\]/\\\\&/g')
      if [ -L "$dest/$name" ]; then
        [ "$(unzip -p "$archive" "$pattern")" = "$(readlink -- "$dest/$name")" ] || printf '%s\\n' "$name"
        continue
      fi
      [ -f "$dest/$name" ] && unzip -p "$archive" "$pattern" | cmp -s - "$dest/$name" || printf '%s\\n' "$name" ;;
  esac
done`;

const extractScript = 'unzip -oq "$archive" "$@" -d "$dest"';
