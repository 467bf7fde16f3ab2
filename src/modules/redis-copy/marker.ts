import type { HostReader, HostWriter } from "../../contract/host.ts";
import { parseRemembered } from "../remembered.ts";
import type { Digests } from "./digest.ts";

/** What Mailferry remembers on new of the last copy. */
export interface Marker {
  readonly importedAt: string;
  readonly imported: Digests;
}

/** The marker, or undefined when Mailferry never copied Redis to this host. */
export async function readMarker(host: HostReader, workPath: string): Promise<Marker | undefined> {
  const text = await host.readText(markerPath(workPath));
  const next = `Look at what Redis holds on ${host.name}. Without that file only an empty one is copied to.`;
  return text === undefined
    ? undefined
    : parseRemembered<Marker>(text, `${markerPath(workPath)} on ${host.name}`, next);
}

/** Replaces the marker. The work directory must exist. */
export async function writeMarker(host: HostWriter, workPath: string, imported: Digests): Promise<void> {
  const marker: Marker = { importedAt: new Date().toISOString(), imported };
  await host.writeFile(markerPath(workPath), `${JSON.stringify(marker)}\n`, { mode: "0600" });
}

function markerPath(workPath: string): string {
  return `${workPath}/redis.json`;
}
