import { linesOf, textOf } from "../text-lines.ts";

/** The text with the setting in it, as the last word on that key; the same text when it is so already. */
export function withSetting(text: string, name: string, value: string): string {
  const lines = linesOf(text);
  const last = lines.findLastIndex((line) => keyOf(line) === keyName(name));
  const wanted = `${name}=${value}`;
  if (last === -1) return textOf([...lines, wanted]);
  if (isSameValue(valueIn(lines[last] ?? ""), value)) return text;
  return textOf(lines.with(last, wanted));
}

/** The text without any line that sets the key; the same text when there is none. */
export function withoutSetting(text: string, name: string): string {
  const lines = linesOf(text);
  const kept = lines.filter((line) => keyOf(line) !== keyName(name));
  return kept.length === lines.length ? text : textOf(kept);
}

/** Where the kernel keeps a key. `net.ipv4.conf.eth0/1.forwarding` and `net/ipv4/conf/eth0.1/forwarding` are the same. */
export function kernelPath(name: string): string {
  return `/proc/sys/${keyName(name)}`;
}

/** Two values that mean the same to the kernel, which parts several numbers by tabs. */
export function isSameValue(a: string, b: string): boolean {
  return plainValue(a) === plainValue(b);
}

/** A key as its path below /proc/sys. The separator that comes first decides which of the two parts the words. */
function keyName(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  if (first === "/") return name;
  const swapped: Readonly<Record<string, string>> = { ".": "/", "/": "." };
  return name.replaceAll(/[./]/g, (mark) => swapped[mark] ?? mark);
}

/** The key that a line sets; undefined for a comment. A "-" before it means that a failure does not matter. */
function keyOf(line: string): string | undefined {
  const found = /^\s*-?\s*([^#;=\s][^=]*?)\s*=/.exec(line)?.[1];
  return found === undefined ? undefined : keyName(found);
}

function valueIn(line: string): string {
  return line.slice(line.indexOf("=") + 1);
}

function plainValue(value: string): string {
  return value.trim().replaceAll(/\s+/g, " ");
}
