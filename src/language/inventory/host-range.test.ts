import { expect, test } from "vitest";
import { unfoldRange } from "./host-range.ts";

test.each([
  ["mail.example.org", "mail.example.org"],
  ["2001:db8::1", "2001:db8::1"],
  ["web[1:3].example.org", "web1.example.org web2.example.org web3.example.org"],
  ["web[08:11]", "web08 web09 web10 web11"],
  ["db-[a:c]", "db-a db-b db-c"],
  ["x[1:10:4]", "x1 x5 x9"],
  ["x[:2]", "x0 x1 x2"],
  ["r[1:2]-[a:b]", "r1-a r1-b r2-a r2-b"],
  ["x[y:B]", "xy xz xA xB"],
])("%s", (written, expected) => expect(unfoldRange(written)).toEqual({ names: expected.split(" ") }));

test.each([
  ["x[3:1]", "ends before it begins"],
  ["x[01:100]", "different length"],
  ["x[1:]", "two numbers or two letters"],
  ["x[a:3]", "two numbers or two letters"],
  ["x[7]", "two ends"],
  ["x[1:2:3:4]", "two ends"],
  ["x[1:5:0]", "step `0`"],
  ["x[1:5", "one bracket alone"],
  ["x1:5]", "one bracket alone"],
  ["x[1:99999]", "more than 10000 hosts"],
  ["x[1:999][1:999]", "more than 10000 hosts"],
])("%s is refused", (written, message) =>
  expect(unfoldRange(written)).toMatchObject({ message: expect.stringContaining(message) }),
);
