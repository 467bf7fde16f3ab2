import { isIP, isIPv6 } from "node:net";
import type { Json } from "../../contract/json.ts";
import { describe } from "../../expression/helpers/arguments.ts";

interface Finding {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with the address of a host. */
export function checkAddress(address: string): Finding | undefined {
  const wrong = (what: string, hint: string): Finding => ({
    message: `the address \`${address}\` ${what}`,
    hint,
  });
  if (/\s/.test(address)) return wrong("holds a space", "write one name or IP address");
  if (address.startsWith("-"))
    return wrong("begins with `-`, which ssh would take for an option", "write a name or an IP address");
  if (address.includes("@")) {
    const [user, host] = address.split("@");
    return host === "" || host === undefined
      ? wrong("names a user but no host", "write the host here, and the user under `user`")
      : wrong("names a user", `write \`address: ${host}\` and \`user: ${user}\``);
  }
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(address);
  if (bracketed !== null) {
    const port = bracketed[2] === undefined ? "" : ` and \`port: ${bracketed[2]}\``;
    return wrong("has brackets", `write \`address: "${bracketed[1]}"\`${port}`);
  }
  if (isIP(address) !== 0) return undefined;
  if (address.includes("/"))
    return wrong("is no address", "write a name or an IP address, without a scheme or path");
  if (address.includes(":")) return withPort(address, wrong);
  return undefined;
}

function withPort(address: string, wrong: (what: string, hint: string) => Finding): Finding {
  const cut = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, cut), address.slice(cut + 1)];
  const quoted = isIPv6(host) ? `"${host}"` : host;
  return wrong("holds a port", `write \`address: ${quoted}\` and \`port: ${port}\``);
}

/** What is wrong with the name of a login user. */
export function checkUser(user: string): Finding | undefined {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/.test(user) && !user.endsWith("@")) return undefined;
  const hint = user.includes("@")
    ? `write \`user: ${user.split("@")[0]}\`, and the host under \`address\``
    : "write the login name alone";
  return { message: `\`${user}\` can't be the name of a user`, hint };
}

/** A TCP port, or what is wrong with it. */
export function readPort(value: Json): number | Finding {
  const port = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  return {
    message: `the port is ${describe(value)}`,
    hint: "a port is a number from 1 to 65535, usually 22",
  };
}
