import { changingModule } from "../../contract/module.ts";
import { applyCopy } from "./apply.ts";
import { type MariadbCopyArgs, mariadbCopyArguments } from "./arguments.ts";
import { type CopyChange, planCopy } from "./plan.ts";

/** Copies a database from the old host's MariaDB to this host's, and proves the copy before it takes the place of what is there. */
export const mariadbCopy = changingModule<MariadbCopyArgs, CopyChange>({
  name: "mariadb_copy",
  description:
    "Copies a database from another host: dumped there, carried over a data link, imported into a staging database, compared table by table and column by column, changed by the schema steps, and swapped in with one statement. Refused over rows that Mailferry did not bring, and once new was opened.",
  preview: "exact",
  args: mariadbCopyArguments,
  check: planCopy,
  // It asks the latches itself.
  touches: () => [],
  apply: applyCopy,
});
