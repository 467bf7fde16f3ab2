import { expect, test } from "vitest";
import { formatKeyLine } from "./authorized-keys.ts";

const line = {
  command: ["/usr/bin/rrsync", "-ro", "/var/vmail"],
  from: ["192.0.2.20", "2001:db8::20"],
  knowsRestrict: true,
  expiry: "20300102030405",
  publicKey: "ssh-ed25519 AAAA",
  comment: "mailferry:m:0",
};

test("formatKeyLine binds a key to one command, to addresses and to an end", () => {
  expect(formatKeyLine(line)).toBe(
    'restrict,from="192.0.2.20,2001:db8::20",expiry-time="20300102030405",command="/usr/bin/rrsync -ro /var/vmail" ssh-ed25519 AAAA mailferry:m:0',
  );
});

test("formatKeyLine leaves the end out where sshd does not know it", () => {
  expect(formatKeyLine({ ...line, expiry: undefined })).not.toContain("expiry-time");
});

test("formatKeyLine names what it takes away where sshd does not know restrict", () => {
  expect(formatKeyLine({ ...line, knowsRestrict: false, expiry: undefined })).toBe(
    'no-agent-forwarding,no-port-forwarding,no-pty,no-user-rc,no-X11-forwarding,from="192.0.2.20,2001:db8::20",command="/usr/bin/rrsync -ro /var/vmail" ssh-ed25519 AAAA mailferry:m:0',
  );
});

test("formatKeyLine lets no path break out of the command", () => {
  const odd = formatKeyLine({ ...line, command: ["rrsync", `/a" ,pty b'c`] });
  expect(odd).toContain(`command="rrsync '/a\\" ,pty b'\\''c'"`);
  expect(() => formatKeyLine({ ...line, command: ["rrsync", "/a\nssh-rsa AAAA"] })).toThrow(/line break/);
});
