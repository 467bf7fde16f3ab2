import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { DovecotSessions, type SessionDialogue, type SessionProgram } from "./dovecot-sessions.ts";

/**
 * Stands for `doveadm exec imap|pop3 -u USER`, which never ends by itself: it answers line by line, and at a farewell it hangs up
 * without a word, as Dovecot does to a late reader.
 */
const program = `#!/bin/sh
for user do :; done
[ "$user" != nobody ] || { echo 'Fatal: Unknown user' >&2; exit 89; }
echo "* hello $user"
while read -r tag word; do
  case "$tag $word" in
    QUIT*|*LOGOUT*) exit ;;
    UIDL*) printf '+OK\\n1 a\\n.\\n' ;;
    STAT*) echo '+OK 1 100' ;;
    *) echo "$tag OK" ;;
  esac || exit
done
echo 'the input ended'
`;

async function hold(name: SessionProgram["name"], sessions: readonly SessionDialogue[]): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-sessions-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "doveadm"), program, { mode: 0o755 });
  const host = new FakeHost({
    commands: [
      { argv: ["doveconf"], answer: "" },
      { argv: ["xargs"], answer: localShellWith(directory) },
    ],
  });
  const held = await DovecotSessions.prepare(host, new AbortController().signal, { name });
  const answers = await held.hold(sessions);
  return answers.map((answer) => answer.replace(/^z[0-9]+ /m, "z "));
}

describe("sessions of Dovecot", () => {
  test("of IMAP end with the answer to the last word, while the program would go on", async () => {
    const dialogue = "a ONE\r\nb TWO\r\n";
    const sessions = [
      { user: "alice", dialogue },
      { user: "bob", dialogue: "" },
    ];
    expect(await hold("imap", sessions)).toEqual([
      "* hello alice\na OK\nb OK\nz OK\n",
      "* hello bob\nz OK\n",
    ]);
  });

  test("of POP3 do so, too", async () => {
    const answers = await hold("pop3", [{ user: "alice", dialogue: "UIDL\r\n" }]);
    expect(answers).toEqual(["* hello alice\n+OK\n1 a\n.\n+OK 1 100\n"]);
  });

  test("end with a program that ends before, and the next is held all the same", async () => {
    const sessions = ["nobody", "bob"].map((user) => ({ user, dialogue: "a ONE\r\n" }));
    expect(await hold("imap", sessions)).toEqual(["Fatal: Unknown user\n", "* hello bob\na OK\nz OK\n"]);
  });
});
