/** The local part of the n-th user's address. No two are the same. */
export function localPart(index: number): string {
  const special = specials[index];
  if (special !== undefined) return special;
  const rest = index - specials.length;
  const first = firstNames[rest % firstNames.length] ?? "";
  const round = Math.floor(rest / firstNames.length);
  const last = lastNames[round % lastNames.length] ?? "";
  const number = Math.floor(round / lastNames.length);
  return `${first}.${last}${number === 0 ? "" : number}`;
}

/** What a mailbox can be called, up to the 64 characters that RFC 5321 allows. */
const specials = [
  "alice",
  "bob.builder",
  "carol-2",
  "dave_d",
  "0815",
  "a.very.long.name.that.somebody.once.chose.and.that.nobody.dares2",
] as const;

const firstNames = [
  ...["adam", "bella", "carl", "dora", "emil", "frida", "georg", "hanna", "ivan", "julia", "karl", "lena"],
  ...["max", "nora", "otto", "paula", "quentin", "rosa", "simon", "tina", "uwe", "vera", "willi", "xenia"],
  ...["yusuf", "zoe"],
] as const;

const lastNames = [
  ...["adler", "baum", "conrad", "dietz", "engel", "fuchs", "graf", "huber", "ilg", "jung", "koch", "lang"],
  ...[
    "maier",
    "nagel",
    "ott",
    "pohl",
    "quast",
    "roth",
    "seidel",
    "thiel",
    "ulrich",
    "vogt",
    "wolf",
    "zander",
  ],
] as const;
