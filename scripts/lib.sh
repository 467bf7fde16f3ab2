# What scripts/demo and scripts/test share: is this machine fit, and is everything there.
# Read by bash with `.`; the caller has set -euo pipefail and stands in the checkout.

oldest_debian=12
oldest_node=20.19.0

say() { printf '== %s\n' "$*"; }

stop() {
  printf 'error: %s\n' "$1" >&2
  printf '  next: %s\n' "$2" >&2
  exit 2
}

# The lab boots real Debian hosts: it needs root, Linux with systemd-nspawn, and Debian's packages.
require_machine() {
  local id='' version=''
  if [ -r /etc/os-release ]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-}")
    version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-}")
  fi
  # Debian testing and unstable carry no version.
  if [ "$id" != debian ] || { [ -n "$version" ] && [ "${version%%.*}" -lt "$oldest_debian" ]; }; then
    stop "this needs Debian $oldest_debian or newer, and this machine is ${id:-unknown} ${version}" \
      "run it on such a machine, a virtual one will do"
  fi
  [ "$(id -u)" = 0 ] || stop "this needs root: it boots hosts of its own on this machine" "sudo $0 $*"
  command -v node >/dev/null 2>&1 ||
    stop "there is no Node on this machine" "install Node $oldest_node or newer with npm (https://nodejs.org)"
  node -e "$node_check" "$oldest_node" ||
    stop "this needs Node $oldest_node or newer, and this is $(node --version)" "install a newer Node (https://nodejs.org)"
  command -v npm >/dev/null 2>&1 || stop "there is no npm beside Node" "install npm"
}

node_check='
  var wanted = process.argv[1].split(".").map(Number);
  var here = process.versions.node.split(".").map(Number);
  var newer = here[0] > wanted[0] || (here[0] === wanted[0] && here[1] >= wanted[1]);
  process.exit(newer ? 0 : 1);
'

# The Debian packages of the lab, those that are missing.
install_debian_packages() {
  local package missing=()
  while read -r package; do
    case "$package" in '' | '#'*) continue ;; esac
    is_installed "$package" || missing+=("$package")
  done <scripts/lab-packages.txt
  [ "${#missing[@]}" = 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# node_modules, when it is not in step with package-lock.json.
install_npm_packages() {
  local stamp=node_modules/.mailferry-lock wanted
  wanted=$(sha256sum <package-lock.json)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "installing npm packages"
  npm ci --no-audit --no-fund --loglevel=error || return
  printf '%s\n' "$wanted" >"$stamp"
}

# dist, when a source has changed since it was made.
build() {
  local stamp=dist/.sources wanted
  wanted=$(find src package.json package-lock.json tsconfig.json tsconfig.build.json scripts/*.mjs -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  say "building"
  rm -rf dist
  npm run --silent build || return
  printf '%s\n' "$wanted" >"$stamp"
}

# The newest Node with long-term support, in the user's cache. Leaves its path in $lts_node.
install_lts_node() {
  local version directory
  version=$(cat scripts/node-lts.txt)
  directory=${XDG_CACHE_HOME:-$HOME/.cache}/mailferry/node-$version
  lts_node=$directory/node_modules/.bin/node
  if [ "$("$lts_node" --version 2>/dev/null)" != "v$version" ]; then
    say "installing Node $version into $directory"
    mkdir -p "$directory"
    npm install --prefix "$directory" --no-save --no-audit --no-fund --loglevel=error "node@$version"
  fi
}
