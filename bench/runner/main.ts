import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureApart } from "../common/measure-apart.ts";
import { putOnPage } from "../common/page.ts";
import { allPeers, measureInside, type Wanted } from "./inside.ts";
import { section, table } from "./page.ts";
import type { Results } from "./results.ts";
import { works } from "./work.ts";

const usage = `npm run bench:runner -- [options]
  --quick            two rounds, without the peers that take minutes; leaves the page
  --only PART,…      ${[...works.map(({ id }) => id), "start-up", "memory"].join(", ")}
  --peers PEER,…     ${allPeers.map(({ id }) => id).join(", ")}
  --rounds N         how often each is measured at most
  --memory           only the controller's memory at 1,000 hosts
With --only, --peers or --memory the page stays as it is. It needs root, and Debian's packages time, sudo, iproute2, openssh-server.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      memory: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string" },
      help: { type: "boolean", default: false },
      inside: { type: "string" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const whole = !values.quick && !values.memory && values.only === undefined && values.peers === undefined;
  const wanted: Wanted = {
    parts: values.memory
      ? ["memory"]
      : (values.only?.split(",") ?? [...works.map(({ id }) => id), "start-up", ...(whole ? ["memory"] : [])]),
    peers:
      values.peers?.split(",") ??
      allPeers.map(({ id }) => id).filter((id) => !values.quick || !minutes.includes(id)),
    effort: { rounds: Number(values.rounds ?? (values.quick ? 2 : 5)), secondsAtMost: 20 },
  };
  if (values.inside !== undefined) {
    await measureInside(wanted, values.inside, join(values.inside, "results.json"));
    return 0;
  }
  return measureApart<Results>((results) => {
    console.log(`\n${table(results)}`);
    if (whole) putOnPage("runner", section(results));
  });
}

const minutes = ["mitogen", "pipelining", "ansible"];

process.exitCode = await main();
