import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import {
  changingModule,
  lookingModule,
  type ModuleRegistry,
  registered,
} from "../../../src/contract/module.ts";
import { homeSticky } from "../../../src/modules/qmail/home-sticky.ts";
import { type QmailControlArgs, qmailControl } from "../../../src/modules/qmail/qmail-control.ts";
import { qmailQueue } from "../../../src/modules/qmail/qmail-queue.ts";
import { qmailReread } from "../../../src/modules/qmail/qmail-reread.ts";
import { svc } from "../../../src/modules/qmail/svc.ts";
import { moduleRegistry } from "../../../src/modules/registry.ts";
import { makePlace, run } from "./run-playbook.ts";

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
`;

/** New's qmail, held for old as the freeze left it. At each step one of its own programs sends a mail for a moved domain. */
function heldQmail() {
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
      lookingModule({
        ...qmailQueue,
        look: async () => {
          step();
          return { result: { unprocessed: 0, remote: 0, local: 0, oldest_age: 0, listed: [] }, message: "" };
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

test("what new's own programs send while it hands over to old never bounces", async () => {
  const place = makePlace();
  mkdirSync(join(place.directory, "roles"));
  symlinkSync(resolve("roles/qmail"), join(place.directory, "roles/qmail"));
  place.hosts.beta.answer(["/bin/sh"], "daemontools");
  place.hosts.beta.answer(["pkill"], "");
  const qmail = heldQmail();
  const { result } = await run(place, playbook, { stage: "hand-over", modules: qmail.registry });
  expect(result.failures).toEqual([]);
  expect([...qmail.held]).toEqual([]);
  expect(qmail.mail.bounced).toBe(0);
  expect(qmail.mail.handedOver).toBeGreaterThan(0);
});
