import { expect, test } from "vitest";
import { FakeHost } from "../testing/fake-host.ts";
import { lookBesideMessages } from "./beside-messages.ts";

const sum = "0".repeat(64);

function look(lists: Readonly<Record<string, string>>) {
  const told = ["D", "C", "F", "L", "R", "Z"].map((letter) => `${letter}\0${lists[letter] ?? ""}`).join("");
  return lookBesideMessages(new FakeHost({ commands: [{ argv: ["sh"], answer: told }] }), "/var/vmail");
}

test("reads what lies beside the messages", async () => {
  expect(await look({ D: ".\0./a\0", C: `${sum}  ./a/subscriptions\0`, L: "./a/link//../b\0" })).toEqual({
    folders: new Set(["", "a"]),
    controls: new Map([["a/subscriptions", sum]]),
    others: new Map([["a/link", "link to ../b"]]),
    hasRoom: false,
  });
});

test.each([
  { D: "./../../srv/x\0" },
  { D: "/etc\0" },
  { D: "..\0" },
  { C: `${sum}  ./../../srv/x/subscriptions\0` },
  { F: `${sum}  ./a/../../.dovecot.sieve\0` },
  { L: "./../link//x\0" },
])("takes nothing that leads out of the root: %j", async (lists) => {
  await expect(look(lists)).rejects.toThrow("which no find prints");
});
