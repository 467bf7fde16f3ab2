import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { JsonObject } from "../../../src/contract/json.ts";
import {
  changingModule,
  lookingModule,
  type ModuleRegistry,
  registered,
} from "../../../src/contract/module.ts";
import { homeSticky } from "../../../src/modules/qmail/home-sticky.ts";
import { type QmailControlArgs, qmailControl } from "../../../src/modules/qmail/qmail-control.ts";
import { type QmailQueueArgs, qmailQueue } from "../../../src/modules/qmail/qmail-queue.ts";
import { qmailReread } from "../../../src/modules/qmail/qmail-reread.ts";
import { svc } from "../../../src/modules/qmail/svc.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { makePlace, type Place, run } from "./run-playbook.ts";

const playbook = `name: example
stages:
  - name: hand-over
    plays:
      - hosts: new
        gather_facts: false
        roles:
          - role: qmail
            tasks_from: hand-over
            vars: { mail_domains: [a.example], qmail_manager: daemontools }
  - name: users-back
    plays:
      - hosts: old
        gather_facts: false
        roles: [{ role: qmail, tasks_from: users-back, vars: { mail_domains: [a.example], qmail_mysql: qmail } }]
`;

/** New's qmail, held for old as the freeze left it. At each step one of its own programs sends a mail for a moved domain. */
function heldQmail(caught: readonly JsonObject[] = []) {
  const held = new Set(["locals", "virtualdomains", "smtproutes", "rcpthosts", "concurrencyremote"]);
  let known = new Set(held);
  const mail = { local: 0, handedOver: 0, bounced: 0 };
  const step = () => {
    if (!known.has("locals") && !known.has("virtualdomains")) mail.local += 1;
    else if (held.has("smtproutes")) mail.handedOver += 1;
    // By the DNS alone qmail-remote finds that new is the exchanger itself.
    else mail.bounced += 1;
  };
  const done = (act: () => void): { check: () => Promise<Change>; apply: () => Promise<object> } => ({
    check: async () => ({ summary: "" }),
    apply: async () => {
      act();
      step();
      return {};
    },
  });
  const modules: Readonly<Record<string, ReturnType<typeof registered>>> = {
    qmail_control: registered(
      changingModule<QmailControlArgs, Change & QmailControlArgs>({
        ...qmailControl,
        touches: () => [],
        check: async (args) => ({ summary: args.file, ...args }),
        apply: async ({ file, state }) => {
          if (state === "restored") held.delete(file);
          step();
          return {};
        },
      }),
    ),
    qmail_reread: registered(changingModule({ ...qmailReread, ...done(() => (known = new Set(held))) })),
    svc: registered(changingModule({ ...svc, ...done(() => {}) })),
    home_sticky: registered(changingModule({ ...homeSticky, ...done(() => {}) })),
    qmail_queue: registered(
      lookingModule<QmailQueueArgs>({
        ...qmailQueue,
        look: async ({ domains }) => {
          step();
          const counts = { unprocessed: 0, remote: 0, local: domains === undefined ? caught.length : 0 };
          return { result: { ...counts, oldest_age: 0, listed: caught }, message: "" };
        },
      }),
    ),
  };
  const registry: ModuleRegistry = {
    names: moduleRegistry.names,
    load: async (name) => modules[name] ?? moduleRegistry.load(name),
  };
  return { held, mail, registry };
}

let place: Place;
beforeEach(() => {
  place = makePlace();
  const role = join(place.directory, "roles/qmail");
  cpSync("roles/qmail", role, { recursive: true });
  // What is caught stays so: it need not be waited for.
  const waiting = join(role, "tasks/nothing-caught.yml");
  writeFileSync(waiting, readFileSync(waiting, "utf8").replace(/^ {2}delay: 1$/m, "  delay: 0"));
  place.hosts.beta.answer(["/bin/sh"], "daemontools");
  place.hosts.beta.answer(["pkill"], "");
});

const handOver = (qmail: ReturnType<typeof heldQmail>, extraVariables = {}) =>
  run(place, playbook, { stage: "hand-over", modules: qmail.registry, extraVariables });

test("what new's own programs send while it hands over to old never bounces", async () => {
  const qmail = heldQmail();
  expect((await handOver(qmail)).result.failures).toEqual([]);
  expect([...qmail.held]).toEqual([]);
  expect(qmail.mail.bounced).toBe(0);
  expect(qmail.mail.handedOver).toBeGreaterThan(0);
});

test("what waits on new for a home stops it by name, unless it may stay there", async () => {
  const qmail = heldQmail([{ recipients: [{ channel: "local", address: "anna@new.example" }] }]);
  const { result } = await handOver(qmail);
  expect(result.failures.map(({ message }) => message).join()).toMatch(
    /1 deliveries .*: anna@new\.example\./,
  );
  expect(qmail.held).toContain("locals");
  expect((await handOver(qmail, { qmail_accept_local: true })).result.failures).toEqual([]);
  expect([...qmail.held]).toEqual([]);
});

test("with the MySQL patches it is refused before anything is looked at", async () => {
  const { result, tasks } = await run(place, playbook, { stage: "users-back" });
  expect(result.failures.map(({ message }) => message).join()).toContain("does not turn the tables");
  expect(tasks).toHaveLength(1);
});
