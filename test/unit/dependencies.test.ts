import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../src/contract/testing/temporary-directory.ts";

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}
const read = (file: string) => readFileSync(file, "utf8");
const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
  "dependencies" | "devDependencies",
  Readonly<Record<string, string>>
>;
const { packages } = JSON.parse(read("package-lock.json")) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

test("docs/dependencies.md gives a reason for each package, and for no other", () => {
  const [, installed = "", development = ""] = read("docs/dependencies.md").split(/^## /m);
  const rows = (part: string) => [...part.matchAll(/^\| `([^`]+)` \| \S.* \|$/gm)].map(([, name]) => name);
  expect(rows(installed)).toEqual(Object.keys(dependencies));
  expect(rows(development)).toEqual(Object.keys(devDependencies));
});

test("every version is exact", () => {
  const versions = Object.values({ ...dependencies, ...devDependencies });
  expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test("the lockfile pins every package by its checksum", () => {
  const locked = Object.entries(packages).filter(([path]) => path !== "");
  const loose = locked.filter(([, { integrity, link }]) => link || !integrity?.startsWith("sha512-"));
  expect(locked.length).toBeGreaterThan(100);
  expect(loose.map(([path]) => path)).toEqual([]);
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    expect(packages[`node_modules/${name}`]?.version, name).toBe(version);
});

test("scripts/sbom names what is installed, and marks what only development needs", () => {
  const file = join(temporaryDirectory(), "sbom.json");
  execFileSync("scripts/sbom", [file]);
  const sbom = JSON.parse(read(file)) as {
    readonly bomFormat: string;
    readonly components: readonly { readonly name: string; readonly scope: string }[];
  };
  const names = sbom.components.filter(({ scope }) => scope === "required").map(({ name }) => name);
  expect(sbom.bomFormat).toBe("CycloneDX");
  expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
  expect(names).not.toContain("vitest");
});
