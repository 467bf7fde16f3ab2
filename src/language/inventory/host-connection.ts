import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { HostSpec } from "../../contract/connection.ts";
import type { Problem } from "../../contract/errors.ts";
import type { InventoryHost } from "../model/inventory.ts";
import { checkAddress, checkUser } from "./address.ts";
import { checkKeyFile } from "./check-key-file.ts";
import { type HostSource, type ValueReader, valueReader } from "./host-values.ts";

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
    const { keyFile, keyPassphrase } = spec;
    const place = read.placeOf("key_file");
    problems.push(...(await checkKeyFile(keyFile, keyPassphrase !== undefined, place, source.readKey)));
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
  const isSide = source.groups.some((group) => group === "old" || group === "new");
  if (
    isSide &&
    connection === "ssh" &&
    source.bodies.every(({ value }) => value === null) &&
    address === name
  ) {
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
