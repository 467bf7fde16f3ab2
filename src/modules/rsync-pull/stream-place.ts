import { streamsDirectory } from "./shards.ts";

/**
 * Shell functions for streams beside each other. tar makes links that could lead out last of all, so that it writes nothing through them:
 * that holds for one tar, not for two in the same place. So each fills a directory of its own in `$dest`, which the names of no
 * other lead into. `note_place` notes which directory was made for that: one of the same name may come from old, with links in it.
 * `put_in_place` moves what is in them to where it belongs, whole mailboxes for the most part, once nobody
 * writes any more; `$attributes` are words for rsync on the root itself. What is there already came twice, or somebody made it here
 * meanwhile: it stays as it is, whatever mv(1) says of that (its exit code differs from release to release), and `code` gets 13, since
 * only a comparison of everything tells what of it is old's. What nobody has looked through yet (`looked`) loses its devices: rsync, which
 * goes on then, leaves one alone that is there.
 */
export const streamPlaceFunctions = String.raw`
aside=$dest/${streamsDirectory}
note_place() { stat -c %d:%i -- "$aside" >"$streams/place"; }
put_in_place() {
  [ -e "$streams/place" ] && [ -d "$aside" ] && [ ! -h "$aside" ] || return 0
  [ "$(stat -c %d:%i -- "$aside")" = "$(cat -- "$streams/place")" ] || return 0
  [ -d "$aside/1" ] && [ ! -h "$aside/1" ] || return 0
  mkdir -p -- "$notes" && touch -r "$aside/1" -- "$notes/root" &&
    rsync $attributes --exclude='*' "$aside/1/" "$dest/" || return
  shard=1
  while [ -d "$aside/$shard" ] && [ ! -h "$aside/$shard" ]; do
    [ -e "$streams/looked.$shard" ] || find "$aside/$shard" \( -type b -o -type c \) -delete || return
    (cd -- "$aside/$shard" && move_in && require_moved) || return
    shard=$((shard + 1))
  done
  left=$(cd -- "$aside" && find . -mindepth 2 \( ! -type d -o -path './*/*/*' \) -printf . -quit) || return
  if [ -n "$left" ]; then
    echo "a mailbox was there already: it came twice, or somebody made it here meanwhile" >&2
    code=13
  fi
  rm -rf -- "$aside" && touch -r "$notes/root" -- "$dest" &&
    rm -f -- "$notes/root" "$notes/time" "$streams/place"
}
move_in() {
  find . -mindepth 1 -maxdepth 1 ! -name ${streamsDirectory} -print0 | xargs -0 -r sh -c '
    dest=$1
    time=$2
    shift 2
    for name do
      to=$dest/$name
      if [ -d "$name" ] && [ ! -h "$name" ] && [ -d "$to" ] && [ ! -h "$to" ]; then
        touch -r "$name" -- "$time" || exit 255
        find "$name" -mindepth 1 -maxdepth 1 -print0 | xargs -0 -r mv -n -t "$to" --
        touch -r "$time" -- "$to" || exit 255
      else
        mv -nT -- "$name" "$to"
      fi
    done
    exit 0' sh "$dest" "$notes/time"
}
require_moved() {
  find . -mindepth 1 -maxdepth 2 -path ./${streamsDirectory} -prune -o -print0 | xargs -0 -r sh -c '
    for left do
      if [ ! -e "$0/$left" ] && [ ! -h "$0/$left" ]; then exit 255; fi
    done' "$dest"
}`;
