import { describe, expect, it } from "vitest";
import type { JsonObject } from "../contract/json.ts";
import { checkRoleVariables } from "./checks/check-role-arguments.ts";
import { checkArguments } from "./module-arguments.ts";
import { fewModules } from "./testing/few-modules.ts";

const place = { file: "play.yml", line: 1, column: 1 };
const placeOf = (pointer: string) => ({ file: `play.yml${pointer}`, line: 2, column: 3 });

async function check(name: string, args: JsonObject) {
  const module = await fewModules.load(name);
  if (module === undefined) throw new Error(`no module ${name}`);
  return checkArguments(module, args, placeOf);
}

describe("checkArguments", () => {
  it("has nothing to say of right arguments", async () => {
    expect(await check("copy", { content: "a", dest: "/tmp/a", mode: "0644" })).toEqual([]);
  });

  it.each([
    ["copy", { content: "a", dest: "" }, "`dest` is empty", "/dest"],
    ["copy", { content: "a", dest: null }, "`dest` is empty, but wants a text", "/dest"],
    ["copy", { content: "a", dest: "etc" }, '`dest` is the text "etc", not a full path', "/dest"],
    ["copy", { dest: "/a", content: "a", src: "b" }, "`copy` can't have both of `src` and `content`", ""],
    [
      "service",
      { name: "x", masked: "yes" },
      '`masked` is the text "yes", but wants true or false',
      "/masked",
    ],
    ["service", { name: "x", satte: "started" }, "`service` has no `satte`", "/satte"],
    ["assert", { that: 5 }, "`that` is the number 5, but wants a text or a list", "/that"],
    ["assert", { that: ["a", 5] }, "`that[1]` is the number 5, but wants a text", "/that/1"],
  ])("%s %j", async (name, args, message, pointer) => {
    expect(await check(name, args)).toMatchObject([{ message, place: { file: `play.yml${pointer}` } }]);
  });
});

describe("checkRoleVariables", () => {
  const role = {
    name: "maildir",
    directory: "roles/maildir",
    defaults: {},
    vars: {},
    parameters: {},
    argumentsSchema: {
      type: "object",
      required: ["directory"],
      additionalProperties: false,
      properties: { directory: { type: "string" }, level: { type: "integer", maximum: 9 } },
    },
  };

  it("looks at the variables that the schema names and at no others", () => {
    const variables = {
      directory: "/var/vmail",
      get other(): string {
        throw new Error("read without need");
      },
    };
    expect(checkRoleVariables(role, variables, place)).toEqual([]);
  });

  it("tells what is missing and what is wrong", () => {
    expect(checkRoleVariables(role, { level: 10 }, place)).toMatchObject([
      { message: "the role `maildir` needs `directory`", place },
      { message: "`level` is the number 10, but has to be 9 or less", place },
    ]);
  });
});
