import { parseArgs } from "node:util";
import { measureApart } from "../common/measure-apart.ts";
import { putOnPage } from "../common/page.ts";
import { type Results, type WorkId, works } from "./figures.ts";
import { measureInside, type Wanted } from "./inside.ts";
import { section, tables } from "./page.ts";

const usage = `npm run bench:mail -- [options]
  --quick         30,000 messages, one round; leaves the page
  --only WORK,…   ${works.map(({ id }) => id).join(", ")}
  --rounds N      how often each is measured (3); first copies twice as often
  --messages N    how many messages (300,000), in mailboxes of 150 on average
With --quick, --only or --messages the page stays as it is. It needs root, 18 GB of free memory (where there is less, 6 GB
and some 15 GB below TMPDIR; the disk's own pace is in the figures then), and Debian's packages time, sudo, iproute2,
openssh-server, rsync, e2fsprogs.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      messages: { type: "string" },
      help: { type: "boolean", default: false },
      inside: { type: "string" },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const messages = Number(values.messages ?? (values.quick ? 30_000 : 300_000));
  const wanted: Wanted = {
    works: (values.only?.split(",") as WorkId[] | undefined) ?? works.map(({ id }) => id),
    rounds: Number(values.rounds ?? (values.quick ? 1 : 3)),
    size: { messages, mailboxes: Math.ceil(messages / 150), medianBytes: 4096 },
  };
  if (values.inside !== undefined) {
    await measureInside(wanted, values.inside);
    return 0;
  }
  const whole = !values.quick && values.only === undefined && values.messages === undefined;
  return measureApart<Results>((results) => {
    console.log(`\n${tables(results)}`);
    if (whole) putOnPage("mail", section(results));
  });
}

process.exitCode = await main();
