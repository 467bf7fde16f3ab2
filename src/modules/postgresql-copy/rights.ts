import type { HostWriter } from "../../contract/host.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { execute, query, quoteName, quoteText } from "../postgresql/client.ts";

/**
 * Whose the database and its tables are, and what users may do with them: in the staging database it becomes as it is in
 * the one whose place it takes. Tables that only old has are the database's owner's.
 */
export async function takeOverRights(
  { host, name }: DatabaseAt,
  staging: DatabaseAt<HostWriter>,
  signal: AbortSignal,
): Promise<void> {
  const [statements = []] = await query(host, [rightsQuery(name, staging.name)], { database: name, signal });
  const all = statements.map(({ statement }) => statement ?? "");
  await execute(staging.host, all.join(";\n"), { database: staging.name, signal });
}

function rightsQuery(live: string, staging: string): string {
  const database = quoteText(quoteName(staging));
  const owner = `(SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = ${quoteText(live)})`;
  return `
SELECT statement FROM (
 SELECT 1 AS step, format('ALTER DATABASE %s OWNER TO %s', ${database}, ${owner}) AS statement
 UNION ALL SELECT 2, format('DO $mailferry$ DECLARE one regclass; BEGIN
  FOR one IN SELECT oid FROM pg_class WHERE relkind IN (''r'', ''v'') AND relnamespace = ''public''::regnamespace LOOP
   EXECUTE ''ALTER TABLE '' || one || '' OWNER TO '' || %L; END LOOP; END $mailferry$', ${owner})
 UNION ALL SELECT 3, 'REVOKE ALL ON DATABASE ' || ${database} || ' FROM PUBLIC' FROM pg_database
  WHERE datname = ${quoteText(live)} AND datacl IS NOT NULL
 UNION ALL SELECT 4, format('GRANT %s ON DATABASE %s TO %s', a.privilege_type, ${database}, ${grantee})
  FROM pg_database AS d, aclexplode(d.datacl) AS a WHERE d.datname = ${quoteText(live)}
 UNION ALL SELECT 5, format('GRANT %s ON SCHEMA %I TO %s', a.privilege_type, n.nspname, ${grantee})
  FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE n.nspname = 'public'
 UNION ALL SELECT 6, format('DO $mailferry$ BEGIN IF to_regclass(%L) IS NOT NULL THEN ALTER TABLE %s OWNER TO %I; END IF; END $mailferry$',
   ${table}, ${table}, pg_get_userbyid(c.relowner))
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v') AND ${ownSchemas}
 UNION ALL SELECT 7, format('DO $mailferry$ BEGIN IF to_regclass(%L) IS NOT NULL THEN GRANT %s ON TABLE %s TO %s; END IF; END $mailferry$',
   ${table}, a.privilege_type, ${table}, ${grantee})
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a
  WHERE c.relkind IN ('r', 'v', 'S') AND ${ownSchemas}
) AS steps ORDER BY step`;
}

const grantee = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END";
const table = "format('%I.%I', n.nspname, c.relname)";
const ownSchemas = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
