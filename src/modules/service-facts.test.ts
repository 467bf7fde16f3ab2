import { describe, expect, test } from "vitest";
import { serviceFacts } from "./service-facts.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

const told = `ssh.service     enabled  enabled
getty@.service  enabled  enabled
apache2.service masked   enabled
quota.service   disabled enabled
--
ssh.service    loaded    active   running OpenBSD Secure Shell server
● quota.service loaded    failed   failed  Quotas
getty@tty1.service loaded active running Getty on tty1
rc-local.service not-found inactive dead rc-local.service
once.service   loaded    active   exited  Done
`;

describe("service_facts", () => {
  test("puts unit files and units together", async () => {
    const host = new FakeHost({ commands: [{ argv: ["/bin/sh", "-c"], answer: told }] });
    const { result, facts } = await lookWith(serviceFacts, {}, host);
    expect(result?.services).toMatchObject({
      "ssh.service": { name: "ssh.service", state: "running", status: "enabled", source: "systemd" },
      "getty@.service": { state: "unknown", status: "enabled" },
      "getty@tty1.service": { state: "running", status: "unknown" },
      "apache2.service": { state: "unknown", status: "masked" },
      "quota.service": { state: "failed", status: "disabled" },
      "rc-local.service": { state: "stopped", status: "not-found" },
      "once.service": { state: "stopped" },
    });
    expect(facts).toEqual({ services: result?.services });
  });

  test("asks init scripts where systemd does not run", async () => {
    const host = new FakeHost({
      facts: { init: "other" },
      commands: [
        { argv: ["service", "--status-all"], answer: " [ + ]  ssh\n [ - ]  cron\n [ ? ]  hwclock.sh\n" },
      ],
    });
    const { result } = await lookWith(serviceFacts, {}, host);
    expect(result?.services).toMatchObject({
      ssh: { state: "running", source: "sysv" },
      cron: { state: "stopped" },
      "hwclock.sh": { state: "unknown" },
    });
  });

  test("takes no arguments", () => expect(refuses(serviceFacts, { name: "ssh" })).toBeDefined());
});
