import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const rolesDirectory = fileURLToPath(new URL("../../roles", import.meta.url));

describe.each(readdirSync(rolesDirectory))("the role %s", (role) => {
  const at = (...parts: string[]) => join(rolesDirectory, role, ...parts);

  test("names every variable of its defaults in arguments.yml, and describes it", () => {
    const properties = propertiesOf(at("arguments.yml"));
    expect(variablesOf(at("defaults", "main.yml")).filter((name) => !(name in properties))).toEqual([]);
    const bare = Object.entries(properties).filter(([, { description }]) => !description);
    expect(bare.map(([name]) => name)).toEqual([]);
  });

  test("has a default for every variable that arguments.yml names", () => {
    const defaults = variablesOf(at("defaults", "main.yml"));
    const named = Object.keys(propertiesOf(at("arguments.yml")));
    expect(named.filter((name) => !defaults.includes(name))).toEqual([]);
  });

  test("tells of every entry point in its README", () => {
    const readme = readFileSync(at("README.md"), "utf8");
    const entryPoints = readdirSync(at("tasks")).map((file) => basename(file, ".yml"));
    const others = entryPoints.filter((name) => name !== "main");
    expect(others.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});

type Properties = Readonly<Record<string, { readonly description?: string }>>;

function propertiesOf(file: string): Properties {
  return (parse(readFileSync(file, "utf8")) as { readonly properties: Properties }).properties;
}

function variablesOf(file: string): string[] {
  return Object.keys(parse(readFileSync(file, "utf8")) as object);
}
