// Puts what tsc made of src/cli, with the packages that it uses, into a few files in dist/bundle: hundreds of small ones
// take longer to load than a task on a host. Each part still loads when it is first needed.
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { argv } from "node:process";
import { build } from "esbuild";
import { readyValidators } from "./ready-validators.mjs";

const dist = resolve(argv[2] ?? "dist");
const bundle = join(dist, "bundle");

/** commander can start a program as a subcommand. We have none, and what starts programs takes as long to load as all of commander. */
const withoutPrograms = {
  name: "without-programs",
  setup(building) {
    building.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/node_modules/commander/")
        ? { path: "child_process", namespace: "nothing" }
        : undefined,
    );
    building.onLoad({ filter: /^child_process$/, namespace: "nothing" }, () => ({ contents: "" }));
  },
};

/** ssh2's ciphers in machine code, where they were compiled when it was installed: named so that they are found from the bundle. */
const compiledCiphers = {
  name: "compiled-ciphers",
  setup(building) {
    building.onResolve({ filter: /\/sshcrypto\.node$/ }, () => ({
      path: "ssh2/lib/protocol/crypto/build/Release/sshcrypto.node",
      external: true,
    }));
  },
};

rmSync(bundle, { recursive: true, force: true });
const modules = mkdtempSync(join(dist, "modules-"));
try {
  await putTogether(modules);
  await convertToCommonJs(modules, bundle);
  writeFileSync(join(bundle, "build-id"), identify(bundle));
} finally {
  rmSync(modules, { recursive: true, force: true });
}

/** Shares the code among files by what loads it. esbuild can do that for ES modules only. */
async function putTogether(outdir) {
  return build({
    entryPoints: [join(dist, "cli", "main.js")],
    outdir,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    // An optional part of ssh2 in machine code: it is found, or not, where the package is installed.
    external: ["*.node", "cpu-features"],
    plugins: [withoutPrograms, compiledCiphers, await readyValidators(dist, join(bundle, "validators"))],
    logLevel: "warning",
  });
}

/** Makes the files what Node loads fastest: starting its loader of ES modules takes longer than parsing a command line. */
function convertToCommonJs(directory, outdir) {
  return build({
    entryPoints: readdirSync(directory).map((file) => join(directory, file)),
    outdir,
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    platform: "node",
    target: "node20.19",
    supported: { "dynamic-import": false },
    define: { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
    // Names stay as they are, for the stack traces of --debug.
    minifyWhitespace: true,
    minifySyntax: true,
    // Its warnings are about the packages' code, which is as it is.
    logLevel: "error",
  });
}

/** A word that stands for all that was built: what is kept of one build must not be taken for another's. */
function identify(directory) {
  const hash = createHash("sha256");
  for (const file of readdirSync(directory, { recursive: true }).sort()) {
    if (file.endsWith(".cjs")) hash.update(`${file}\0`).update(readFileSync(join(directory, file)));
  }
  return hash.digest("hex").slice(0, 32);
}
