import { describe, expect, test } from "vitest";
import { isDomain, waveOf } from "./wave.ts";

describe("a wave", () => {
  test("is the same for the same domains, whatever their order and case", () => {
    const wave = waveOf(["b.example", "A.example", "b.example"]);
    expect(wave).toEqual({ name: "a.example+b.example", domains: ["a.example", "b.example"] });
    expect(waveOf(["a.example", "B.EXAMPLE"])).toEqual(wave);
  });

  test("of many domains has a name that fits a path, and that other domains don't have", () => {
    const many = Array.from({ length: 50 }, (_, index) => `domain-${index}.example`);
    const { name } = waveOf(many);
    expect(name.length).toBeLessThanOrEqual(80);
    expect(name).toMatch(/^domain-0\.example\+[0-9a-f]{12}$/);
    expect(waveOf(many.slice(1)).name).not.toBe(name);
    expect(waveOf([...many.slice(0, -1), "other.example"]).name).not.toBe(name);
  });

  test.each(["example.org", "a-b.example.org", "xn--bcher-kva.example", "EXAMPLE.org"])(
    "%s is a domain",
    (word) => expect(isDomain(word)).toBe(true),
  );

  test.each([
    "example",
    "",
    "a b.example",
    "../x.example",
    "-a.example",
    "a..example",
    "a_b.example",
    "x.example/",
  ])("%j is none", (word) => expect(isDomain(word)).toBe(false));
});
