import { afterAll, describe, expect, test } from "vitest";
import { type Canary, plantCanary } from "./canary.ts";
import { labName } from "./lab-name.ts";
import { setTheStage } from "./rehearse.ts";
import { readRunLines } from "./run-file.ts";
import { tellWholeStory } from "./story.ts";

/** From a server without Rspamd, Redis and quota, by the same roles as Bullseye to Trixie. */
describe("Stretch to Buster", () => {
  let canary: Canary | undefined;
  afterAll(() => canary?.stop());
  const story = tellWholeStory({
    setStage: async () => {
      const stage = await setTheStage(labName("stretch"), {}, "stretch-to-buster", {
        isWithoutRootLogin: true,
      });
      canary = await plantCanary(stage, "john@example.org");
      return stage;
    },
    // The lab has no Stretch and no Buster: other releases are told, and stop nothing.
    says: {
      preflight: [/warning {2}Debian release of the old host/, /warning {2}Debian release of the new host/],
      verify: [/ [0-9]+ messages since [0-9TZ:-]+: [0-9]+ delivered/],
    },
  });

  test("no secret of the move stood in a command line or an environment, or stands in a file", async () => {
    expect(canary?.seen()).toEqual([]);
    expect(canary?.linkKeys()).toBeGreaterThan(0);
    // The search has to find those that were put there, in other forms, and nothing but them.
    expect(await canary?.files()).toEqual(canary?.planted);
  });

  test("new's schema has the quota that old's lacks, and every user is without limit", async () => {
    const { old, new: fresh } = story.stage().lab.hosts;
    const ask = (query: string) => [
      "mysql",
      "--batch",
      "--skip-column-names",
      "--execute",
      query,
      "mailserver",
    ];
    const types = ask("SELECT data_type FROM information_schema.columns WHERE column_name = 'quota'");
    expect((await old.run(types)).trim()).toBe("");
    expect((await fresh.run(types)).trim()).toBe("bigint");
    const users = await old.run(ask("SELECT email, 0 FROM virtual_users ORDER BY email"));
    expect(await fresh.run(ask("SELECT email, quota FROM virtual_users ORDER BY email"))).toBe(users);
    for (const proof of ["imap-proof-old.jsonl", "imap-proof-opening.jsonl"]) {
      const seen = await readRunLines(story.stage().rehearsal, proof);
      const limits = seen.flatMap((line) => (line.type === "quota" ? [line.limits] : []));
      expect(limits.length).toBeGreaterThan(4);
      expect(limits.flat()).toEqual([]);
      expect(seen.filter(({ difference }) => difference === "quota-differs")).toEqual([]);
    }
  });

  test("Roundcube's users come along, and know the new server's name", async () => {
    const { old, new: fresh } = story.stage().lab.hosts;
    const ask = (column: string) => [
      ...["mysql", "--batch", "--skip-column-names", "--execute"],
      `SELECT username, ${column} FROM users ORDER BY username`,
      "roundcube",
    ];
    const wanted = await old.run(ask(`'${fresh.name}'`));
    expect(wanted.split("\n").length).toBeGreaterThan(5);
    expect(await fresh.run(ask("mail_host"))).toBe(wanted);
  });
});
