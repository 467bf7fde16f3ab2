import { describe, expect, it } from "vitest";
import { withPlaces } from "./placed-values.ts";
import { renderValue } from "./template.ts";
import { resolveVariables } from "./variables.ts";

const layer = (name: string, values: Record<string, never> | object, literal = false) => ({
  name,
  values: values as Record<string, never>,
  literal,
});

describe("resolveVariables", () => {
  it("lets later layers win and renders templates with what won", () => {
    const variables = resolveVariables([
      layer("defaults", { base: "/var", vmail: "{{base}}/vmail", port: 25 }),
      layer("play", { base: "/srv", again: "{{port}}" }),
    ]);
    expect({ ...variables }).toEqual({ base: "/srv", vmail: "/srv/vmail", port: 25, again: 25 });
  });

  it("never renders a literal layer, and renders what uses it once", () => {
    const variables = resolveVariables([
      layer("play", { said: "host said {{answer}}", name: "x" }),
      layer("registered", { answer: "{{name}}", deep: { list: ["{{name}}"] } }, true),
    ]);
    expect(variables.answer).toBe("{{name}}");
    expect(variables.said).toBe("host said {{name}}");
    expect(renderValue("{{deep}}", variables)).toEqual({ list: ["{{name}}"] });
  });

  it("leaves alone what nobody reads", () => {
    const variables = resolveVariables([
      layer("play", { broken: "{{nobody}}", map: { good: "{{one}}", bad: "{{nobody}}" }, one: 1 }),
    ]);
    expect(Object.keys(variables)).toEqual(["broken", "map", "one"]);
    expect(variables.map).toHaveProperty("good", 1);
    expect(() => variables.broken).toThrow("`nobody` is not defined (in variable `broken`, play)");
    expect(() => renderValue("{{map}}", variables)).toThrow("(in variable `map.bad`, play)");
  });

  it("names the variables of a circle", () => {
    const variables = resolveVariables([layer("play", { a: "{{b}}", b: "x{{c.d}}", c: { d: "{{a}}" } })]);
    expect(() => variables.a).toThrow("variables need each other in a circle: a → b → c.d → a");
  });

  it("tells the place of a fault where the layer knows it", () => {
    const values = withPlaces({ path: "x/{{nobody}}" }, () => ({
      file: "defaults/main.yml",
      line: 3,
      column: 8,
    }));
    const variables = resolveVariables([{ name: "defaults", values, literal: false }]);
    expect(() => renderValue("{{path}}", variables, { file: "t.yml", line: 1, column: 1 })).toThrow(
      expect.objectContaining({ place: { file: "defaults/main.yml", line: 3, column: 12 } }),
    );
  });

  it("has no prototype and takes no harm from names of one", () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "toString": 1}') as object;
    const variables = resolveVariables([layer("registered", hostile, true)]);
    expect(Object.getPrototypeOf(variables)).toBe(null);
    expect("polluted" in variables).toBe(false);
    expect(({} as Record<string, unknown>).polluted).toBe(undefined);
  });
});
