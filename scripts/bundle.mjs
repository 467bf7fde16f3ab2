// Puts what tsc made of src/cli, with the packages that it uses, into a few files in dist/bundle: hundreds of small ones
// take longer to load than a task on a host. Each part still loads when it is first needed.
import { rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { argv } from "node:process";
import { build } from "esbuild";

const dist = resolve(argv[2] ?? "dist");
const bundle = join(dist, "bundle");

/** What stays outside: the lab, which starts its own files as programs, and the contract, so that both sides' errors are of one class. */
const apart = {
  name: "apart",
  setup(building) {
    building.onResolve({ filter: /^\.\.?\// }, ({ importer, path }) => {
      const file = resolve(dirname(importer), path);
      const inside = relative(dist, file);
      if (!inside.startsWith("lab/") && !inside.startsWith("contract/")) return undefined;
      return { path: `./${relative(bundle, file)}`.replace("./../", "../"), external: true };
    });
  },
};

rmSync(bundle, { recursive: true, force: true });
await build({
  entryPoints: [join(dist, "cli", "main.js")],
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  // Names stay as they are, for the stack traces of --debug.
  minifyWhitespace: true,
  minifySyntax: true,
  // Optional parts of ssh2 in machine code: they are found, or not, where the package is installed.
  external: ["*.node", "cpu-features"],
  // What packages that are no ES modules expect to be there.
  banner: {
    js: [
      'import { createRequire as requireFrom } from "node:module";',
      "const require = requireFrom(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join(" "),
  },
  plugins: [apart],
  logLevel: "warning",
});
