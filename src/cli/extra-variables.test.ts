import { afterAll, expect, it } from "vitest";
import { noKeys } from "../secrets/keyring.ts";
import { readExtraVariables } from "./extra-variables.ts";
import { makeWorkplace } from "./testing/run-in-memory.ts";

const place = makeWorkplace({
  "vars.yml": "ttl: 300\nname: from file\n",
  "list.yml": "- a\n",
  "empty.yml": "",
});
afterAll(() => place.remove());

it.each([
  ["ttl=300", 300],
  ["on=true", true],
  ["text=hello = there", "hello = there"],
  ["empty=", ""],
  ['quoted="300"', "300"],
  ['list=["a", 1]', ["a", 1]],
  ["mode=0644", "0644"],
  ["none=null", "null"],
  ["account=12345678901234567890", "12345678901234567890"],
  ["template={{x}}", "{{x}}"],
])("reads %s", async (word, value) => {
  expect(Object.values(await readExtraVariables([word], place.directory, noKeys))).toEqual([value]);
});

it("lets the later one win, and reads files", async () => {
  const words = ["ttl=1", "@vars.yml", "name=from here"];
  expect(await readExtraVariables(words, place.directory, noKeys)).toEqual({ ttl: 300, name: "from here" });
});

it.each(["novalue", "=x", "a-b=c", "@list.yml", "@empty.yml", "@nowhere.yml"])("refuses %s", async (word) => {
  await expect(readExtraVariables([word], place.directory, noKeys)).rejects.toMatchObject({
    kind: "bad-input",
  });
});
