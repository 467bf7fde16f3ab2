import { describe, expect, it } from "vitest";
import { readGivenHost } from "./given-hosts.ts";

describe("a host of the command line", () => {
  it.each([
    ["mail.example.org", { name: "mail.example.org" }],
    ["root@mail.example.org", { name: "mail.example.org", user: "root" }],
    ["admin@192.0.2.10:2222", { name: "192.0.2.10", user: "admin", port: 2222 }],
    ["2001:db8::10", { name: "2001:db8::10" }],
    ["root@[2001:db8::10]:2222", { name: "2001:db8::10", user: "root", port: 2222 }],
  ])("%s", (text, host) => {
    expect(readGivenHost(text)).toMatchObject(host);
  });

  it.each(["", "-oProxyCommand=x", "a b", "a@b@c", "host:port", "[host]:22"])("%j is none", (text) => {
    expect(() => readGivenHost(text)).toThrow(/is no host/);
  });
});
