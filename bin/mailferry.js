#!/usr/bin/env node
// Old versions of Node have to be able to read this file to the end: no syntax here that is younger than var.
var oldest = [20, 19];
var version = process.versions.node.split(".").map(Number);

if (version[0] < oldest[0] || (version[0] === oldest[0] && version[1] < oldest[1])) {
  console.error(
    "error: Mailferry needs Node " +
      oldest.join(".") +
      " or newer, and this is Node " +
      process.versions.node +
      "\n" +
      "  next: install a newer Node (https://nodejs.org), then run the same command again",
  );
  process.exit(2);
} else {
  require("../dist/bundle/main.cjs").main(process.argv.slice(2));
}
