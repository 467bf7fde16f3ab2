import type { Place } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import { placeIn, withPlaces } from "../../expression/placed-values.ts";
import type { InventoryHost } from "../model/inventory.ts";
import { valuesAt } from "../yaml/spot.ts";
import { connectionWords, secretWords, shortNameOf } from "./connection-words.ts";
import { priorityWord } from "./group-tree.ts";
import { readConnection } from "./host-connection.ts";
import { type HostParts, type HostReading, layersOf, mergeLayers } from "./host-layers.ts";
import type { Group } from "./inventory-groups.ts";
import { checkHostName, checkVariableNames } from "./inventory-names.ts";

/** Reads one host: its variables from all its groups and itself, and how to reach it. */
export async function readHost(name: string, parts: HostParts, reading: HostReading): Promise<InventoryHost> {
  const { groups, bodies, place, added } = parts;
  const layers = await layersOf(name, parts, reading);
  const { problems, extraVariables, keyring, readKey } = reading;
  problems.push(
    ...checkHostName(name, place),
    ...layers.flatMap(({ level, spot }) => checkVariableNames(spot, level.includes("host"))),
  );
  const variables = mergeLayers(layers, place);
  const source = {
    variables,
    added,
    extraVariables,
    keyring,
    readKey,
    place,
    bodies,
    groups: groups.map((group) => group.name),
  };
  return {
    name,
    place,
    groups: source.groups,
    variables: withoutSecrets(variables),
    layers: layers.map(({ level, from, spot }) => ({ level, from, values: masked(valuesAt(spot)) })),
    ...(await readConnection(name, source, problems)),
  };
}

/** This machine, as an inventory that does not mention it has it: with what all hosts have, but its own way to be reached. */
export async function readControl(
  all: Group | undefined,
  place: Place,
  reading: HostReading,
): Promise<InventoryHost> {
  const parts = { groups: all === undefined ? [] : [all], bodies: [], place };
  const layers = await layersOf("control", parts, reading);
  return {
    name: "control",
    place,
    groups: ["control"],
    variables: withoutSecrets(withoutConnection(mergeLayers(layers, place))),
    layers: layers.map(({ level, from, spot }) => ({ level, from, values: masked(valuesAt(spot)) })),
    spec: { name: "control", connection: "local", address: "localhost" },
    become: false,
    becomeUser: "root",
  };
}

function withoutSecrets(variables: JsonObject): JsonObject {
  return without(variables, isSecretWord);
}

function withoutConnection(variables: JsonObject): JsonObject {
  return without(variables, (name) => Object.hasOwn(connectionWords, shortNameOf(name) ?? name));
}

function without(variables: JsonObject, isLeftOut: (name: string) => boolean): JsonObject {
  const kept = Object.entries(variables).filter(([name]) => !isLeftOut(name));
  return withPlaces(Object.fromEntries(kept), (pointer) => placeIn(variables, pointer));
}

/** The same variables with stars for those that are never shown. */
function masked(values: JsonObject): JsonObject {
  const shown = Object.entries(without(values, (name) => name === priorityWord)).map(([name, value]) => [
    name,
    isSecretWord(name) ? "********" : value,
  ]);
  return withPlaces(Object.fromEntries(shown), (pointer) => placeIn(values, pointer));
}

/** Whether a variable only tells how to reach a host and is never shown. */
export function isSecretWord(name: string): boolean {
  return secretWords.includes(shortNameOf(name) ?? name);
}
