import { createHash } from "node:crypto";
import type { FakeHost } from "./fake-host.ts";

export interface FakeTable {
  columns: string[];
  rows: (string | null)[][];
}

export type FakeTables = Record<string, FakeTable>;

/** Row count, and a sum of the rows and of each column: equal for the same rows in any order. */
export function sumsOf(table: FakeTable | undefined, columns: readonly string[]): string[] {
  const rows = table?.rows ?? [];
  const valueIn = (row: readonly (string | null)[], column: string) =>
    row[table?.columns.indexOf(column) ?? -1];
  const whole = rows.map((row) => columns.map((column) => valueIn(row, column)));
  return [
    String(rows.length),
    unordered(whole),
    ...columns.map((column) => unordered(rows.map((row) => valueIn(row, column)))),
  ];
}

export function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export function contentOf(host: FakeHost, path = ""): Buffer {
  return host.tree.read(path) ?? Buffer.alloc(0);
}

function unordered(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value) ?? "none");
  return sha256(Buffer.from(texts.sort().join("\n"))).slice(0, 12);
}
