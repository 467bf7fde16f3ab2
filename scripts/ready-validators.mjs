// Makes the validators of our own schemas when the program is put together: to compile a schema takes longer than a task
// on a host. Each is a file of its own, which loads when something is first held against the schema.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import standaloneCode from "ajv/dist/standalone/index.js";
import { build } from "esbuild";

/** Writes the validators into `outdir`; gives an esbuild plugin that names them to the files of `dist` that hold the schemas. */
export async function readyValidators(dist, outdir) {
  const schemas = await schemasOf(dist);
  const { validatorRules } = await import(join(dist, "language", "schema-problems", "compile-schema.js"));
  const ajv = new Ajv({ ...validatorRules, code: { source: true } });
  if (new Set(schemas.map(({ name }) => name)).size < schemas.length)
    throw new Error("two schemas have one name");
  for (const { name, schema } of schemas) {
    await build({
      stdin: { contents: standaloneCode.default(ajv, ajv.compile(schema)), resolveDir: dist },
      outfile: join(outdir, `${name}.cjs`),
      bundle: true,
      format: "cjs",
      platform: "node",
      minifyWhitespace: true,
    });
  }
  return {
    name: "ready-validators",
    setup(building) {
      building.onResolve({ filter: /^validators\// }, ({ path }) => ({ path: `./${path}`, external: true }));
      building.onLoad({ filter: /\/(schemas|modules)\/.*\.js$/ }, ({ path }) => {
        const held = schemas.filter(({ file }) => file === path);
        if (held.length === 0) return undefined;
        return { contents: [readFileSync(path, "utf8"), ...namings(dist, held)].join("\n") };
      });
    },
  };
}

/** The schemas of the language's words and of the modules' arguments: each with its file, and what it is there. */
async function schemasOf(dist) {
  const words = await exportsBelow(join(dist, "language", "schemas"));
  const modules = await exportsBelow(join(dist, "modules"));
  return [
    ...words
      .filter(({ name }) => name.endsWith("Schema"))
      .map(({ file, name, value }) => ({ file, name, expression: name, schema: value })),
    ...modules
      .filter(({ value }) => value?.args !== undefined)
      .map(({ file, name, value }) => ({ file, name, expression: `${name}.args`, schema: value.args })),
  ];
}

async function exportsBelow(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".js"));
  const found = files.map(async (path) => {
    const file = join(folder, path);
    return Object.entries(await import(file)).map(([name, value]) => ({ file, name, value }));
  });
  return (await Promise.all(found)).flat();
}

function namings(dist, schemas) {
  const keeper = join(dist, "language", "schema-problems", "validator-of.js");
  return [
    `import { keepValidator } from ${JSON.stringify(keeper)};`,
    ...schemas.map(
      ({ expression, name }) => `keepValidator(${expression}, () => require("validators/${name}.cjs"));`,
    ),
  ];
}
