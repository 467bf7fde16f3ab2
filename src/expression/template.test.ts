import { describe, expect, it } from "vitest";
import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { renderText, renderValue } from "./template.ts";

const variables: Variables = {
  name: "mail",
  domain: "example.org",
  count: 3,
  open: true,
  nothing: null,
  empty: "",
  list: ["a b", "c"],
  map: { key: "value", inner: { port: 25 } },
  braces: "{{name}} $(reboot) 'x'",
};
const place = { file: "play.yml", line: 7, column: 12 };
const render = (text: string) => renderValue(text, variables, place);

describe("renderValue", () => {
  it("keeps the type of a value that stands alone", () => {
    expect(render("{{count}}")).toBe(3);
    expect(render("{{ open }}")).toBe(true);
    expect(render("{{nothing}}")).toBe(null);
    expect(render("{{list}}")).toEqual(["a b", "c"]);
    expect(render("{{map.inner}}")).toEqual({ port: 25 });
    expect(render('{{cel "count + 1"}}')).toBe(4);
  });

  it("makes text of anything else", () => {
    expect(render("{{count}} mails for {{name}}@{{domain}}")).toBe("3 mails for mail@example.org");
    expect(render("{{map.inner.port}} {{list.[1]}}")).toBe("25 c");
    expect(render("\\{{name}} stays")).toBe("{{name}} stays");
    expect(render("a < b & c")).toBe("a < b & c");
    expect(render("{{name}} < {{domain}}")).toBe("mail < example.org");
  });

  // A template of texts and variables alone is filled in; one with a block is compiled. Nobody may see which it was.
  it.each([...Object.keys(variables), "missing", "constructor", "__proto__", "[name]", "this", "./name"])(
    "gives or refuses {{%s}} alike with and without a block behind it",
    (name) => {
      for (const before of ["", "/srv/", "-"]) {
        const text = `${before}{{${name}}}/x {{domain}} {{~count~}} end`;
        expect(told(() => render(text))).toEqual(told(() => render(`${text}{{#if open}}{{/if}}`)));
      }
    },
  );

  it("renders every part of a list or a map, and nothing but texts", () => {
    expect(renderValue({ a: ["{{name}}", 1, null, { b: "{{count}}" }] }, variables)).toEqual({
      a: ["mail", 1, null, { b: 3 }],
    });
  });

  it("renders once: what came from a host stays as it is", () => {
    expect(render("{{braces}}")).toBe("{{name}} $(reboot) 'x'");
    expect(render("echo {{quote braces}}")).toBe(`echo '{{name}} $(reboot) '\\''x'\\'''`);
  });

  it.each([
    ["x {{missing}}", "`missing` is not defined", 16],
    ["x {{map.missing}}", "`map.missing` has no value here", 16],
    ["x {{missing.deeper}}", "`missing` is not defined", 16],
    ["x {{quote missing}}", "`missing` is not defined", 22],
    ["{{missing}}", "`missing` is not defined", 14],
    ["x {{nothing}}", "`nothing` is null, which can't stand inside a text", 16],
    ["x {{list}}", "`list` is a list, which can't stand inside a text", 16],
    ["x {{map}}", "`map` is a map, which can't stand inside a text", 16],
    ["{{#if missing}}x{{/if}}", "`missing` is not defined", 18],
    ["{{#each nothing}}x{{/each}}", "`{{#each}}` wants a list or a map and got null", 20],
    ["old:/{{empty}}/", "`empty` is empty and stands in a path", 19],
    ["rm -r {{quote empty}}/*", "`empty` is empty and stands in a path", 26],
    ["{{lower list}}", "`lower` can't be used here: it wants text here and got a list", 14],
    ["{{constructor}}", "`constructor` is not defined", 14],
    ["{{map.__proto__.x}}", "`map.__proto__.x` has no value here", 14],
    ["{{> partial}}", "partials and decorators are not part of the template language", 12],
    ["{{> (lookup map 'key')}}", "partials and decorators are not part of the template language", 12],
    ["{{cel 'count + name'}}", "the expression `count + name`: can't be computed: int + string", 14],
  ])("refuses %s", (text, message, column) => {
    expect(problemOf(() => render(text))).toMatchObject({
      message,
      place: { file: "play.yml", line: 7, column },
    });
  });

  it("finds the place of each part by its pointer", () => {
    const placeOf = (pointer: string) => ({ file: pointer, line: 1, column: 1 });
    const problem = problemOf(() => renderValue({ a: ["x", "x{{missing}}"] }, variables, placeOf));
    expect(problem.place).toEqual({ file: "/a/1", line: 1, column: 4 });
  });
});

describe("renderValue for a shell", () => {
  const renderCommand = (cmd: string) => renderValue({ cmd, chdir: "{{braces}}" }, variables, place, "/cmd");

  it("refuses a bare value with the shell's own characters in that part alone", () => {
    expect(problemOf(() => renderCommand("grep {{braces}} /etc/hosts"))).toMatchObject({
      place: { column: 19 },
      hint: "write {{quote braces}}",
    });
  });

  it("takes quoted values, plain words and what helpers make", () => {
    expect(renderCommand("grep {{quote list}} {{domain}}{{empty}} {{count}} {{join list ';'}}")).toEqual({
      cmd: "grep 'a b' c example.org 3 a b;c",
      chdir: variables.braces,
    });
  });
});

describe("renderText", () => {
  it("renders a file with blocks, and an empty value in it is right", () => {
    const text =
      "relayhost ={{empty}}/\n{{#each list}}\n- {{@index}} {{this}} of {{@root.name}}\n{{/each}}\n{{#if open}}open{{else}}closed{{/if}}\n";
    expect(renderText(text, variables, "main.cf.hbs")).toBe(
      "relayhost =/\n- 0 a b of mail\n- 1 c of mail\nopen\n",
    );
  });

  it("says how a variable is reached inside a block", () => {
    const problem = problemOf(() => renderText("one\n{{#each list}}{{name}}{{/each}}", variables, "x.hbs"));
    expect(problem.place).toEqual({ file: "x.hbs", line: 2, column: 17 });
    expect(problem.hint).toContain("{{@root.name}}");
  });
});

describe("helpers", () => {
  const examples: readonly (readonly [string, unknown])[] = [
    ["{{quote list}}", "'a b' c"],
    ['{{default missing "x"}}', "x"],
    ['{{default map.missing.deeper "x"}}', "x"],
    ['{{default empty "x"}}', "x"],
    ["{{default open false}}", true],
    ['{{join list ", "}}', "a b, c"],
    ['{{split domain "."}}', ["example", "org"]],
    ["{{lower (upper domain)}}", "example.org"],
    ["{{upper domain}}", "EXAMPLE.ORG"],
    ['{{trim "  x "}}', "x"],
    ['{{replace domain "." "$&"}}', "example$&org"],
    ['{{regexReplace domain "^(\\w+)[.](\\w+)$" "$2.$1"}}', "org.example"],
    ['{{basename "/var/vmail/"}}', "vmail"],
    ['{{dirname "/var/vmail/"}}', "/var"],
    ['{{dirname "/var"}}', "/"],
    ["{{json map}}", '{"key":"value","inner":{"port":25}}'],
    ["{{first list}}{{last list}}", "a bc"],
    ["{{length list}}", 2],
    ['{{lookup map "key"}}', "value"],
    ["{{keys map}}", ["key", "inner"]],
    ['{{eq name "mail"}}', true],
    ["{{ne count 3}}", false],
    ["{{not empty}}", true],
    ["{{and open count}}", true],
    ["{{or empty nothing}}", false],
    ['{{contains list "c"}}', true],
  ];

  it.each(examples)("%s", (text, value) => {
    expect(render(text)).toEqual(value);
  });
});

function told(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error instanceof BadInput ? error.problems : error;
  }
}

function problemOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof BadInput && error.problems[0] !== undefined) return error.problems[0];
    throw error;
  }
  throw new Error("nothing was refused");
}
