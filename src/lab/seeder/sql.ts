import type { SeedTarget } from "./target.ts";

/** A value of a row. */
export type SqlValue = string | number | null | SqlExpression;

/** SQL that is put in as it is. */
export interface SqlExpression {
  readonly sql: string;
}

const rowsPerStatement = 500;

/** INSERT statements for any number of rows, a few hundred each. */
export function insertRows(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly SqlValue[])[],
): string {
  const statements: string[] = [];
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const values = rows
      .slice(start, start + rowsPerStatement)
      .map((row) => `(${row.map(literal).join(", ")})`);
    statements.push(`INSERT INTO ${table} (${columns.join(", ")}) VALUES\n${values.join(",\n")};\n`);
  }
  return statements.join("");
}

/** Runs SQL as the database's root. Returns rows of tab-separated columns, without the names. */
export function runSql(target: SeedTarget, sql: string): Promise<string> {
  const argv = [
    "mysql",
    "--batch",
    "--skip-column-names",
    "--binary-mode",
    "--default-character-set=utf8mb4",
  ];
  return target.run(argv, { stdin: sql });
}

function literal(value: SqlValue): string {
  if (value === null) return "NULL";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return value.sql;
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''").replaceAll("\n", "\\n")}'`;
}
