import { describe, expect, it } from "vitest";
import type { Variables } from "../contract/host.ts";
import { celEnvironment } from "./cel.ts";
import { nameHere } from "./jinja/ansible-names.ts";
import { explainJinjaCondition, findJinja } from "./jinja.ts";
import { magicVariables } from "./magic-names.ts";
import { renderValue } from "./template.ts";

/** What is written in Ansible, and what the hint says to write here. Each hint is then read as what it is. */
const templates: readonly (readonly [string, string])[] = [
  ["{{ x | default('a') }}", '{{default x "a"}}'],
  ["{{ x.y | default(5) | int }}", "{{int (default x.y 5)}}"],
  ["{{ x | d() }}", '{{default x ""}}'],
  ["{{ x | default(omit) }}", "{{default x omit}}"],
  ["{{ list | join(', ') }}", '{{join list ", "}}'],
  ["{{ x | upper | trim }}", "{{trim (upper x)}}"],
  ["{{ x | regex_replace('^(a)', '\\\\1b') }}", '{{regexReplace x "^(a)" "$1b"}}'],
  ["{{ x | b64decode }}", "{{base64Decode x}}"],
  ["{{ x | to_nice_json }}", "{{json x 4}}"],
  ["{{ x | hash('sha256') }}", '{{hash x "sha256"}}'],
  ["{{ x | hash }}", '{{hash x "sha1"}}'],
  ["{{ users | dict2items }}", "{{items users}}"],
  ["{{ ansible.builtin.x | ansible.builtin.quote }}", "{{quote ansible.builtin.x}}"],
  ["{{ a | combine(b) }}", "{{combine a b}}"],
  ["{{ list | length > 3 }}", '{{cel "size(list) > 3"}}'],
  ["{{ list | map(attribute='name') | list }}", '{{cel "list.map(x, x.name)"}}'],
  [
    "{{ users | selectattr('state', 'equalto', 'on') | list }}",
    "{{cel \"users.filter(x, x.state == 'on')\"}}",
  ],
  ["{{ groups['old'][0] }}", "{{groups.old.[0]}}"],
  ["{{ x['a-b'] }}", "{{x.[a-b]}}"],
  ["{{ hostvars[name].address }}", '{{lookup (lookup hostvars name) "address"}}'],
  ["{{ ansible_facts['distribution_release'] }}", "{{facts.distribution_codename}}"],
  ["{{ ansible_hostname | lower }}", "{{lower facts.hostname}}"],
  ["{{ lookup('env', 'HOME') }}", '{{lookup "env" "HOME"}}'],
  ["{{ lookup('file', 'x') | default('y') }}", '{{default (lookup "file" "x") "y"}}'],
  ["{{ 'on' if x else 'off' }}", '{{ternary x "on" "off"}}'],
  ["{{ x if y == 'a' }}", '{{ternary (eq y "a") x ""}}'],
  ["{{ a ~ '-' ~ b }}", "{{a}}-{{b}}"],
  ["{{ a + 1 }}", '{{cel "a + 1"}}'],
  ["{{ a is defined }}", '{{cel "defined(a)"}}'],
  ["{{ 'x' in list }}", '{{contains list "x"}}'],
  ["{{ x not in list }}", "{{not (contains list x)}}"],
  ["{{ x.split('.') }}", '{{split x "."}}'],
  ["{{ x.get('k', 'd') }}", '{{default x.k "d"}}'],
  ["{{ not x and y }}", "{{and (not x) y}}"],
];

const conditions: readonly (readonly [string, string])[] = [
  ["x is defined", "defined(x)"],
  ["x is undefined", "!defined(x)"],
  ["x is not defined or y is failed", "!defined(x) || y.failed"],
  ["x.y is defined and x.y", "defined(x.y) && x.y"],
  ["not flag and n == 3", "!flag && n == 3"],
  ["not (a or b)", "!(a || b)"],
  ["not a == b", "!(a == b)"],
  ["x not in ['a', 'b']", "!(x in ['a', 'b'])"],
  ["x | length > 0", "size(x) > 0"],
  ["x.stdout | int > 3", "int(x.stdout) > 3"],
  ["x | bool", "x"],
  ["x | default(false)", "default(x, false)"],
  ["x is not changed", "!x.changed"],
  ["x is succeeded", "!x.failed"],
  ["x == None", "x == null"],
  ["x is not none", "x != null"],
  ["flag == True", "flag == true"],
  ["{{ flag }}", "flag"],
  ["{{ x | default('') }} == 'a'", "default(x, '') == 'a'"],
  ["ansible_facts['distribution'] == 'Debian' and x", "facts.distribution == 'debian' && x"],
  ["ansible_os_family in ['Debian', 'Suse'] or x", "facts.distribution in ['debian', 'suse'] || x"],
  ["ansible_distribution_release in ['trixie'] or x", "facts.distribution_codename in ['trixie'] || x"],
  ["x.stdout is search('done')", "regexMatch(x.stdout, 'done')"],
  ["x is match('a.c')", "regexMatch(x, '^a.c')"],
  ["x.startswith('a')", "x.startsWith('a')"],
  ["'a' if b else 'c'", "b ? 'a' : 'c'"],
  ["a ~ 'x' == b", "string(a) + 'x' == b"],
  ["(a or b) and c", "(a || b) && c"],
  ["x is string", "type(x) == string"],
  ['x == "it" and y', 'x == "it" && y'],
];

describe("Jinja in a template", () => {
  it.each(templates)("%s", (jinja, here) => {
    expect(findJinja(jinja).map(({ hint }) => hint)).toEqual([`write \`${here}\``]);
    expect(findJinja(here), "the hint itself").toEqual([]);
  });

  it.each([
    [
      "{% if x is defined and y == 1 %}a{% else %}b{% endif %}",
      'write `{{#if (cel "defined(x) && y == 1")}}…{{else}}…{{/if}}`',
    ],
    ["{% if x %}a{% endif %}", "write `{{#if x}}…{{else}}…{{/if}}`"],
    [
      "{%- for u in users %}{{ u }}{% endfor %}",
      "write `{{#each users}}…{{/each}}`; inside it `{{this}}` stands for `u`",
    ],
    [
      "{% for k, v in users.items() %}x{% endfor %}",
      "write `{{#each users}}…{{/each}}`; inside it `{{@key}}` and `{{this}}` stand for `k, v`",
    ],
    ["{% set x = 1 %}", "set it in `vars`, or by `set_fact` in a task before"],
    ["{# a note #}", "write `{{!-- a note --}}` in a template, or `#` in YAML"],
    ["{{ x | ipaddr }}", "there is no filter `ipaddr` here"],
    // A name that every object of JavaScript has is no filter, method or test.
    ["{{ x | constructor }}", "there is no filter `constructor` here"],
    ["{{ x.constructor() }}", "there is no `.constructor()` here"],
    ["{{ x is constructor }}", "there is no test `is constructor` here"],
  ])("%s", (jinja, hint) => {
    expect(findJinja(jinja)[0]?.hint).toContain(hint);
  });

  it("is told each time, in order", () => {
    expect(findJinja("{{ a | lower }} {# b #} {{ c | upper }}").map(({ offset }) => offset)).toEqual([
      0, 16, 24,
    ]);
  });

  it.each([
    "{{item.x}}",
    "{{ item.x }} {{list.[0]}} {{@root.x}}",
    '{{cel "a | b is defined"}}',
    "{{#if a}}x{{else if b}}y{{else}}z{{/if}}",
    '{{and (not a) (or b c)}} {{default (first x) "is it"}}',
    "{{!-- {# --}} ${#list[@]} ${x%\\}}",
    "\\{{ a | b }}",
  ])("is not in %s", (text) => {
    expect(findJinja(text)).toEqual([]);
  });

  it("translates to what gives the same", () => {
    const variables: Variables = { x: "", letters: ["a", "b"], users: [{ name: "n", state: "on" }], y: "a" };
    const meant = (jinja: string) => findJinja(jinja)[0]?.hint.replace(/^write `|`$/g, "") ?? "";
    expect(renderValue(meant("{{ x | default('a') | upper }}"), variables)).toBe("A");
    expect(renderValue(meant("{{ 'on' if y == 'a' else 'off' }}"), variables)).toBe("on");
    expect(renderValue(meant("{{ letters | length > 1 }}"), variables)).toBe(true);
    expect(
      renderValue(meant("{{ users | selectattr('state', 'equalto', 'on') | list }}"), variables),
    ).toEqual([{ name: "n", state: "on" }]);
  });
});

describe("Jinja in a condition", () => {
  it.each(conditions)("%s", (jinja, here) => {
    expect(explainJinjaCondition(jinja)?.hint).toBe(`write \`${here}\``);
    expect(explainJinjaCondition(here), "the hint itself").toBe(undefined);
    expect(celEnvironment.check(here)).toMatchObject({ valid: true });
  });

  it("leaves the names that are the same here", () => {
    expect(Object.keys(magicVariables).filter((name) => nameHere(name) !== undefined)).toEqual([]);
  });

  it("is not in a condition of CEL", () => {
    for (const text of ["a && !(b in c)", 'x == "a or b"', "a || b", "x.startsWith('a')"]) {
      expect(explainJinjaCondition(text)).toBe(undefined);
    }
  });
});
