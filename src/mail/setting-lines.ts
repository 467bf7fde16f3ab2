/** `name = value` lines. */
export function settingsOf(lines: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = /^\s*([\w./-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, value);
  }
  return settings;
}
