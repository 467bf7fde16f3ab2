import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { Digests } from "./digest.ts";

/** What Mailferry remembers on new of the last copy. */
export interface Marker {
  readonly importedAt: string;
  readonly imported: Digests;
}

/** The marker, or undefined when Mailferry never copied Redis to this host. */
export async function readMarker(host: HostReader, workPath: string): Promise<Marker | undefined> {
  const text = await host.readText(markerPath(workPath));
  return text === undefined ? undefined : (JSON.parse(text) as Marker);
}

/** Replaces the marker. The work directory must exist. */
export async function writeMarker(host: HostWriter, workPath: string, imported: Digests): Promise<void> {
  const marker: Marker = { importedAt: new Date().toISOString(), imported };
  await host.writeFile(markerPath(workPath), `${JSON.stringify(marker)}\n`, { mode: "0600" });
}

function markerPath(workPath: string): string {
  return `${workPath}/redis.json`;
}
