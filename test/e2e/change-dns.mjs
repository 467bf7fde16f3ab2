// What a user's program for `dns_method: command` does, with nsupdate in the place of a provider's API.
// Arguments: the TSIG key file, the name server. Reads sets of records as they are to be, one JSON object a line.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [keyFile, server] = process.argv.slice(2);
const sets = readFileSync(0, "utf8").trimEnd().split("\n").map(JSON.parse);
for (const { zone, name, type, ttl, data } of sets) {
  const added = data.map((text) => `update add ${name}. ${ttl} IN ${type} ${text}`);
  const script = [
    `server ${server}`,
    `zone ${zone}.`,
    `update delete ${name}. ${type}`,
    ...added,
    "send",
    "",
  ];
  const { status } = spawnSync("nsupdate", ["-k", keyFile], {
    input: script.join("\n"),
    stdio: ["pipe", "inherit", "inherit"],
  });
  if (status !== 0) process.exit(1);
}
