import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { HostSpec } from "../contract/connection.ts";
import { BadInput, type Place, type Problem } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { Secret } from "../contract/secret.ts";
import { describe } from "../expression/helpers.ts";
import { placeIn, pointerTo } from "../expression/placed-values.ts";
import { resolveVariables } from "../expression/variables.ts";
import { checkAddress, checkUser, readPort } from "./address.ts";
import { checkKeyFile } from "./check-key-file.ts";
import type { InventoryHost } from "./model.ts";
import type { Spot } from "./spot.ts";

interface HostSource {
  readonly variables: JsonObject;
  readonly extraVariables: JsonObject;
  readonly place: Place;
  readonly bodies: readonly Spot[];
}

type Connection = Pick<InventoryHost, "spec" | "become" | "becomeUser" | "becomePassword">;

/** How to reach a host, from its variables, which may be templates of each other. */
export async function readConnection(
  name: string,
  source: HostSource,
  problems: Problem[],
): Promise<Connection> {
  const read = valueReader(name, source, problems);
  const spec = readSpec(name, source, read);
  if (spec.keyFile !== undefined) {
    problems.push(
      ...(await checkKeyFile(spec.keyFile, spec.keyPassphrase !== undefined, read.placeOf("key_file"))),
    );
  }
  return {
    spec,
    become: read.flag("become") ?? false,
    becomeUser: read.text("become_user") ?? "root",
    becomePassword: read.secret("become_password"),
  };
}

function readSpec(name: string, source: HostSource, read: ValueReader): HostSpec {
  const connection = connectionOf(name, read);
  const address = read.text("address") ?? name;
  if (connection === "ssh" && address !== name) read.check("address", checkAddress(address));
  const user = read.text("user");
  if (user !== undefined) read.check("user", checkUser(user));
  if (connection === "ssh" && source.bodies.every(({ value }) => value === null) && address === name) {
    read.warn(
      `\`${name}\` has no \`address\`: it is reached by its name`,
      "write `{ address: … }` behind it",
    );
  }
  const file = (key: string) => readFileName(read.text(key), source.place.file);
  return {
    name,
    connection,
    address: connection === "local" && read.text("address") === undefined ? "localhost" : address,
    port: read.port(),
    user,
    keyFile: file("key_file"),
    keyPassphrase: read.secret("key_passphrase"),
    password: read.secret("password"),
    jump: read.text("jump"),
    knownHostsFile: file("known_hosts_file"),
    sshConfigFile: file("ssh_config_file"),
  };
}

function connectionOf(name: string, read: ValueReader): "ssh" | "local" {
  const written = read.text("connection");
  if (written === undefined) return name === "control" ? "local" : "ssh";
  if (written === "local") return "local";
  if (!["ssh", "smart", "paramiko", "paramiko_ssh"].includes(written)) {
    read.check("connection", {
      message: `\`connection\` is \`${written}\``,
      hint: "it can be `ssh` or `local`",
    });
  }
  return "ssh";
}

/** `~` is the home directory; other names are relative to the inventory. */
function readFileName(written: string | undefined, inventory: string): string | undefined {
  if (written === undefined || written === "none") return written;
  if (written === "~" || written.startsWith("~/")) return join(homedir(), written.slice(1));
  return resolve(dirname(inventory), written);
}

interface ValueReader {
  text(key: string): string | undefined;
  flag(key: string): boolean | undefined;
  secret(key: string): Secret | undefined;
  port(): number | undefined;
  placeOf(key: string): Place;
  check(key: string, finding: { readonly message: string; readonly hint: string } | undefined): void;
  warn(message: string, hint: string): void;
}

function valueReader(name: string, source: HostSource, problems: Problem[]): ValueReader {
  const variables: Variables = resolveVariables([
    { name: "inventory", values: source.variables, literal: false },
    { name: "extra variables", values: source.extraVariables, literal: true },
    { name: "magic", values: { inventory_hostname: name }, literal: true },
  ]);
  const placeOf = (key: string) => placeIn(source.variables, pointerTo("", key)) ?? source.place;

  function value(key: string): Json | undefined {
    if (!(key in variables)) return undefined;
    try {
      return variables[key] ?? undefined;
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  }

  function wrong(key: string, found: Json, wanted: string, hint?: string): undefined {
    problems.push({
      message: `\`${key}\` is ${describe(found)}, but wants ${wanted}`,
      place: placeOf(key),
      hint,
    });
    return undefined;
  }

  const reader: ValueReader = {
    placeOf,
    text(key) {
      const found = value(key);
      if (found === undefined || (typeof found === "string" && found !== "")) return found;
      if (found === "") {
        reader.check(key, { message: `\`${key}\` is empty`, hint: "leave it out, or give it a value" });
        return undefined;
      }
      if (typeof found === "number") return String(found);
      return wrong(key, found, "a text");
    },
    flag(key) {
      const found = value(key);
      if (found === undefined || typeof found === "boolean") return found;
      if (typeof found === "string" && /^(yes|on|true|1)$/i.test(found))
        return wrong(key, found, "true or false", "write `true`");
      return wrong(key, found, "true or false", "write `false`");
    },
    secret(key) {
      const found = value(key);
      if (found === undefined) return undefined;
      if (typeof found !== "string" && typeof found !== "number") return wrong(key, typeof found, "a text");
      if (!(key in source.extraVariables)) {
        const message = `\`${key}\` of \`${name}\` stands here in plain text`;
        const hint = "use a key with an agent, or pass it by `-e @file` from a file that only you can read";
        problems.push({ message, place: placeOf(key), hint, severity: "warning" });
      }
      return new Secret(String(found));
    },
    port() {
      const found = value("port");
      if (found === undefined) return undefined;
      const port = readPort(found);
      if (typeof port === "number") return port;
      reader.check("port", port);
      return undefined;
    },
    check(key, finding) {
      if (finding !== undefined) problems.push({ ...finding, place: placeOf(key) });
    },
    warn(message, hint) {
      problems.push({ message, place: source.place, hint, severity: "warning" });
    },
  };
  return reader;
}
