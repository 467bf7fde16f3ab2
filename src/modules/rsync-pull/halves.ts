/**
 * Shell lines that set `half`: what of a tree two finds at the same time share, since nearly all of their time goes into asking for one inode
 * after the other. It matches half of the paths that are two deep (`-regextype posix-extended`), as find tells them below `.`. Which half one
 * is of hangs on its name alone, by the last bytes of `domain/user`, so that what comes and goes meanwhile moves nobody else from
 * one to the other.
 */
export const halfLines = String.raw`one='[02468acegikmoqsuwy]'
other='[^/02468acegikmoqsuwy]'
half="\./([^/]*$one/[^/]*$one|[^/]*$other/[^/]*$other)"`;
