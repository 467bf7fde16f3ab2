/**
 * How a kept shell keeps apart the outputs of two commands: what a command leaves running in the background would go on
 * writing into the output of the next. So its outputs go through pipes of their own, and the shell is used again only
 * when nobody holds those any more.
 *
 * Two `cat`s, one for each output, live as long as the shell: a process for each command would cost more than most commands. A `cat`
 * reads two pipes by turns, again and again. While a command writes into one of them the shell holds the other one open, with the
 * mark in it. Once the command and all it left behind have let go of theirs, the `cat` goes on to the other one, tells the
 * mark, and waits there for what the next command says.
 *
 * The pipes have no name: AppArmor would keep a confined program from writing to a named one, and a shell that is killed leaves
 * nothing behind.
 *
 * Only its `cat` may read a pipe: when the link is gone the `cat` ends with it, and a command that goes on writing is ended
 * by SIGPIPE. A reader more, the shell itself, would let it wait for ever with all it holds. So the shell opens a pipe by the
 * hold that its `cat` has on it.
 */

/**
 * A command's script made to run through the relay; `before` commands went through it in the same shell. `mark` is the random word
 * that says on both outputs that nobody holds them any more.
 */
export function relayedScript(script: string, mark: string, before: number): string {
  const turn = before % commandsOfOneCat;
  const begin = before === 0 ? functions(mark) : "";
  const start = turn === 0 ? startCats : "";
  return `${begin}${start}f() {
${script}}
relayed ${turn % 2 === 0 ? "5 7" : "4 6"}
`;
}

/** Behind what runs in a kept shell without a relay: the pipe for the next command's outputs is held there. */
export const withoutRelay = "8>&- 9>&-";

/** `relayed` is given the numbers of the pipes for the next command. Where there are none each command has a `cat` of its own. */
function functions(mark: string): string {
  return `carry() { a="/proc/self/fd/$1 /proc/self/fd/$2"; for d in ${doublings}; do a="$a $a"; done; cat $a & }
relayed() {
  if [ "$out" ]; then
    exec 6>/proc/$out/fd/$1 7>/proc/$err/fd/$2
    echo ${mark} >&6
    echo ${mark} >&7
    f >&8 2>&9 6>&- 7>&- ${withoutRelay}
    exec 8>&6 9>&7 6>&- 7>&-
  else f | cat; echo ${mark} >&2; echo ${mark}; fi
}
`;
}

const doublings = "1 2 3 4 5";
/** With the last pipe that it reads, a `cat` has none for the mark. */
const commandsOfOneCat = 2 ** 6 - 1;

/** Makes the pipes, 4 and 5 for standard output, 6 and 7 for standard error, and gives them to the `cat`s. An old bash makes files of them. */
const startCats = `out=
exec ${withoutRelay} 4<<X 5<<X 6<<X 7<<X

X

X

X

X
if [ -p /proc/self/fd/4 ] && read -r d <&4 && read -r d <&5 && read -r d <&6 && read -r d <&7; then
  exec 8>/proc/self/fd/4 9>/proc/self/fd/6
  carry 4 5 6<&- 7<&- ${withoutRelay} 2>/dev/null; out=$!
  carry 6 7 4<&- 5<&- ${withoutRelay} >&2 2>/dev/null; err=$!
fi
exec 4<&- 5<&- 6<&- 7<&-
`;
