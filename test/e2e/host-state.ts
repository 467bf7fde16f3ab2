import { createHash } from "node:crypto";
import type { LabHost } from "../../src/lab/lab.ts";

/** All on a host that a migration has to do with: two that are equal are one and the same state. */
export interface HostState {
  /** A hash over names, types, modes, owners, sizes, times and contents of files. */
  readonly trees: string;
  /** Lines about the queue, the databases and Redis. */
  readonly services: string;
}

/** Looks at a host. Its mail must be at rest: what runs by itself changes the queue and Redis. `unwatched`: trees that may change. */
export async function hostState(host: LabHost, unwatched: readonly string[] = []): Promise<HostState> {
  const trees = watchedTrees.filter((tree) => !unwatched.includes(tree));
  const listed = await host.run(["sh", "-euc", listTrees, "sh", ...trees]);
  const services = await host.run(["sh", "-euc", listServices, "sh", digestOfRedis]);
  return { trees: createHash("sha256").update(listed).digest("hex"), services };
}

/** Logs, and what services write by themselves, are left out. */
const watchedTrees = [
  "/etc",
  "/root",
  "/home",
  "/opt",
  "/srv",
  "/usr/local",
  "/var/vmail",
  "/mail",
  "/service",
  "/var/qmail/control",
  "/var/qmail/users",
  "/var/qmail/alias",
  "/var/lib/mailferry",
  "/var/lib/rspamd/dkim",
  "/var/spool/cron",
  "/var/mail",
];

const listTrees = `
  for d in "$@"; do [ -e "$d" ] || continue
    find "$d" -printf '%p %y %m %U %G %s %T@ %l\\n'
    find "$d" -type f -exec sha256sum {} +
  done | sort`;

// The comments of a dump name its time; the version of the server is of no interest here.
const listServices = `
  has() { command -v "$1" >/dev/null; }
  if has postfix; then
    cd /var/spool/postfix
    find maildrop incoming active deferred hold corrupt -type f -printf 'queue %f\\n' | sort
  fi
  if has mysql; then
    for name in $(mysql -N -e "SELECT schema_name FROM information_schema.schemata
        WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1"); do
      echo "database $name $(mysqldump --skip-dump-date --skip-comments "$name" | sha256sum)"
    done
  fi
  if has redis-cli; then
    redis-cli --raw info keyspace | sed -n 's/^\\(db[0-9]*:keys=[0-9]*\\).*/redis \\1/p'
    echo "redis $(redis-cli --raw eval "$1" 0)"
  fi`;

// DEBUG DIGEST is switched off in newer versions.
const digestOfRedis = `
  local keys = redis.call('keys', '*')
  table.sort(keys)
  local sums = {}
  for _, key in ipairs(keys) do sums[#sums + 1] = redis.sha1hex(key .. redis.call('dump', key)) end
  return redis.sha1hex(table.concat(sums))`;
