/** A shell script that puts the first program found of several into `$program`, or ends with exit code 127. */
export function findProgramScript(...names: readonly string[]): string {
  const found = names.map((name) => `command -v ${name}`).join(" || ");
  return `program=$(${found}) || { echo "${names.join(" and ")}: not installed" >&2; exit 127; }`;
}
