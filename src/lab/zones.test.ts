import { describe, expect, it } from "vitest";
import { makeDkimKeys } from "./identity.ts";
import { renderNamedConfig } from "./named-config.ts";
import { renderZones, reverseZone6 } from "./zones.ts";

const zones = renderZones([
  { domain: "example.org", selector: "s1", privatePem: "", record: `v=DKIM1; p=${"A".repeat(400)}` },
]);

describe("the lab's zones", () => {
  it("keep every record for a day", () => {
    for (const zone of zones.values()) expect(zone).toMatch(/^\$TTL 86400\n@ IN SOA /);
  });

  it("send both domains' mail to one name, which is the old server", () => {
    expect(zones.get("example.org")).toContain("\n@ IN MX 10 mail.example.org.\n");
    expect(zones.get("example.net")).toContain("\n@ IN MX 10 mail.example.org.\n");
    expect(zones.get("example.org")).toContain("\nmail IN A 10.77.0.10\nmail IN AAAA fd77::10\n");
  });

  it("have SPF and DMARC, and the DKIM key of the domain in strings of at most 255 bytes", () => {
    const zone = zones.get("example.org") ?? "";
    expect(zone).toContain('@ IN TXT "v=spf1 ip4:10.77.0.10 ip6:fd77::10 -all"');
    expect(zone).toContain('_dmarc IN TXT "v=DMARC1; p=none;');
    const strings = [
      ...(/^s1\._domainkey\.example\.org\. IN TXT (.*)$/m.exec(zone)?.[1] ?? "").matchAll(/"([^"]*)"/g),
    ];
    expect(strings.map((match) => match[1]).join("")).toBe(`v=DKIM1; p=${"A".repeat(400)}`);
    for (const match of strings) expect(match[1]?.length).toBeLessThanOrEqual(255);
    expect(zones.get("example.net")).not.toContain("_domainkey");
  });

  it("lead back from addresses to names", () => {
    expect(zones.get("0.77.10.in-addr.arpa")).toContain("\n10 IN PTR mail-old.example.org.\n");
    expect(zones.get(reverseZone6)).toContain(
      "\n0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0 IN PTR mail-new.example.org.\n",
    );
  });

  it("say in the root that nothing else exists", () => {
    expect(zones.get(".")).not.toContain("MX");
  });
});

describe("named.conf", () => {
  it("lets the holder of the key update the primary, which tells the secondary", () => {
    const primary = renderNamedConfig("primary", ["example.org", "."], 'key "mailferry-lab" { };');
    expect(primary).toContain('grant "mailferry-lab" zonesub ANY;');
    expect(primary).toContain("also-notify { 10.77.0.54; };");
    expect(primary).toContain('file "root.zone";');
    expect(primary).toContain("recursion no;");
  });

  it("makes the secondary fetch its zones from the primary", () => {
    const secondary = renderNamedConfig("secondary", ["example.org"], "");
    expect(secondary).toContain("type secondary;");
    expect(secondary).toContain("primaries { 10.77.0.53; };");
    expect(secondary).toContain("listen-on { 10.77.0.54; };");
    expect(secondary).not.toContain("update-policy");
  });
});

describe("DKIM keys", () => {
  it("come one for each domain, with the public half as a TXT record", () => {
    const keys = makeDkimKeys();
    expect(keys.map((key) => key.domain)).toEqual(["example.org", "example.net", "mail.example.org"]);
    for (const key of keys) {
      expect(key.privatePem).toContain("BEGIN PRIVATE KEY");
      expect(key.record).toMatch(/^v=DKIM1; k=rsa; p=MII[A-Za-z0-9+/=]+$/);
    }
  });
});
