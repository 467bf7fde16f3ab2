import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findPlaybook } from "../find-playbook.ts";
import { makeWorkplace, type Workplace } from "../testing/run-in-memory.ts";
import { composedFrom, composePlaybook } from "./composed-playbook.ts";
import { foundVariables } from "./found-variables.ts";
import { inventoryText } from "./inventory-text.ts";
import type { SurveyedPair } from "./playbook-fit.ts";
import { ispmailPair } from "./testing/recorded-survey.ts";

let place: Workplace;
beforeEach(() => {
  place = makeWorkplace();
});
afterEach(() => place.remove());

const stages = readFileSync(findPlaybook(composedFrom, "/"), "utf8");

/** Accounts in a file of Dovecot's, no Rspamd, and a certificate that somebody bought. */
function plainPair(): SurveyedPair {
  const pair = ispmailPair();
  const certificates = [{ file: "/etc/ssl/mail.pem", names: ["mail.example.org"], ends: undefined }];
  return {
    ...pair,
    old: { ...pair.old, databases: [], filters: [], dkim: undefined, redis: [], certificates },
  };
}

describe("a composed playbook", () => {
  it("is in order as it is, with the inventory beside it", async () => {
    const pair = plainPair();
    place.write("playbook.yml", composePlaybook(pair, stages) ?? "");
    const side = (name: string) => ({ name, settings: {}, says: "" });
    const groups = foundVariables(pair, new Map([["mail.example.org", ["192.0.2.10"]]]));
    const contents = { playbook: "playbook.yml", says: [], connection: {}, groups };
    place.write(
      "inventory.yml",
      inventoryText({ ...contents, old: side(pair.old.name), new: side(pair.new.name) }),
    );
    expect(await place.run(["check", "playbook.yml", "-i", "inventory.yml"])).toMatchObject({
      exitCode: 0,
      stderr: "",
      stdout: expect.stringContaining("Stages: preflight, prepare, hot-copy, cutover, verify, finish, back"),
    });
  });

  it("leaves out the roles that have nothing to do, and keeps all others", () => {
    const rolesIn = (text: string) =>
      new Set([...text.matchAll(/- (?:\{ role: )?([a-z-]+)(?:,|$)/gm)].map(([, name]) => name));
    const composed = rolesIn(composePlaybook(plainPair(), stages) ?? "");
    const left = [...rolesIn(stages)].filter((name) => !composed.has(name));
    expect(left.sort()).toEqual(["certs", "database", "rspamd"]);
  });

  it("looks before the move whether new knows the users", () => {
    const composed = composePlaybook(plainPair(), stages) ?? "";
    const at = composed.indexOf("New knows every user of old");
    expect(at).toBeGreaterThan(composed.indexOf("- name: preflight"));
    expect(at).toBeLessThan(composed.indexOf("- name: prepare"));
  });

  it("keeps what old has", () => {
    const pair = ispmailPair();
    const composed = composePlaybook({ ...pair, old: { ...pair.old, databases: [] } }, stages);
    expect(composed).toMatch(/role: rspamd/);
    expect(composed).toMatch(/role: certs/);
  });

  it("is not made where roles are missing, or each user owns his mail", () => {
    const { old, new: fresh } = plainPair();
    expect(
      composePlaybook({ old: { ...old, mta: { name: "Exim", version: "4" } }, new: fresh }, stages),
    ).toBeUndefined();
    expect(composePlaybook({ old, new: { ...fresh, store: undefined } }, stages)).toBeUndefined();
    const ownStores = old.store && { ...old.store, owner: undefined };
    expect(composePlaybook({ old: { ...old, store: ownStores }, new: fresh }, stages)).toBeUndefined();
  });
});
