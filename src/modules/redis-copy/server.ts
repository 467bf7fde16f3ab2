import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { ask, type RedisAddress, readPassword } from "./client.ts";

/** A Redis that answers, and where it keeps its data. */
export interface RedisServer {
  readonly host: HostReader;
  readonly address: RedisAddress;
  readonly version: string;
  readonly dataDirectory: string;
  readonly dumpFile: string;
  /** The append-only file's name when the server keeps one: it wins over the dump at the next start. */
  readonly appendFile: string | undefined;
  /** Where Redis 7 and newer keeps its append-only files. */
  readonly appendDirectory: string | undefined;
}

export interface ServerWords {
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  readonly configFile?: string | undefined;
}

/** Gets to know the Redis of a host. Throws Failure when it does not answer. */
export async function meetServer(
  host: HostReader,
  { port, socket, configFile = "/etc/redis/redis.conf" }: ServerWords,
  signal: AbortSignal,
): Promise<RedisServer> {
  const address = { port, socket, password: await readPassword(host, configFile) };
  const info = await ask(host, address, ["INFO", "server"], { signal });
  const setting = async (name: string) => {
    const [, value] = (await ask(host, address, ["CONFIG", "GET", name], { signal })).split("\n");
    return value === "" ? undefined : value;
  };
  const dataDirectory = await setting("dir");
  const dumpFile = await setting("dbfilename");
  if (dataDirectory === undefined || dumpFile === undefined) {
    throw new Failure("task-failed", `Redis on ${host.name} does not say where it keeps its data`, {
      host: host.name,
    });
  }
  const appends = (await setting("appendonly")) === "yes";
  return {
    host,
    address,
    version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0",
    dataDirectory,
    dumpFile,
    appendFile: appends ? await setting("appendfilename") : undefined,
    appendDirectory: appends ? await setting("appenddirname") : undefined,
  };
}

/** True when `reader` understands the dumps of `writer`, as far as versions tell; loading a dump is the proof. */
export function readsDumpsOf(reader: string, writer: string): boolean {
  return dumpFormat(reader) >= dumpFormat(writer);
}

/** The format of dumps that a version writes. A version that this table does not know counts as a new format. */
function dumpFormat(version: string): number {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const known = [...firstVersions].reverse().find(([a, b]) => major > a || (major === a && minor >= b));
  if (major > 8 || (major === 8 && minor > 0)) return 12 + (major - 8) + minor / 100;
  return known?.[2] ?? 0;
}

const firstVersions: readonly (readonly [number, number, number])[] = [
  [2, 6, 6],
  [3, 2, 7],
  [4, 0, 8],
  [5, 0, 9],
  [7, 0, 10],
  [7, 2, 11],
  [7, 4, 12],
];
