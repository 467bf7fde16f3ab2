/** Whom all that a pass brings belongs to on this host; what is undefined goes by name. */
export interface NewOwner {
  readonly owner: string | undefined;
  readonly group: string | undefined;
}

/**
 * Shell functions that give what a pass brought to `$owner` and `$group`; one that is empty goes by name. rsync's own `--chown` maps each
 * user and group of old, also those that access control lists name; without it rsync writes as root, and lists keep their names.
 * `give_all` is for the directory `$1` with all below. `give_listed` is for what is named on its input, NUL after each, from here as `./PATH`:
 * old wrote the names, so none is followed through a symbolic link, and a hot pass may have been told to bring what was gone by then.
 */
export const givingFunctions = String.raw`
give_all() {
  [ -n "$owner$group" ] || return 0
  below=$1
  set --
  if [ -n "$owner" ]; then set -- ! -user "$owner"; fi
  if [ -n "$group" ]; then set -- "$@" ${"$"}{owner:+-o} ! -group "$group"; fi
  find "$below" \( "$@" \) -exec chown -h -- "$owner${"$"}{group:+:$group}" {} +
}
give_listed() {
  [ -n "$owner$group" ] || return 0
  xargs -0 -r sh -c '
    whom=$1
    shift
    top=$(pwd -P)
    seen=
    for path do
      directory=${"$"}{path%/*}
      if [ "$directory" != "$seen" ] && cd -P -- "$top/$directory" 2>/dev/null; then
        [ "$PWD" = "$top${"$"}{directory#.}" ] || { echo "a symbolic link stands in the place of a directory" >&2; exit 255; }
      fi
      seen=$directory
    done
    cd -P -- "$top" || exit 255
    chown -h -- "$whom" "$@" 2>/dev/null && exit
    for path do
      if [ -e "$path" ] || [ -L "$path" ]; then printf "%s\0" "$path"; fi
    done | xargs -0 -r chown -h -- "$whom"' sh "$owner${"$"}{group:+:$group}"
}`;
