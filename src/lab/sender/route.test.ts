import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Answer, decode, encode } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createResolver, DnsFailure } from "./resolver.ts";
import { findRoute } from "./route.ts";

type Zone = Record<string, { code?: number; answers?: Answer[] }>;

let nameServer: Socket;
let asked: string[];
let zone: Zone;

beforeEach(async () => {
  asked = [];
  nameServer = createSocket("udp4");
  nameServer.on("message", (bytes, from) => {
    const { id, questions } = decode(bytes);
    const [question] = questions ?? [];
    const key = `${question?.type} ${question?.name}`;
    asked.push(key);
    const { code = 0, answers = [] } = zone[key] ?? {};
    nameServer.send(
      encode({ type: "response", id, flags: code, questions, answers }),
      from.port,
      from.address,
    );
  });
  nameServer.bind(0, "127.0.0.1");
  await once(nameServer, "listening");
});
afterEach(() => {
  nameServer.close();
});

function resolver(more: { maxTtlSeconds?: number } = {}) {
  return createResolver({ server: "127.0.0.1", port: nameServer.address().port, timeoutMs: 10_000, ...more });
}

const mx = (preference: number, exchange: string, ttl = 300): Answer => ({
  type: "MX",
  name: "example.org",
  ttl,
  data: { preference, exchange },
});
const a = (name: string, data: string, ttl = 300): Answer => ({ type: "A", name, ttl, data });

describe("findRoute", () => {
  it("orders by preference, with IPv6 first when both are used", async () => {
    zone = {
      "MX example.org": { answers: [mx(20, "b.example.org"), mx(10, "a.example.org")] },
      "A a.example.org": { answers: [a("a.example.org", "192.0.2.1")] },
      "AAAA a.example.org": {
        answers: [{ type: "AAAA", name: "a.example.org", ttl: 300, data: "2001:db8::1" }],
      },
      "A b.example.org": { answers: [a("b.example.org", "192.0.2.2")] },
    };
    const addresses = ["2001:db8::1", "192.0.2.1", "192.0.2.2"];
    expect(await findRoute(resolver(), "example.org", "both")).toEqual({ status: "servers", addresses });
    expect(await findRoute(resolver(), "example.org", "4")).toEqual({
      status: "servers",
      addresses: addresses.slice(1),
    });
  });

  it("takes the domain's own address where there is no MX", async () => {
    zone = { "A example.net": { answers: [a("example.net", "192.0.2.9")] } };
    expect(await findRoute(resolver(), "example.net", "4")).toEqual({
      status: "servers",
      addresses: ["192.0.2.9"],
    });
  });

  it("says why a domain takes no mail", async () => {
    zone = { "MX gone.test": { code: 3 }, "MX null.test": { answers: [mx(0, ".")] } };
    expect(await findRoute(resolver(), "gone.test", "4")).toMatchObject({
      status: "none",
      why: /does not exist/,
    });
    expect(await findRoute(resolver(), "null.test", "4")).toMatchObject({ status: "none", why: /null MX/ });
  });

  it("throws when the name server fails or stays silent", async () => {
    zone = { "MX example.org": { code: 2 } };
    await expect(findRoute(resolver(), "example.org", "4")).rejects.toThrow(DnsFailure);
  });
});

describe("the resolver's cache", () => {
  it("asks again only when the TTL has passed, or the longest time it keeps answers", async () => {
    zone = {
      "A kept.test": { answers: [a("kept.test", "192.0.2.1", 86_400)] },
      "A short.test": { answers: [a("short.test", "192.0.2.1", 0)] },
    };
    const dns = resolver();
    for (const name of ["kept.test", "kept.test", "short.test", "short.test"]) await dns.lookup(name, "A");
    expect(asked).toEqual(["A kept.test", "A short.test", "A short.test"]);
    asked = [];
    const forgetful = resolver({ maxTtlSeconds: 0 });
    await forgetful.lookup("kept.test", "A");
    await forgetful.lookup("kept.test", "A");
    expect(asked).toHaveLength(2);
  });

  it("follows an alias, with the shortest TTL of the chain", async () => {
    const alias: Answer = { type: "CNAME", name: "www.test", ttl: 0, data: "host.test" };
    zone = { "A www.test": { answers: [alias, a("host.test", "192.0.2.7", 300)] } };
    const dns = resolver();
    expect(await dns.lookup("www.test", "A")).toMatchObject({
      status: "found",
      records: [{ value: "192.0.2.7" }],
    });
    await dns.lookup("www.test", "A");
    expect(asked).toHaveLength(2);
  });
});
