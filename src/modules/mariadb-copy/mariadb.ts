import type { DatabaseKind } from "../database-copy/database-kind.ts";
import { execute, findLogin, query } from "../mariadb/client.ts";
import { importDump, writeDump } from "./dump.ts";
import { readStructure } from "./structure.ts";
import { takeFingerprint } from "./sums.ts";
import { dropOurDatabases, findOurDatabases, makeStaging, swapTables } from "./swap.ts";

/** MariaDB and MySQL. */
export const mariadb: DatabaseKind = {
  name: "mariadb",
  findLogin,
  readStructure,
  takeFingerprint,
  async query({ host, login, name }, statements, signal) {
    return (await query(host, login, statements, { database: name, signal })).at(-1) ?? [];
  },
  async execute({ host, login, name }, statements, signal) {
    await execute(host, login, statements, { database: name, signal });
  },
  writeDump,
  async fillStaging(at, dumpPath) {
    const staging = await makeStaging(at);
    await importDump(staging, dumpPath);
    return staging;
  },
  swap: swapTables,
  findLeftOver: findOurDatabases,
  dropLeftOver: dropOurDatabases,
};
