import type { HostReader, HostWriter } from "../../contract/host.ts";
import { parseRemembered } from "../remembered.ts";
import { type DatabaseKind, fileNameOf } from "./database-kind.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** What Mailferry remembers on the new host of the last import into a database. */
export interface Marker {
  readonly database: string;
  readonly importedAt: string;
  /** The old host's database as it was dumped. */
  readonly source: Fingerprint;
  /** The old host's columns with their types. */
  readonly sourceColumns: readonly string[];
  /** What the new host's tables hold by our doing. Two while one import takes the place of another. */
  readonly imported: readonly Fingerprint[];
}

/** The marker of a database, or undefined when Mailferry never imported it. */
export async function readMarker(
  kind: DatabaseKind,
  host: HostReader,
  workPath: string,
  database: string,
): Promise<Marker | undefined> {
  const path = markerPath(kind, workPath, database);
  const text = await host.readText(path);
  const next = `Look at what ${database} holds on ${host.name}. Without that file only an empty database is copied to.`;
  return text === undefined ? undefined : parseRemembered<Marker>(text, `${path} on ${host.name}`, next);
}

/** Replaces the marker. The work directory must exist. */
export async function writeMarker(
  kind: DatabaseKind,
  host: HostWriter,
  workPath: string,
  marker: Marker,
): Promise<void> {
  const text = `${JSON.stringify(marker, undefined, 1)}\n`;
  await host.writeFile(markerPath(kind, workPath, marker.database), text, { mode: "0600" });
}

function markerPath({ name }: DatabaseKind, workPath: string, database: string): string {
  return `${workPath}/${name}-${fileNameOf(database)}.json`;
}
