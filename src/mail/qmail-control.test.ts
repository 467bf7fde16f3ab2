import { describe, expect, test } from "vitest";
import { readerOf, takesMailFor, withEntries, withoutNames } from "./qmail-control.ts";

const control = (file: string, text: string | undefined, me = "old.example.org") => ({ file, text, me });

describe("what reads a control file of qmail, and when", () => {
  test.each([
    ["locals", "hangup"],
    ["virtualdomains", "hangup"],
    ["concurrencyremote", "start"],
    ["me", "start"],
    ["smtproutes", "each-use"],
    ["rcpthosts", "each-use"],
    ["morercpthosts", "compiled"],
  ])("%s: %s", (file, reader) => {
    expect(readerOf(file)).toBe(reader);
  });
});

describe("entries that are put into a control file", () => {
  test("stand at its end, once, whatever the case of a domain", () => {
    const locals = control("locals", "localhost\nExample.ORG \n");
    expect(withEntries(locals, ["example.org"])).toBe(locals.text);
    expect(withEntries(locals, ["example.net"])).toBe("localhost\nExample.ORG \nexample.net\n");
    expect(withEntries(control("locals", "localhost"), ["a.org"])).toBe("localhost\na.org\n");
  });

  test("take the place of other lines of the same name in smtproutes", () => {
    const routes = control("smtproutes", "# ours\nexample.org:10.0.0.1\n:relay.example.com\nEXAMPLE.org:x\n");
    const after = "# ours\n:relay.example.com\nexample.org:192.0.2.20\n";
    expect(withEntries(routes, ["example.org:192.0.2.20"])).toBe(after);
    expect(withEntries(control("smtproutes", after), ["example.org:192.0.2.20"])).toBe(after);
    expect(withEntries(control("smtproutes", undefined), ["a.org:b"])).toBe("a.org:b\n");
  });

  test("make no rcpthosts, which would refuse all other domains", () => {
    expect(withEntries(control("rcpthosts", undefined), ["example.org"])).toBeUndefined();
    expect(withEntries(control("rcpthosts", ".example.org\n"), ["sub.example.org"])).toBe(".example.org\n");
    expect(withEntries(control("rcpthosts", ".example.org\n"), ["example.org"])).toBe(
      ".example.org\nexample.org\n",
    );
  });

  test("keep the own name that qmail takes where there is no locals", () => {
    expect(withEntries(control("locals", undefined), ["example.org"])).toBe("old.example.org\nexample.org\n");
  });
});

describe("names that are taken out of a control file", () => {
  test("go from locals, also where me stands in for it", () => {
    expect(withoutNames(control("locals", "localhost\nexample.org\n"), ["EXAMPLE.org"])).toBe("localhost\n");
    expect(withoutNames(control("locals", undefined), ["old.example.org"])).toBe("");
    expect(withoutNames(control("locals", undefined), ["example.org"])).toBeUndefined();
    expect(withoutNames(control("locals", "localhost"), ["example.org"])).toBe("localhost");
  });

  test("go from virtualdomains with their single addresses", () => {
    const text = "alice@example.org:alice\nexample.org:example\nexample.net:net\n";
    expect(withoutNames(control("virtualdomains", text), ["example.org"])).toBe("example.net:net\n");
  });

  test("leave an exception where a line for many domains would take them in", () => {
    const all = "example.net:net\n:catchall\n";
    const after = "example.net:net\n:catchall\nexample.org:\n";
    expect(withoutNames(control("virtualdomains", all), ["example.org"])).toBe(after);
    expect(withoutNames(control("virtualdomains", after), ["example.org"])).toBe(after);
    const below = ".example.org:sub\n";
    expect(withoutNames(control("virtualdomains", below), ["example.org"])).toBe(below);
    expect(withoutNames(control("virtualdomains", below), ["a.example.org"])).toBe(
      `${below}a.example.org:\n`,
    );
  });
});

test("a domain that qmail-smtpd takes mail for stands in rcpthosts, or there is none", () => {
  expect(takesMailFor("example.org", undefined)).toBe(true);
  expect(takesMailFor("a.example.org", ".example.org\n")).toBe(true);
  expect(takesMailFor("example.org", "example.net\n")).toBe(false);
});
