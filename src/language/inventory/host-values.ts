import { BadInput, type Place, type Problem } from "../../contract/errors.ts";
import type { Variables } from "../../contract/host.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { Secret } from "../../contract/secret.ts";
import { describe } from "../../expression/helpers/arguments.ts";
import { placeIn, pointerTo } from "../../expression/placed-values.ts";
import { resolveVariables } from "../../expression/variables.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import type { Spot } from "../yaml/spot.ts";
import { readPort } from "./address.ts";
import type { KeyReader } from "./check-key-file.ts";
import { shortNameOf } from "./connection-words.ts";

/** What a host's connection is read from. */
export interface HostSource {
  readonly variables: JsonObject;
  /** What a run gave the host: data, never rendered. */
  readonly added?: JsonObject | undefined;
  readonly extraVariables: JsonObject;
  readonly keyring: Keyring;
  readonly readKey: KeyReader;
  readonly place: Place;
  readonly bodies: readonly Spot[];
  readonly groups: readonly string[];
}

/** Gives a host's connection variables, rendered, as what they should be; the rest becomes problems. */
export interface ValueReader {
  text(key: string): string | undefined;
  flag(key: string): boolean | undefined;
  secret(key: string): Secret | undefined;
  port(): number | undefined;
  placeOf(key: string): Place;
  check(key: string, finding: { readonly message: string; readonly hint: string } | undefined): void;
  warn(message: string, hint: string): void;
}

/** Makes the reader for one host. */
export function valueReader(name: string, source: HostSource, problems: Problem[]): ValueReader {
  const extraVariables = withShortNames(source.extraVariables);
  const variables: Variables = resolveVariables([
    { name: "inventory", values: source.variables, literal: false },
    { name: "add_host", values: withShortNames(source.added ?? {}), literal: true },
    { name: "extra variables", values: extraVariables, literal: true },
    { name: "magic", values: { inventory_hostname: name }, literal: true },
  ]);
  const placeOf = (key: string) => placeIn(source.variables, pointerTo("", key)) ?? source.place;

  function value(key: string): Json | undefined {
    if (!Object.hasOwn(variables, key)) return undefined;
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
      const isGiven =
        Object.hasOwn(extraVariables, key) || Object.hasOwn(withShortNames(source.added ?? {}), key);
      if (!isGiven && !source.keyring.knows(String(found))) {
        const message = `\`${key}\` of \`${name}\` stands here in plain text`;
        const hint = "use a key with an agent, or encrypt it: mailferry secret encrypt";
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

function withShortNames(variables: JsonObject): JsonObject {
  const renamed = Object.entries(variables).map(
    ([name, value]) => [shortNameOf(name) ?? name, value] as const,
  );
  return { ...variables, ...Object.fromEntries(renamed) };
}
