import { expect, it } from "vitest";
import { namesInTemplate } from "./template-names.ts";

it("finds variables in expressions, blocks and CEL, and where the item of a block hides them", () => {
  const text =
    '{{a.b}} {{quote c}} {{#each d}}{{x}} {{../y}} {{@root.z}} {{@index}}{{/each}} {{default e "x"}} {{cel "f + g.exists(h, h)"}}';
  const { variables, helpers } = namesInTemplate(text);
  expect(variables.map(({ name }) => name)).toEqual(["a", "c", "d", "y", "z", "e", "f", "g"]);
  expect(variables.filter(({ optional }) => optional).map(({ name }) => name)).toEqual(["e"]);
  expect(helpers.map(({ name }) => name)).toEqual(["quote", "default", "cel"]);
});

it("tells line and column", () => {
  expect(namesInTemplate("one\n two {{three}}").variables).toEqual([
    { name: "three", line: 2, column: 7, optional: false },
  ]);
});

it("needs no parser where there is no template", () => {
  expect(namesInTemplate("a } b { c")).toEqual({ variables: [], helpers: [] });
});
