import { describe, expect, test } from "vitest";
import { parseDestination, parseSshSettings } from "./ssh-config.ts";

test("parseSshSettings reads what ssh -G prints", () => {
  const settings = parseSshSettings(
    [
      "host mail",
      "user vmail",
      "hostname mail.example.org",
      "port 2222",
      "identitiesonly yes",
      "identityfile ~/.ssh/one",
      "identityfile ~/.ssh/two",
      "identityagent SSH_AUTH_SOCK",
      "proxyjump admin@jump.example.org:22",
      "hostkeyalias mail-alias",
      "userknownhostsfile /home/a/.ssh/known_hosts /home/a/.ssh/known_hosts2",
      "globalknownhostsfile /etc/ssh/ssh_known_hosts",
    ].join("\n"),
  );
  expect(settings).toEqual({
    hostName: "mail.example.org",
    port: 2222,
    user: "vmail",
    identityFiles: ["~/.ssh/one", "~/.ssh/two"],
    identitiesOnly: true,
    identityAgent: "SSH_AUTH_SOCK",
    proxyJump: "admin@jump.example.org:22",
    proxyCommand: undefined,
    hostKeyAlias: "mail-alias",
    knownHostsFiles: ["/home/a/.ssh/known_hosts", "/home/a/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts"],
  });
});

describe("parseDestination", () => {
  test.each([
    ["jump", { address: "jump" }],
    ["jump.example.org:2222", { address: "jump.example.org", port: 2222 }],
    ["me@192.0.2.1", { address: "192.0.2.1", user: "me" }],
    ["me@[2001:db8::1]:22", { address: "2001:db8::1", user: "me", port: 22 }],
    ["ssh://me@jump:22", { address: "jump", user: "me", port: 22 }],
  ])("reads %s", (text, destination) => {
    expect(parseDestination(text)).toEqual(destination);
  });

  test.each(["", "a b", "-oProxyCommand=x", "me@", "2001:db8::1:22", "jump:port"])("refuses %j", (text) => {
    expect(() => parseDestination(text)).toThrow(/is not a jump host/);
  });
});
