import { expect, test } from "vitest";
import { runWaveScript } from "./wave-scripts.ts";

/** As `doveconf -n` prints a passdb. */
const passdb = (...settings: string[]) =>
  ["passdb {", ...settings.map((line) => `  ${line}`), "}"].join("\n");
const users = passdb("args = /etc/dovecot/dovecot-sql.conf.ext", "driver = sql");
const master = ["args = username_format=%u /etc/dovecot/masters", "driver = passwd-file", "master = yes"];

test.each([
  { has: "none", passdbs: [users], ends: "" },
  { has: "one that ends the lookup", passdbs: [passdb(...master), users], ends: "/etc/dovecot/masters" },
  { has: "one behind the users", passdbs: [users, passdb(...master)], ends: "/etc/dovecot/masters" },
  { has: "one that goes on", passdbs: [passdb(...master, "pass = yes"), users], ends: "" },
  { has: "a newer one", passdbs: [passdb(...master, "result_success = continue"), users], ends: "" },
  {
    has: "users of whom another passdb is asked",
    passdbs: [passdb("driver = sql", "result_success = continue"), passdb(...master)],
    ends: "/etc/dovecot/masters",
  },
])("of a Dovecot's master users those are named who pass a shut door: $has", ({ passdbs, ends }) => {
  const { status, stdout } = runWaveScript({
    file: "masters",
    task: "Master users of Dovecot whose login asks no other passdb",
    programs: { doveconf: `${passdbs.join("\n")}\nprotocols = imap lmtp\n` },
  });
  expect(status).toBe(0);
  expect(stdout.trim().split(" ")[0]).toBe(ends);
});
