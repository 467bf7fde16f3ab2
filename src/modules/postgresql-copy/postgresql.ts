import type { DatabaseKind } from "../database-copy/database-kind.ts";
import { execute, findLogin, query } from "../postgresql/client.ts";
import { encodingOf, importDump, writeDump } from "./dump.ts";
import { readStructure } from "./structure.ts";
import { takeFingerprint } from "./sums.ts";
import { dropOurDatabases, findOurDatabases, makeStaging, swapDatabases } from "./swap.ts";

/** PostgreSQL from 9.4 on. */
export const postgresql: DatabaseKind = {
  name: "postgresql",
  findLogin,
  readStructure,
  takeFingerprint,
  async query({ host, name }, statement, signal) {
    return (await query(host, [statement], { database: name, signal }))[0] ?? [];
  },
  execute: ({ host, name }, statements, signal) => execute(host, statements, { database: name, signal }),
  writeDump,
  async fillStaging(at, dumpPath, signal) {
    const staging = await makeStaging(at, await encodingOf(at.host, dumpPath, signal));
    await importDump(staging, dumpPath);
    return staging;
  },
  swap: swapDatabases,
  findLeftOver: findOurDatabases,
  dropLeftOver: dropOurDatabases,
};
