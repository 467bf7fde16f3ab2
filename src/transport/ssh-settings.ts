import { readFile } from "node:fs/promises";
import type { RunOpenSsh } from "./local-program.ts";
import { askSsh, type Destination, type SshSettings, type ToldSettings } from "./ssh-config.ts";

/** Tells what OpenSSH would use for a destination, with one configuration file in place of the usual ones where it is named. */
export type SettingsOf = (destination: Destination, configFile: string | undefined) => Promise<SshSettings>;

/**
 * Asks `ssh -G` once for all hosts that the configuration does not tell apart, and for each host where it does. An answer is
 * shared for some seconds, as long as it takes to connect to many hosts: a configuration may change during a run.
 */
export function shareSettings(openSsh: RunOpenSsh, now: () => number = Date.now): SettingsOf {
  const shared = new Map<string, Shared>();
  return async (destination, configFile) => {
    const key = JSON.stringify([configFile, destination.port === undefined, destination.user === undefined]);
    const known = shared.get(key);
    if (known !== undefined && now() - known.askedAt < sharedForMs) {
      const forAll = await known.forAll;
      if (forAll !== undefined && plainAddress.test(destination.address)) return put(forAll, destination);
      return (await askSsh(destination, configFile, openSsh)).settings;
    }
    const told = askSsh(destination, configFile, openSsh);
    const forAll = told.then((answer) => forAllHosts(answer, destination)).catch(() => undefined);
    shared.set(key, { askedAt: now(), forAll });
    return (await told).settings;
  };
}

interface Shared {
  readonly askedAt: number;
  /** undefined when it is known for the one host only. */
  readonly forAll: Promise<SshSettings | undefined>;
}

/** The settings as far as they are every host's; undefined when a file may tell hosts apart. */
async function forAllHosts(
  { settings, readFiles }: ToldSettings,
  destination: Destination,
): Promise<SshSettings | undefined> {
  if (readFiles === undefined || settings.hostName !== destination.address.toLowerCase()) return undefined;
  const texts = await Promise.all(readFiles.map((file) => readFile(file, "utf8").catch(() => undefined)));
  return texts.every((text) => text !== undefined && !tellsHostsApart(text)) ? settings : undefined;
}

/** Whether a line of an ssh_config may mean another thing for another host: it names hosts, or holds a token such as `%h`. */
export function tellsHostsApart(text: string): boolean {
  return text.split("\n").some((line) => {
    const [, keyword = "", value = ""] = /^\s*"?(\w+)"?\s*=?\s*(.*?)\s*$/.exec(line) ?? [];
    const word = keyword.toLowerCase();
    if (line.trim() === "" || line.trim().startsWith("#")) return false;
    if (word === "host") return !/^"?\*"?(\s+#.*)?$/.test(value);
    return word === "" || word === "match" || word.startsWith("canonical") || value.includes("%");
  });
}

function put(settings: SshSettings, { address, port, user }: Destination): SshSettings {
  return {
    ...settings,
    hostName: address.toLowerCase(),
    port: port ?? settings.port,
    user: user ?? settings.user,
  };
}

const sharedForMs = 10_000;
/** What ssh takes for a host's name or address as it is. */
const plainAddress = /^[A-Za-z0-9][A-Za-z0-9.:_-]*$/;
