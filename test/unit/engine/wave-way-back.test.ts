import { readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Json } from "../../../src/contract/json.ts";
import {
  changingModule,
  lookingModule,
  type ModuleRegistry,
  registered,
} from "../../../src/contract/module.ts";
import { waveOf } from "../../../src/contract/wave.ts";
import { readState } from "../../../src/engine/record.ts";
import { dnsUpdate } from "../../../src/modules/dns-update/dns-update.ts";
import { mailMerge } from "../../../src/modules/mail-merge/mail-merge.ts";
import { mailMergeProof } from "../../../src/modules/mail-merge/mail-merge-proof.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { sqlQuery } from "../../../src/modules/sql-query.ts";
import { makePlace, type Place, run, silentPrompter } from "./run-playbook.ts";

/** Both domains are on new; `a.example` goes back. */
const [going, staying] = ["a.example", "b.example"];
const table = "/etc/postfix/mailferry-waves";

const opening = `name: example
moves_domains: true
stages:
  - name: freeze
    plays: [{ hosts: old, gather_facts: false, tasks: [{ name: freeze, latch: { name: old-frozen } }] }]
  - name: open
    plays: [{ hosts: new, gather_facts: false, tasks: [{ name: open, latch: { name: new-opened, unproven: true } }] }]
`;
const playbook = readFileSync("playbooks/ispmail-waves.yml", "utf8");

let place: Place;
/** What each table said of the domain that goes back, in the order of their changes: who would deliver it. */
let routes: { old: string; new: string }[];
/** What the databases say, by host. */
let rows: Record<string, string[]>;
let merging: () => void;
/** What new's `postqueue -j` tells. */
let queued: string;
let mayLeaveHeld: boolean;

beforeEach(async () => {
  place = makePlace();
  routes = [];
  rows = { alpha: ["user john@a.example #1"], beta: ["user john@a.example #1"] };
  merging = () => {};
  queued = "";
  mayLeaveHeld = false;
  symlinkSync(resolve("roles"), join(place.directory, "roles"));
  const { alpha, beta } = place.hosts;
  for (const host of [alpha, beta]) {
    for (const domain of [going, staying]) {
      host.tree.put(`/var/lib/mailferry/latches/${domain}`, { type: "directory" });
      host.tree.put(`/var/vmail/${domain}`, { type: "directory" });
    }
    host.tree.put("/etc/postfix", { type: "directory" });
    host.tree.put("/var/spool/postfix", { type: "directory" });
    host.tree.put("/etc/dovecot/conf.d", { type: "directory" });
    host.answer([], ({ argv }) => answerOf(host.name, argv.join(" ")));
  }
  alpha.tree.write(table, Buffer.from(`/@a[.]example$/ smtp:[192.0.2.4]:25\n`), {});
  beta.tree.write(table, Buffer.from(""), {});
  for (const domain of [going, staying]) {
    for (const stage of ["freeze", "open"]) {
      expect((await waveRun(opening, stage, domain)).result.failures).toEqual([]);
    }
  }
});

const textOf = (host: "alpha" | "beta", path: string) => place.hosts[host].tree.read(path)?.toString() ?? "";
const routeOn = (host: "alpha" | "beta") => / (\S+)/.exec(lineOf(textOf(host, table)))?.[1] ?? "own";
const lineOf = (text: string) => text.split("\n").find((line) => line.startsWith("/@a[.]example$/")) ?? "";

/** What the programs of a host say that is as the tasks want it. Each look notes both tables. */
function answerOf(name: string, command: string): string | undefined {
  const host = name as "alpha" | "beta";
  const now = { old: routeOn("alpha"), new: routeOn("beta") };
  if (JSON.stringify(routes.at(-1)) !== JSON.stringify(now)) routes.push(now);
  // These act on the tree of the fake host.
  if (/^(readlink|rm) /.test(command)) return undefined;
  if (command.startsWith("postmap -q mailferry-nobody@a.example")) return routeOn(host);
  if (command.includes("postconf -xh transport_maps")) return `regexp:${table}`;
  if (command.includes("postconf -h mynetworks")) return "192.0.2.4\n192.0.2.5";
  if (command.includes("myhostname")) return name;
  if (command.includes("since=") || command.startsWith("sh -c cut -d . -f 1 /proc/uptime")) return "31";
  if (command.includes("cmp -s")) return "yes";
  if (command.includes("grep -icE")) return "0";
  if (command.startsWith("postqueue -j") && name === "beta") return queued;
  if (command === "postconf -h queue_directory") return "/var/spool/postfix";
  if (command.includes("dovecot --version")) return "2.4.1";
  return "";
}

/** What needs a server that a fake host has not. */
const stubs = {
  sql_query: registered(
    lookingModule<{ query: string }>({
      ...sqlQuery,
      look: async (_args, { name }) => {
        const lines = (rows[name] ?? []).map((line) => ({ line }));
        return { result: { rows: lines as unknown as Json, count: lines.length }, message: "" };
      },
    }),
  ),
  mail_merge: registered(
    changingModule<{ from: string; path: string }, Change>({
      ...mailMerge,
      check: async ({ from, path }, host) => {
        merging();
        return { summary: "merge", merges: { oldHost: host.name, newHost: from, root: path } };
      },
      apply: async () => ({
        result: {
          added: 1,
          folders: 0,
          files: 0,
          flags: 0,
          kept: 0,
          differing: 0,
          conflicts: 0,
          file: "",
          named: { differing: [], conflicts: [] },
        },
      }),
    }),
  ),
  mail_merge_proof: registered(
    lookingModule<{ from: string; path: string }>({
      ...mailMergeProof,
      look: async ({ from, path }, host) => ({
        result: { messages: 1 },
        message: "",
        proof: {
          oldHost: host.name,
          newHost: from,
          takenAt: new Date().toISOString(),
          isBack: true,
          root: path,
        },
      }),
    }),
  ),
  dns_update: registered(changingModule({ ...dnsUpdate, check: async () => undefined })),
} as unknown as Readonly<Record<string, ReturnType<typeof registered>>>;
const registry: ModuleRegistry = {
  names: moduleRegistry.names,
  load: async (name) => stubs[name] ?? moduleRegistry.load(name),
};

function waveRun(yaml: string, stage: string, domains: string | readonly string[], more = {}) {
  const wave = waveOf([domains].flat());
  return run(place, yaml, {
    ...{ wave, stage, stateDirectory: `${place.stateDirectory}/waves/${wave.name}`, modules: registry },
    prompter: { ...silentPrompter, typed: async () => true },
    extraVariables: {
      mail_domains: [...new Set([going, staying, domains].flat())],
      wave_proxy: false,
      dns_watch: [],
      dns_switch_records: [],
      freeze_accept_held: mayLeaveHeld,
    },
    ...more,
  });
}

const goBack = (more = {}) => waveRun(playbook, "back", going, more);
const messages = ({ result }: Awaited<ReturnType<typeof goBack>>) =>
  result.failures.map(({ message }) => message).join("\n");

describe("the way back of a wave", () => {
  test("lets no mail go round in a circle, nor into a mailbox of the server that does not count", async () => {
    const ran = await goBack();
    expect(messages(ran)).toBe("");
    expect(routes).toEqual([
      { old: "smtp:[192.0.2.4]:25", new: "own" },
      { old: "retry:4.3.2", new: "own" },
      { old: "retry:4.3.2", new: "retry:4.3.2" },
      { old: "own", new: "retry:4.3.2" },
      { old: "own", new: "smtp:[192.0.2.5]:25" },
    ]);
    expect(textOf("alpha", table)).toContain("/@b[.]example$/ smtp:[192.0.2.4]:25");
    expect(textOf("beta", table)).not.toContain("b[.]example");
    expect(textOf("alpha", "/etc/dovecot/mailferry-closed")).toBe(`${staying}\n`);
    expect(textOf("beta", "/etc/dovecot/mailferry-closed")).toBe(`${going}\n`);
    expect(readState(`${place.stateDirectory}/waves/${going}`).latches).toEqual({});
    expect(readState(`${place.stateDirectory}/waves/${staying}`).latches["new-opened"]).toBeDefined();
  });

  test("stops before anything else where new's database has what old's has not, and says what", async () => {
    rows.beta = ["user john@a.example #2", "alias late@a.example to john@a.example"];
    const ran = await goBack();
    expect(messages(ran)).toContain("user john@a.example; alias late@a.example to john@a.example");
    expect(routes.at(-1)).toEqual({ old: "smtp:[192.0.2.4]:25", new: "own" });
    expect(readState(`${place.stateDirectory}/waves/${going}`).latches["new-frozen"]).toBeUndefined();
  });

  test("stops before anything else where new's directory of a domain is gone that old has one of", async () => {
    const two = ["c.example", "d.example"];
    for (const host of [place.hosts.alpha, place.hosts.beta]) {
      host.tree.put(`/var/lib/mailferry/latches/${waveOf(two).name}`, { type: "directory" });
      host.tree.put("/var/vmail/c.example", { type: "directory" });
    }
    place.hosts.alpha.tree.put("/var/vmail/d.example", { type: "directory" });
    for (const stage of ["freeze", "open"]) await waveRun(opening, stage, two);
    const ran = await waveRun(playbook, "back", two);
    expect(messages(ran)).toContain(
      "Below /var/vmail old has directories of c.example, d.example, new of c.example",
    );
    const { latches } = readState(`${place.stateDirectory}/waves/${waveOf(two).name}`);
    expect(latches).toMatchObject({ "new-opened": expect.anything() });
    expect(latches["new-frozen"]).toBeUndefined();
  });

  test("stops before anything else where mail is on hold on new, unless it may stay there", async () => {
    queued = '{"queue_name": "hold", "queue_id": "4A1", "sender": "x@x.example", "recipients": []}\n';
    expect(messages(await goBack())).toContain("1 messages are on hold in the queue of beta");
    expect(readState(`${place.stateDirectory}/waves/${going}`).latches["new-frozen"]).toBeUndefined();
    mayLeaveHeld = true;
    expect(messages(await goBack())).toBe("");
  });

  test("goes on where old has more than new: nothing of it is lost", async () => {
    rows.alpha?.push("alias kept@a.example to john@a.example");
    expect(messages(await goBack())).toBe("");
  });

  test("is taken back before its turning point: new delivers before old hands over", async () => {
    merging = () => {
      throw new Error("no room on old");
    };
    expect(messages(await goBack())).toContain("no room on old");
    routes = [];
    const ran = await goBack({ rollback: true });
    expect(messages(ran)).toBe("");
    expect(routes.slice(1)).toEqual([
      { old: "retry:4.3.2", new: "own" },
      { old: "smtp:[192.0.2.4]:25", new: "own" },
    ]);
    expect(textOf("beta", "/etc/dovecot/mailferry-closed")).toBe("");
    expect(readState(`${place.stateDirectory}/waves/${going}`).latches["new-frozen"]).toBeUndefined();
  });
});
