import type { HostReader, HostWriter } from "../../contract/host.ts";
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
  const text = await host.readText(markerPath(kind, workPath, database));
  return text === undefined ? undefined : (JSON.parse(text) as Marker);
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
