import type { JsonObject } from "../contract/json.ts";

/** Reads what `findmnt --json --bytes` printed, in Ansible's words; empty where it printed nothing. */
export function mountFacts(text: string): readonly JsonObject[] {
  if (!text.startsWith("{")) return [];
  const { filesystems = [] } = JSON.parse(text) as { filesystems?: readonly Record<string, unknown>[] };
  return filesystems.map(({ source, target, fstype, options, size, avail, uuid }) => ({
    mount: String(target),
    device: String(source),
    fstype: String(fstype),
    options: String(options),
    // Old versions print numbers as texts.
    size_total: Number(size ?? 0),
    size_available: Number(avail ?? 0),
    uuid: typeof uuid === "string" ? uuid : "N/A",
  }));
}
