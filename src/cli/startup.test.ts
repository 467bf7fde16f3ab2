import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "./package-root.ts";

// The built program, put together below node_modules so that it finds its packages.
const cache = join(packageRoot(), "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const root = mkdtempSync(join(cache, "mailferry-startup-"));
const program = join(root, "bin", "mailferry.js");
const scratch = mkdtempSync(join(tmpdir(), "mailferry-startup-"));

/** Prints the address of every module that is resolved. */
const trace = `import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  process._rawDebug("loads " + found.url);
  return found;
}\`));
`;

beforeAll(() => {
  cpSync(join(packageRoot(), "package.json"), join(root, "package.json"));
  cpSync(join(packageRoot(), "bin"), join(root, "bin"), { recursive: true });
  const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
  const config = join(packageRoot(), "tsconfig.build.json");
  execFileSync(process.execPath, [tsc, "-p", config, "--outDir", join(root, "dist")], { stdio: "ignore" });
  writeFileSync(join(scratch, "trace.mjs"), trace);
  writeFileSync(
    join(scratch, "old.cjs"),
    'Object.defineProperty(process.versions, "node", { value: "18.19.0" });',
  );
}, 120_000);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe("the built program", { timeout: 60_000 }, () => {
  it.each([[["--help"]], [["--version"]], [["run", "--help"]], [["chekc"]]])(
    "loads little for %j",
    (argv) => {
      const started = spawnSync(
        process.execPath,
        ["--import", join(scratch, "trace.mjs"), program, ...argv],
        {
          encoding: "utf8",
        },
      );
      const loaded = started.stderr.split("\n").filter((line) => line.startsWith("loads "));
      expect(loaded.some((line) => line.includes("/commander/"))).toBe(true);
      const packages = loaded.filter((line) => line.includes("/node_modules/")).map(packageOf);
      expect([...new Set(packages)].filter((name) => !light.includes(name))).toEqual([]);
    },
  );

  it("refuses an old Node in words", () => {
    const argv = ["--require", join(scratch, "old.cjs"), program, "--version"];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("Mailferry needs Node 20.19 or newer, and this is Node 18.19.0");
  });

  it("outlives the reader of its output", () => {
    const command = `"${process.execPath}" "${program}" run --help | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).toBe("Usage: mailferry run [options] <playbook>\n0\n");
  });
});

/** What the command line's words and its errors are made with. */
const light = [
  "commander",
  "wrap-ansi",
  "ansi-styles",
  "string-width",
  "get-east-asian-width",
  "strip-ansi",
  "ansi-regex",
];

function packageOf(line: string): string {
  const inside = line.slice(line.lastIndexOf("/node_modules/") + "/node_modules/".length);
  // The program itself lies below node_modules too.
  if (inside.startsWith(".cache/")) return "commander";
  return inside
    .split("/")
    .slice(0, inside.startsWith("@") ? 2 : 1)
    .join("/");
}
