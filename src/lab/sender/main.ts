/**
 * The sender as a process of its own, so that it can live inside the lab's network:
 * `node main.js OPTIONS.json LOG.jsonl`. SIGTERM stops it gently, a second one at once.
 * Every second a tally goes to standard output as a JSON line; the last line is the final one.
 */
import { readFileSync } from "node:fs";
import { openSenderLog } from "./log.ts";
import type { SenderOptions } from "./options.ts";
import { Sender } from "./sender.ts";

const [optionsFile, logFile] = process.argv.slice(2);
if (optionsFile === undefined || logFile === undefined) {
  process.stderr.write("usage: main.js OPTIONS.json LOG.jsonl\n");
  process.exit(2);
}
const log = openSenderLog(logFile);
const sender = new Sender(JSON.parse(readFileSync(optionsFile, "utf8")) as SenderOptions, log);
let told = false;
const stop = () => {
  if (told) sender.abandon();
  else sender.stop();
  told = true;
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
const report = setInterval(() => process.stdout.write(`${JSON.stringify(sender.tally())}\n`), 1000);
const tally = await sender.finished;
clearInterval(report);
log.close();
process.stdout.write(`${JSON.stringify(tally)}\n`);
