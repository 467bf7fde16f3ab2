import { fileURLToPath } from "node:url";
import { runDemo } from "./demo.ts";

const program = fileURLToPath(new URL("../../../bin/mailferry.js", import.meta.url));
process.exitCode = await runDemo({
  program,
  argv: process.argv.slice(2),
  say: (text) => void process.stdout.write(`${text}\n`),
});
