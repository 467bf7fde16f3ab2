import { describe, expect, it } from "vitest";
import { accountsSql } from "./accounts.ts";
import { planSeed, recipientsOf } from "./plan.ts";
import { webmailSql } from "./webmail.ts";

const size = { mailboxes: 40, messages: 1000, seed: 7 };

describe("planSeed", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(planSeed(size, 900)).toEqual(planSeed(size, 900));
    expect(planSeed({ ...size, seed: 8 }, 900).users).not.toEqual(planSeed(size, 900).users);
  });

  it("shares out every message and leaves one mailbox untouched", () => {
    const { users } = planSeed(size, 900);
    expect(users.reduce((sum, user) => sum + user.volume, 0)).toBe(900);
    expect(users.at(-1)).toMatchObject({ kind: "untouched", volume: 0 });
    expect(users.filter((user) => user.kind === "rich")).toHaveLength(5);
  });

  it("gives two thousand people addresses of their own, as long as a mail server allows", () => {
    const addresses = planSeed({ ...size, mailboxes: 2000 }, 0).users.map((user) => user.address);
    expect(new Set(addresses).size).toBe(2000);
    expect(
      addresses.filter((address) => !/^[a-z0-9][a-z0-9._-]{0,63}@example\.(org|net)$/.test(address)),
    ).toEqual([]);
    expect(addresses.some((address) => address.indexOf("@") === 64)).toBe(true);
  });

  it("refuses fewer mailboxes than it has stories for", () => {
    expect(() => planSeed({ ...size, mailboxes: 4 }, 0)).toThrow(RangeError);
  });
});

describe("recipientsOf", () => {
  const recipients = new Map(recipientsOf(planSeed(size, 0)).map(({ address, finals }) => [address, finals]));

  it("follows aliases to their mailboxes", () => {
    expect(recipients.get("boss@example.net")).toEqual(["bob.builder@example.net"]);
    expect(recipients.get("team@example.org")).toHaveLength(3);
    expect(recipients.get("alice@example.org")).toEqual(["alice@example.org"]);
  });

  it("leaves out what leads outside", () => {
    expect(recipients.has("partner@example.net")).toBe(false);
  });
});

describe("the SQL", () => {
  it("quotes what would end a string", () => {
    const passwords = [{ plain: "x", scheme: "PLAIN", hash: "{PLAIN}it's a \\ 'test'" }];
    expect(accountsSql(planSeed(size, 0), passwords, true)).toContain("'{PLAIN}it''s a \\\\ ''test'''");
    expect(webmailSql(["alice@example.org"], "mail.example.org")).toContain("Søren O''Neil");
  });
});
