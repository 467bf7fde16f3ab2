/**
 * Shares an answer among all who ask for the same while it is being found out; who asks later has it found out anew. Fifty hosts that are
 * connected to at the same moment ask for the same files.
 */
export function askTogether<Answer>(
  ask: (what: string) => Promise<Answer>,
): (what: string) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (what) => {
    const known = asked.get(what);
    if (known !== undefined) return known;
    const answer = ask(what).finally(() => asked.delete(what));
    asked.set(what, answer);
    return answer;
  };
}
