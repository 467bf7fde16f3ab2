/** Host names that one written name stands for, or what is wrong with it. */
export type HostRange =
  | { readonly names: readonly string[] }
  | { readonly message: string; readonly hint: string };

/** More names than this from one range are taken for a slip. */
const mostNames = 10_000;

/**
 * Unfolds ranges as Ansible does: `web[01:20]` (numbers keep their zeros), `db[a:f]`, with a step `[1:10:2]`, several in
 * one name. Both ends belong to it. A name without brackets stands for itself.
 */
export function unfoldRange(written: string): HostRange {
  const [, head, range, tail] = /^([^[]*)\[([^\]]*)\](.*)$/.exec(written) ?? [];
  if (head === undefined || range === undefined || tail === undefined) {
    return /[[\]]/.test(written) ? wrong(written, "has one bracket alone") : { names: [written] };
  }
  const values = valuesOf(range);
  if (typeof values === "string") return wrong(written, values);
  const rest = unfoldRange(tail);
  if ("message" in rest)
    return rest.message.includes("unfolds") ? rest : wrong(written, "has one bracket alone");
  if (values.length * rest.names.length > mostNames)
    return wrong(written, `unfolds to more than ${mostNames} hosts`);
  return { names: values.flatMap((value) => rest.names.map((end) => `${head}${value}${end}`)) };
}

function wrong(written: string, what: string): HostRange {
  return {
    message: `the host range \`${written}\` ${what}`,
    hint: "write `web[01:20]`, `db[a:f]` or `x[1:10:2]`",
  };
}

/** The values of `01:20`, `a:f` or `1:10:2`; a text says what is wrong. */
function valuesOf(range: string): readonly string[] | string {
  const [first = "", last = "", stepText = "1", ...more] = range.split(":");
  const step = Number(stepText);
  if (more.length > 0 || !range.includes(":")) return "is none: it wants two ends with `:` between";
  if (!Number.isInteger(step) || step < 1) return `has the step \`${stepText}\``;
  if (/^[A-Za-z]$/.test(first) && /^[A-Za-z]$/.test(last)) {
    return counted(letters.indexOf(first), letters.indexOf(last), step, (at) => letters[at] ?? "");
  }
  const from = first === "" ? "0" : first;
  if (!/^\d+$/.test(from) || !/^\d+$/.test(last)) return "wants two numbers or two letters as its ends";
  const isPadded = from.length > 1 && from.startsWith("0");
  if (isPadded && from.length !== last.length)
    return "has ends of different length: write the same zeros at both";
  return counted(Number(from), Number(last), step, (at) =>
    String(at).padStart(isPadded ? from.length : 1, "0"),
  );
}

// In Ansible's order, where A follows z.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function counted(from: number, to: number, step: number, show: (at: number) => string): string[] | string {
  if (from > to) return "ends before it begins";
  const count = Math.floor((to - from) / step) + 1;
  if (count > mostNames) return `unfolds to more than ${mostNames} hosts`;
  return Array.from({ length: count }, (_, index) => show(from + index * step));
}
