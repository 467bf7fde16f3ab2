import type { Connect, HostSpec } from "../contract/connection.ts";
import { lookUpKnownKeys } from "./find-known-keys.ts";
import { Connection, type LinkMaker } from "./host-connection.ts";
import { type ReadKey, shareKeys } from "./key-file.ts";
import { openSshPrograms } from "./local-program.ts";
import { loginName } from "./login-name.ts";
import type { ControllerFacts, OpenSshFiles } from "./route.ts";
import { shareSettings } from "./ssh-settings.ts";

/** What the command line tells the transport. */
export interface TransportOptions extends ControllerFacts {
  /** How long each host on the way may take to answer, in milliseconds; 20 s by default. */
  readonly connectTimeoutMs?: number | undefined;
  /** For commands that name no timeout of their own, in milliseconds; 60 s by default. */
  readonly commandTimeoutMs?: number | undefined;
}

/** Makes the function that connects to hosts, by ssh or as this machine itself. The ssh libraries load with the first ssh host. */
export function createConnect(options: TransportOptions): Connect {
  const programs = openSshPrograms(options.environment);
  const openSsh = { settingsOf: shareSettings(programs), findKnownKeys: lookUpKnownKeys(programs) };
  const readKey = shareKeys();
  return async (spec, signal, wanted) => {
    const maker =
      spec.connection === "local"
        ? await localMaker(options)
        : await sshMaker(spec, options, openSsh, readKey);
    const connection = new Connection(spec, maker, {
      commandTimeoutMs: options.commandTimeoutMs ?? 60_000,
      allFacts: wanted?.allFacts ?? true,
    });
    try {
      await connection.link(signal);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
}

async function localMaker({ environment }: TransportOptions): Promise<LinkMaker> {
  const { LocalLink } = await import("./local-link.ts");
  return { kind: "local", loginUser: loginName() ?? "", open: async () => new LocalLink(environment) };
}

async function sshMaker(
  spec: HostSpec,
  options: TransportOptions,
  openSsh: OpenSshFiles,
  readKey: ReadKey,
): Promise<LinkMaker> {
  const { resolveRoute } = await import("./route.ts");
  const { openSshLink } = await import("./ssh-link.ts");
  const { connectTimeoutMs = 20_000 } = options;
  const route = await resolveRoute(spec, options, openSsh);
  return {
    kind: "ssh",
    loginUser: route.at(-1)?.user ?? "",
    open: (signal) => openSshLink(route, { connectTimeoutMs, signal, readKey }),
  };
}
