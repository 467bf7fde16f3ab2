import { expect, test } from "vitest";
import { secretsIn, shownArguments } from "./secret-arguments.ts";

const secret = { type: "string", writeOnly: true };
const schema = {
  type: "object",
  properties: {
    name: { type: "string" },
    password: secret,
    login: { type: "object", properties: { user: { type: "string" }, password: secret } },
    users: { type: "array", items: { type: "object", properties: { password: secret } } },
  },
};

test("the values that a schema calls secret are found at any depth, and no others", () => {
  const args = {
    name: "anna",
    password: "one",
    login: { user: "bert", password: "two" },
    users: [{ password: "three" }, { password: "" }, {}],
  };
  expect(secretsIn(args, schema)).toEqual(["one", "two", "three"]);
  expect(secretsIn({ name: "anna", unknown: "x" }, schema)).toEqual([]);
});

test("what is secret is masked where arguments are shown, by the schema and by its name", () => {
  const args = {
    name: "anna",
    password: "x",
    login: { user: "bert", password: "two" },
    api_token: "t",
    headers: { Authorization: "Bearer x", "X-API-Key": "k", Cookie: "id=1", Accept: "*/*" },
    on: true,
  };
  expect(shownArguments(args, schema)).toEqual({
    name: "anna",
    password: "********",
    login: { user: "bert", password: "********" },
    api_token: "********",
    headers: { Authorization: "********", "X-API-Key": "********", Cookie: "********", Accept: "*/*" },
    on: true,
  });
});
