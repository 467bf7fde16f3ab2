import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "./package-root.ts";
import { inventoryText } from "./testing/run-in-memory.ts";

// The built program, put together below node_modules so that it finds its packages.
const cache = join(packageRoot(), "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const root = mkdtempSync(join(cache, "mailferry-startup-"));
const program = join(root, "bin", "mailferry.js");
/** The same program before it was put together into a few files: here one sees which packages it loads. */
const apart = join(root, "bin", "apart.js");
const scratch = mkdtempSync(join(tmpdir(), "mailferry-startup-"));

/** Prints the address of every ES module that is resolved. */
const traceModules = `import { register } from "node:module";
register("data:text/javascript," + encodeURIComponent(\`
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  process._rawDebug("loads " + found.url);
  return found;
}\`));
`;

/** Prints at the end what was loaded since: Node's own parts by their names, all others by their paths. */
const traceRequired = `const before = new Set(process.moduleLoadList);
process.on("exit", () => {
  const parts = process.moduleLoadList.filter((part) => !before.has(part));
  for (const loaded of [...parts, ...Object.keys(require.cache)]) process._rawDebug("loads " + loaded);
});
`;

beforeAll(() => {
  cpSync(join(packageRoot(), "package.json"), join(root, "package.json"));
  cpSync(join(packageRoot(), "bin"), join(root, "bin"), { recursive: true });
  const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
  const config = join(packageRoot(), "tsconfig.build.json");
  execFileSync(process.execPath, [tsc, "-p", config, "--outDir", join(root, "dist")], { stdio: "ignore" });
  const bundler = join(packageRoot(), "scripts", "bundle.mjs");
  execFileSync(process.execPath, [bundler, join(root, "dist")], { stdio: "ignore" });
  writeFileSync(apart, 'import("../dist/cli/main.js").then((cli) => cli.main(process.argv.slice(2)));');
  writeFileSync(join(scratch, "modules.mjs"), traceModules);
  writeFileSync(join(scratch, "required.cjs"), traceRequired);
  writeFileSync(
    join(scratch, "old.cjs"),
    'Object.defineProperty(process.versions, "node", { value: "18.19.0" });',
  );
}, 300_000);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe("the built program", { timeout: 60_000 }, () => {
  it.each([[["--help"]], [["--version"]], [["run", "--help"]], [["chekc"]]])(
    "loads little for %j",
    (argv) => {
      const packages = packagesOf(modulesOf(argv));
      expect(packages).toContain("commander");
      expect(packages.filter((name) => !light.includes(name))).toEqual([]);
      const loaded = requiredBy(argv);
      const files = loaded.filter((path) => path.startsWith(join(root, "dist")));
      expect(files).toContain(join(root, "dist", "bundle", "main.cjs"));
      const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
      // More files or more code would be felt at each start.
      expect(files.length).toBeLessThan(20);
      expect(bytes).toBeLessThan(250_000);
      // So would what starts programs.
      expect(loaded).not.toContain("NativeModule child_process");
    },
  );

  it("loads for a playbook only what it uses", () => {
    const inventory = join(scratch, "inventory.yml");
    const playbook = join(scratch, "playbook.yml");
    writeFileSync(inventory, "all: { hosts: { web: { address: 192.0.2.1 } } }\n");
    writeFileSync(playbook, "- hosts: all\n  tasks:\n    - { name: say, command: uptime }\n");
    const packages = packagesOf(modulesOf(["check", playbook, "-i", inventory]));
    expect(packages).toContain("yaml");
    const heavy = [
      "imapflow",
      "nodemailer",
      "inquirer",
      "ora",
      "dns-packet",
      "ssh2",
      "node-ssh",
      "diff",
      "string-width",
    ];
    expect(packages.filter((name) => heavy.includes(name))).toEqual([]);
  });

  it("holds a playbook against schemas that were compiled when it was built", () => {
    const inventory = join(scratch, "hosts.yml");
    const playbook = join(scratch, "words.yml");
    writeFileSync(inventory, inventoryText);
    writeFileSync(join(scratch, "more.yml"), "- copy: { content: text, dest: /tmp/text }\n");
    const words = [
      "name: Words",
      "stages:",
      "  - name: all",
      "    plays:",
      "      - hosts: all",
      "        tasks:",
      "          - include_tasks: more.yml",
      "          - block: [{ command: uptime }]",
      "          - meta: flush_handlers",
    ];
    writeFileSync(playbook, words.join("\n"));
    // Ajv compiles to the text of a function, which Node then takes from nobody.
    const argv = ["--disallow-code-generation-from-strings", program, "check", playbook, "-i", inventory];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Stages: all");
  });

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

describe("the compiled code that a run keeps", { timeout: 60_000 }, () => {
  const inventory = join(scratch, "here.yml");
  const playbook = join(scratch, "say.yml");
  const homes: string[] = [];

  beforeAll(() => {
    writeFileSync(inventory, "all: { hosts: { here: { connection: local } } }\n");
    writeFileSync(playbook, "- hosts: all\n  tasks:\n    - { name: say, command: echo here }\n");
  });
  afterAll(() => {
    for (const home of homes) rmSync(home, { recursive: true, force: true });
  });

  function makeHome() {
    const home = mkdtempSync(join(tmpdir(), "mailferry-home-"));
    homes.push(home);
    const run = (environment: NodeJS.ProcessEnv = { HOME: home }) => {
      const argv = [program, "run", playbook, "-i", inventory, "--state-dir", join(home, "state")];
      const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
        encoding: "utf8",
        cwd: home,
        env: { PATH: process.env.PATH, ...environment },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("changed  here  say");
    };
    const all = join(home, ".cache", "mailferry", "compiled");
    const directory = () => join(all, readdirSync(all).at(-1) ?? "");
    const file = () => join(directory(), readdirSync(directory()).join());
    return { home, run, all, directory, file };
  }

  const namesIn = (file: string): string[] =>
    (JSON.parse(readFileSync(file, "latin1").split("\n")[0] ?? "") as [string, number][]).map(
      ([name]) => name,
    );

  it("is written once, for this user alone", () => {
    const { run, file, directory } = makeHome();
    run();
    expect(namesIn(file())).toEqual(expect.arrayContaining([expect.stringMatching(/^execute-stage/)]));
    expect([statSync(file()).mode & 0o777, statSync(directory()).mode & 0o777]).toEqual([0o600, 0o700]);
    const { ino, mtimeMs } = statSync(file());
    run();
    // Taken as it is: what V8 refuses would be written anew.
    expect(statSync(file())).toMatchObject({ ino, mtimeMs });
  });

  it("is made anew where it is damaged", () => {
    const { run, file } = makeHome();
    run();
    const names = namesIn(file());
    writeFileSync(file(), "[[");
    run();
    expect(namesIn(file())).toEqual(names);
    const bytes = readFileSync(file());
    bytes.fill(0, bytes.indexOf("\n") + 1);
    writeFileSync(file(), bytes);
    run();
    expect(readFileSync(file()).equals(bytes)).toBe(false);
    expect(namesIn(file()).sort()).toEqual(names.sort());
  });

  it("is neither read nor written where others can write", () => {
    const { run, file, directory } = makeHome();
    run();
    writeFileSync(file(), "not ours");
    chmodSync(directory(), 0o770);
    run();
    expect(readFileSync(file(), "utf8")).toBe("not ours");
  });

  it("is left away without a home", () => {
    const { home, run } = makeHome();
    const nowhere = join(home, "nowhere");
    // Paths of the directory that it runs in are nobody's home.
    mkdirSync(join(home, "cache"), { mode: 0o700 });
    run({});
    for (const HOME of ["", ".", nowhere]) run({ HOME });
    for (const XDG_CACHE_HOME of ["cache", nowhere]) run({ HOME: home, XDG_CACHE_HOME });
    expect(readdirSync(home).sort()).toEqual(["cache", "state"]);
    expect(readdirSync(join(home, "cache"))).toEqual([]);
  });

  it("lies where XDG_CACHE_HOME says", () => {
    const { home, run } = makeHome();
    const cache = join(home, "cache");
    mkdirSync(cache, { mode: 0o700 });
    run({ HOME: home, XDG_CACHE_HOME: cache });
    expect(readdirSync(home).sort()).toEqual(["cache", "state"]);
    expect(readdirSync(join(cache, "mailferry", "compiled"))).toEqual([
      expect.stringMatching(/^[0-9a-f]{32}$/),
    ]);
  });

  it("is found through a person's own links", () => {
    const { home, run } = makeHome();
    mkdirSync(join(home, "elsewhere"), { mode: 0o700 });
    symlinkSync("elsewhere", join(home, ".cache"));
    run();
    expect(readdirSync(join(home, "elsewhere", "mailferry", "compiled"))).toHaveLength(1);
  });

  it.each([
    ["the home", "."],
    ["the cache directory", ".cache"],
    ["Mailferry's own in there", ".cache/mailferry"],
    ["that of all builds", ".cache/mailferry/compiled"],
  ])("is left away where others can write into %s", (_, path) => {
    const { home, run, all } = makeHome();
    const builds = makeOldBuilds(all);
    chmodSync(join(home, path), 0o777);
    run();
    expect(readdirSync(all).sort()).toEqual(builds);
  });

  it.each(["mailferry", "mailferry/compiled"])("is left away where a link leads from %s", (path) => {
    const { home, run } = makeHome();
    const link = join(home, ".cache", path);
    const elsewhere = join(home, "elsewhere");
    const builds = makeOldBuilds(path === "mailferry" ? join(elsewhere, "compiled") : elsewhere);
    mkdirSync(dirname(link), { recursive: true, mode: 0o700 });
    symlinkSync(elsewhere, link);
    run();
    expect(readdirSync(path === "mailferry" ? join(link, "compiled") : link).sort()).toEqual(builds);
  });

  it.runIf(process.getuid?.() === 0)("is left away in a directory of somebody else", () => {
    const { home, run, all } = makeHome();
    const builds = makeOldBuilds(all);
    chownSync(join(home, ".cache", "mailferry"), 65_534, 65_534);
    run();
    expect(readdirSync(all).sort()).toEqual(builds);
  });

  it("is kept of a few builds, the newest", () => {
    const { run, all } = makeHome();
    const builds = makeOldBuilds(all);
    run();
    const left = readdirSync(all);
    expect(left.filter((name) => builds.includes(name)).sort()).toEqual(builds.slice(0, 3));
    expect(left).toHaveLength(4);
  });

  it("removes nothing but directories of builds", () => {
    const { run, all } = makeHome();
    makeOldBuilds(all);
    const [file, link] = ["e".repeat(32), "f".repeat(32)];
    mkdirSync(join(all, "passwords"));
    writeFileSync(join(all, file), "");
    symlinkSync("passwords", join(all, link));
    for (const name of ["passwords", file]) utimesSync(join(all, name), 1, 1);
    lutimesSync(join(all, link), 1, 1);
    run();
    expect(readdirSync(all)).toEqual(expect.arrayContaining(["passwords", file, link]));
    expect(readdirSync(all)).toHaveLength(7);
  });
});

/** Five builds that were there before, and their names, the newest first. */
function makeOldBuilds(all: string): string[] {
  const names = [1, 2, 3, 4, 5].map((age) => `${age}`.repeat(32));
  for (const [age, name] of names.entries()) {
    mkdirSync(join(all, name), { recursive: true, mode: 0o700 });
    utimesSync(join(all, name), 1_000_000 - age, 1_000_000 - age);
  }
  return names;
}

/** What the command line's words and its errors are made with. */
const light = ["commander", "fast-wrap-ansi", "fast-string-width", "fast-string-truncated-width"];

/** The addresses of all ES modules that a command line loads, before the program is put together. */
function modulesOf(argv: readonly string[]): string[] {
  return loadedBy(["--import", join(scratch, "modules.mjs"), apart, ...argv]);
}

/** Node's parts and the files that the built program loads for a command line. */
function requiredBy(argv: readonly string[]): string[] {
  return loadedBy(["--require", join(scratch, "required.cjs"), program, ...argv]);
}

function loadedBy(argv: readonly string[]): string[] {
  const { stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  const lines = stderr.split("\n").filter((line) => line.startsWith("loads "));
  return lines.map((line) => line.slice("loads ".length));
}

function packagesOf(urls: readonly string[]): string[] {
  // The program itself lies below node_modules too.
  const inside = urls.flatMap((url) => url.split("/node_modules/").slice(1).at(-1) ?? []);
  const names = inside
    .filter((path) => !path.startsWith(".cache/"))
    .map((path) =>
      path
        .split("/")
        .slice(0, path.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  return [...new Set(names)];
}
