/** Filters of Ansible that a helper does as it is, by the helper's name. */
const sameHelpers: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    "lower upper trim join replace unique sort reverse flatten first last basename dirname quote comment combine hash indent"
      .split(" ")
      .map((name) => [name, name]),
  ),
  d: "default",
  default: "default",
  length: "length",
  count: "length",
  split: "split",
  regex_replace: "regexReplace",
  to_json: "json",
  tojson: "json",
  to_nice_json: "json",
  to_yaml: "yaml",
  to_nice_yaml: "yaml",
  b64encode: "base64",
  b64decode: "base64Decode",
  dict2items: "items",
  int: "int",
  bool: "bool",
  ternary: "ternary",
  md5: "hash",
  sha1: "hash",
  checksum: "hash",
};

/** The helper that does what a filter of Ansible does; undefined when there is none. */
export function helperForFilter(filter: string): string | undefined {
  return Object.hasOwn(sameHelpers, filter) ? sameHelpers[filter] : undefined;
}

/** The algorithm that Ansible's `hash`, `md5`, `sha1` and `checksum` mean when none is written. */
export function algorithmOf(filter: string): string | undefined {
  if (filter === "md5") return "md5";
  return filter === "sha1" || filter === "checksum" || filter === "hash" ? "sha1" : undefined;
}

/** Methods of Python's texts and maps that playbooks call, by the helper that does it. */
const methods: Readonly<Record<string, string>> = {
  lower: "lower",
  upper: "upper",
  strip: "trim",
  split: "split",
  replace: "replace",
  keys: "keys",
  values: "values",
  items: "items",
};

/** The helper that does what a method of Python does; undefined when there is none. */
export function helperForMethod(method: string): string | undefined {
  return Object.hasOwn(methods, method) ? methods[method] : undefined;
}

/** A replacement of Python's `re` in JavaScript's spelling. */
export function replacementHere(text: string): string {
  return text.replaceAll(/\\\\?(\d)/g, "$$$1").replaceAll(/\\g<(\d)>/g, "$$$1");
}
