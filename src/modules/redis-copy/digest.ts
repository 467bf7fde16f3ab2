import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { ask, type RedisAddress } from "./client.ts";

/** What a database holds, whatever the order and the version of the server. */
export interface Digest {
  /** Keys that will live for a while yet. */
  readonly keys: number;
  /** Over the names and values of these keys. */
  readonly checksum: string;
  /** Keys that go soon (rate limits, greylisting): not in the checksum, they differ from minute to minute. */
  readonly shortLivedKeys: number;
}

/** By name: "db0". Databases without keys are left out. */
export type Digests = Readonly<Record<string, Digest>>;

/** Sums up every database, a page of keys at a time, so that the server is never held up for long. */
export async function takeDigests(
  host: HostReader,
  redis: RedisAddress,
  signal: AbortSignal,
): Promise<Digests> {
  const keyspace = await ask(host, redis, ["INFO", "keyspace"], { signal });
  const digests: Record<string, Digest> = {};
  for (const [, number = ""] of keyspace.matchAll(/^db(\d+):/gm)) {
    digests[`db${number}`] = await takeDigest(host, redis, Number(number), signal);
  }
  return digests;
}

/** Which databases do not hold what is expected, in words. */
export function findDifferences(expected: Digests, found: Digests): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names
    .filter((name) => !isSame(expected[name], found[name]))
    .map((name) => `${name} has ${found[name]?.keys ?? 0} keys, ${expected[name]?.keys ?? 0} expected`);
}

/** True when two databases hold the same; an absent one holds nothing. */
export function isSame(one: Digest | undefined, other: Digest | undefined): boolean {
  return (one?.keys ?? 0) === (other?.keys ?? 0) && (one?.checksum ?? "0") === (other?.checksum ?? "0");
}

/** Keys of all databases. */
export function countKeys(digests: Digests): number {
  return Object.values(digests).reduce((total, { keys, shortLivedKeys }) => total + keys + shortLivedKeys, 0);
}

async function takeDigest(
  host: HostReader,
  redis: RedisAddress,
  database: number,
  signal: AbortSignal,
): Promise<Digest> {
  let [cursor, keys, sum, shortLivedKeys] = ["0", 0, 0n, 0];
  do {
    const command = ["EVAL", pageScript, "0", cursor, String(shortLivedMs)];
    const page = (await ask(host, redis, command, { database, signal })).split(" ");
    if (page.length !== 4)
      throw new Failure("task-failed", `Redis on ${host.name} answered "${page.join(" ")}"`);
    cursor = page[0] ?? "0";
    keys += Number(page[1]);
    sum += BigInt(page[2] ?? "0");
    shortLivedKeys += Number(page[3]);
  } while (cursor !== "0");
  return { keys, checksum: String(sum % modulus), shortLivedKeys };
}

/** Rspamd's rate limits last two days, its greylisting one; what it has learned a hundred. */
const shortLivedMs = 7 * 24 * 3_600_000;

const modulus = 2n ** 48n;

/**
 * One page of SCAN. DUMP would be shorter, but it carries the format of the server's version. 48 bits of a hash
 * added up stay exact in Lua's numbers. Scores are written out by Lua, because servers write them differently.
 */
const pageScript = `
local page = redis.call('SCAN', ARGV[1], 'COUNT', 5000)
local keys, sum, short = 0, 0, 0
local function add(...)
  local hash = redis.sha1hex(table.concat({...}, '\\0'))
  sum = (sum + tonumber(string.sub(hash, 1, 12), 16)) % 281474976710656
end
local function addPairs(key, kind, list, second)
  for i = 1, #list, 2 do add(key, kind, list[i], second(list[i + 1])) end
end
local function asIs(value) return value end
local function score(value) return string.format('%.17g', tonumber(value)) end
local kinds = {
  string = function(key) add(key, 's', redis.call('GET', key)) end,
  hash = function(key) addPairs(key, 'h', redis.call('HGETALL', key), asIs) end,
  zset = function(key) addPairs(key, 'z', redis.call('ZRANGE', key, 0, -1, 'WITHSCORES'), score) end,
  set = function(key) for _, member in ipairs(redis.call('SMEMBERS', key)) do add(key, 'm', member) end end,
  list = function(key) for i, item in ipairs(redis.call('LRANGE', key, 0, -1)) do add(key, 'l', i, item) end end,
  stream = function(key)
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do
      add(key, 'x', entry[1], table.concat(entry[2], '\\0'))
    end
  end,
}
for _, key in ipairs(page[2]) do
  local left = redis.call('PTTL', key)
  local kind = redis.call('TYPE', key).ok
  if left >= 0 and left < tonumber(ARGV[2]) then short = short + 1
  elseif kind ~= 'none' then
    if not kinds[kind] then return redis.error_reply('ERR keys of the type ' .. kind .. ' can not be compared') end
    keys = keys + 1
    kinds[kind](key)
  end
end
return page[1] .. ' ' .. keys .. ' ' .. string.format('%.0f', sum) .. ' ' .. short`;
