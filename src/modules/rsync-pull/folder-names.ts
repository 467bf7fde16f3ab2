import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { byMaildir, type ComparedNames, compareNames } from "../../mail/folder-names.ts";
import { GrowingFile } from "./growing-file.ts";
import { hasGone, nulList, unpacked, unreadable } from "./listing.ts";
import { longLookMs } from "./source-check.ts";

/** Leaf folders below the mail root of a host, by their paths there. */
interface Side {
  readonly host: HostReader;
  readonly root: string;
  /** Whether its names are packed on their way here. */
  readonly packs: boolean;
  /** Whether folders may be none of its: new ones of the source, or ones that went away since it was listed, while somebody works there. */
  readonly mayLack: boolean;
}

/** Leaf folders of both trees. */
export interface ComparedFolders {
  readonly source: Side;
  readonly target: Side;
  readonly folders: readonly ByteText[];
  /** Directories that the target must have: all of them, or something is not mounted there. */
  readonly standing: readonly ByteText[];
  /** What the files on the controller begin with that hold for a moment what both hosts tell. */
  readonly file: string;
}

/**
 * Compares the names in folders, however many there are: both hosts tell theirs at the same time, and here they are read in step while they
 * come. A folder that may be lacking holds none. Undefined when the target lacks a standing directory.
 */
export async function compareFolderNames(compared: ComparedFolders): Promise<ComparedNames | undefined> {
  const { source, target, standing, file } = compared;
  const maildirs = byMaildir(compared.folders);
  const folders = maildirs.flat();
  const there = tellNames(source, folders, [], `${file}.there`);
  const here = tellNames(target, folders, standing, `${file}.here`);
  const names = compareNames(maildirs, there.pieces, here.pieces);
  // Whether they came whole is what their hosts say, and that counts first.
  names.catch(() => {});
  try {
    const [, isStanding] = await Promise.all([there.end, here.end]);
    return isStanding ? await names : undefined;
  } finally {
    await Promise.all([there, here].map(({ file }) => rm(file, { force: true })));
  }
}

/** Names that come from a host. They may be trusted once it ended. */
interface NamesUnderWay {
  readonly file: string;
  readonly pieces: AsyncIterable<Buffer>;
  /** Whether all standing directories were there. */
  readonly end: Promise<boolean>;
}

function tellNames(
  side: Side,
  folders: readonly ByteText[],
  standing: readonly ByteText[],
  file: string,
): NamesUnderWay {
  const { host, root, packs } = side;
  const output = new GrowingFile(file, host.name, { isKept: false });
  const coming = output.read();
  const lists = [standing, folders].map((paths) => nulList(paths, "./"));
  const words = [root, String(lists[0]?.length ?? 0), packs ? "pack" : "gather"];
  const tell = async (): Promise<boolean> => {
    try {
      const { stderr } = await host.probe(["sh", "-c", namesScript, "sh", ...words], {
        stdin: Buffer.concat(lists),
        timeoutMs: longLookMs,
        accept: "any",
        onStdout: output.take,
      });
      const told = stderr.toString("latin1");
      if (told === "mailferry: not standing\n") return false;
      requireNoFault(told, side);
      return true;
    } finally {
      output.end();
    }
  };
  return { file, pieces: packs ? unpackedOnceRead(coming) : coming, end: tell() };
}

/** Begins when it is read: nobody would hear of a fault before. */
async function* unpackedOnceRead(coming: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* unpacked(Readable.from(coming));
}

/**
 * What `find` did not come to would look gone. Of a long standard error the end is kept: without its beginning nobody knows what else could
 * not be read.
 */
function requireNoFault(told: string, { host, root, mayLack }: Side): void {
  const isWhole =
    /^mailferry: reading$/m.test(told) &&
    /^mailferry: read (0|123)$/m.test(told) &&
    /^mailferry: sent 0$/m.test(told);
  const faults = told
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("mailferry: ") && !(mayLack && hasGone(line)));
  if (!isWhole || faults.length > 0) throw unreadable(faults, root, host.name);
}

/**
 * `$1` is the root, `$2` the size of the list of standing directories on the input, which the folders stand behind; `$3` says how the names
 * are sent. What is told is read by `folderNames`. perl, which each Debian has, reads a folder in three quarters of find's time. Either writes
 * few KiB at a time, and each of them would come here in packets of its own.
 */
const namesScript = String.raw`
LC_ALL=C
export LC_ALL
pack() { gzip -1; }
gather() { dd ibs=64k obs=64k 2>/dev/null; }
names() {
  if perl -e 1 2>/dev/null; then
    perl -e '
      binmode STDIN;
      binmode STDOUT;
      $/ = "\0";
      my $code = 0;
      sub fault { print STDERR $_[0] =~ tr/\n/?/r, ": $!\n"; $code = 123 }
      while (my $folder = <STDIN>) {
        chomp $folder;
        if (!lstat $folder) { fault $folder; next }
        next if !-d _;
        if (!opendir FOLDER, $folder) { fault $folder; next }
        print "\0", "0$folder\0";
        $! = 0;
        while (defined(my $name = readdir FOLDER)) { print "1$name\0" if $name ne "." && $name ne ".." }
        fault $folder if $!;
      }
      close STDOUT or die "$!\n";
      exit $code'
  else
    xargs -0 -r sh -c 'exec find "$@" -maxdepth 1 \( -type d -printf "\0%d%p\0" -o -printf "%d%f\0" \)' sh
  fi
}
cd -- "$1" || exit 1
if ! head -c "$2" | xargs -0 -r sh -c 'for d do [ -d "$d" ] || exit 255; done' sh 2>/dev/null; then
  cat >/dev/null
  echo "mailferry: not standing" >&2
  exit
fi
echo "mailferry: reading" >&2
{
  names
  echo "mailferry: read $?" >&2
} | "$3"
echo "mailferry: sent $?" >&2`;
