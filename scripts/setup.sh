#!/usr/bin/env bash
# Installs what is missing to build, test or check Ringcraft on Debian or Ubuntu; `make` calls it.
# What is there already is found by looking for it, so a second run takes well under a second.
#
#   scripts/setup.sh build    the compiler's needs, what the page is built with, the offline speech engines, and
#                             Postgres without a DATABASE_URL
#   scripts/setup.sh test     and the test runner, the browsers and what drives them
#   scripts/setup.sh check    and what the checks use
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

fail() {
  say ""
  say "setup: $1"
  shift
  for line in "$@"; do say "  $line"; done
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

have_one_of() {
  local name
  for name; do if have "$name"; then return; fi; done
  return 1
}

have_postgres() { scripts/postgres.sh binaries >/dev/null 2>&1; }

# Lists each Debian package whose presence cannot be seen.
missing_packages() {
  have gcc || echo gcc
  [ -e /usr/include/stdio.h ] || echo libc6-dev
  have make || echo make
  have cmake || echo cmake
  have pkg-config || echo pkg-config
  pkg-config --exists pocketsphinx 2>/dev/null || echo libpocketsphinx-dev
  [ -d /usr/share/pocketsphinx/model/en-us/en-us ] || echo pocketsphinx-en-us
  have flite || echo flite
  [ -s /etc/ssl/certs/ca-certificates.crt ] || echo ca-certificates
  # The tests have a cluster of their own whatever the server is given.
  [ -n "${DATABASE_URL:-}" ] && [ "$level" = build ] || have_postgres || echo postgresql
  if [ "$level" = test ]; then
    have espeak-ng || echo espeak-ng
    have psql || echo postgresql-client
    have_one_of chromium google-chrome || echo chromium
    have_one_of firefox-esr firefox || echo firefox-esr
    # A sound card that nobody hears: without one, Firefox plays nothing.
    have pulseaudio || echo pulseaudio
  fi
  if [ "$level" = check ]; then have python3 || echo python3; fi
  have node || echo nodejs
  have npm || echo npm
}

# Debian's package makes a cluster for the whole machine and starts it, at every boot too. Ours are in the
# checkout, so where PostgreSQL is new that is left out, by a file that goes when this script ends.
forbid_main_cluster() {
  local settings=/etc/postgresql-common/createcluster.d
  if have pg_createcluster || [[ " ${packages[*]} " != *" postgresql "* ]]; then return; fi
  "${root[@]}" mkdir -p "$settings"
  no_main_cluster=$settings/ringcraft-setup.conf
  echo "create_main_cluster = false" | "${root[@]}" tee "$no_main_cluster" >/dev/null
  trap '"${root[@]}" rm -f "$no_main_cluster"' EXIT
}

install_packages() {
  local by_hand="apt-get update && apt-get install -y --no-install-recommends $*"
  have apt-get || fail "these are missing, and there is no apt-get to install them: $*" \
    "Those are Debian's names; install what your system calls them, then try again."
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || fail "these packages are missing: $*" \
      "There is no sudo. As root, run:" "$by_hand"
    root=(sudo)
    if [ -n "${CI:-}" ] || [ ! -t 0 ]; then root+=(-n); fi
    "${root[@]}" true || fail "these packages are missing: $*" \
      "sudo did not let us in. As root, run:" "$by_hand"
  fi
  say "setup: installing $* with apt-get ..."
  forbid_main_cluster
  local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
  "${apt[@]}" update >&2 || fail "apt-get could not refresh its package lists." \
    "Is this machine online? Behind a proxy, set http_proxy and https_proxy, then try again."
  "${apt[@]}" install -y --no-install-recommends "$@" >&2 || fail "apt-get could not install: $*" \
    "Its message is above. On Ubuntu the speech packages are in 'universe':" \
    "add-apt-repository universe" \
    "Its browsers are no packages: install Google Chrome and Mozilla's Firefox instead." \
    "By hand:" "$by_hand"
  say "setup: packages are in place"
}

check_rust() {
  local wanted found
  # A shell that was open before rustup ran does not have its folder in PATH.
  PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  have cargo || fail "Rust is missing (Debian's own is too old; $wanted or later is needed). Install it with:" \
    "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" \
    "and open a new shell."
  found=$(rustc --version | cut -d ' ' -f 2)
  [ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" = "$wanted" ] ||
    fail "Rust $found is too old; $wanted or later is needed." "rustup update stable"
}

fetch_crates() {
  local fetch=(cargo fetch --target "$(rustc -vV | sed -n 's/^host: //p')")
  if [ -n "${CI:-}" ]; then fetch+=(--locked); fi
  "${fetch[@]}" --offline >/dev/null 2>&1 && return
  say "setup: downloading crates ..."
  "${fetch[@]}" >&2 || fail "cargo could not fetch the crates; its message is above." \
    "Without a network: is this machine online, and is HTTPS_PROXY set where one is needed?" \
    "When it says that Cargo.lock needs an update: cargo update --workspace"
}

check_nextest() {
  have cargo-nextest && return
  say "setup: installing the test runner, cargo-nextest (once; compiling it takes some minutes) ..."
  # Outside of the target folder, so that it disturbs no build.
  env -u CARGO_TARGET_DIR cargo install --locked cargo-nextest >&2 ||
    fail "cargo could not install cargo-nextest; its message is above." \
      "Without a network: is this machine online, and is HTTPS_PROXY set where one is needed?" \
      "When it asks for a newer Rust: rustup update stable"
}

check_node() {
  local found major minor
  found=$(node --version)
  IFS=. read -r major minor _ <<<"${found#v}"
  # What web/package.json asks for, as its build tool does.
  case $major in
    20) [ "$minor" -lt 19 ] || return 0 ;;
    22) [ "$minor" -lt 12 ] || return 0 ;;
    *) [ "$major" -lt 23 ] || return 0 ;;
  esac
  fail "Node.js ${found#v} cannot build the page; 20.19, 22.12 or a later one is needed." \
    "From https://nodejs.org/en/download, or, as root on Debian 12 or Ubuntu 24.04:" \
    "curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs" \
    "Should an older one still be found then, open a new shell."
}

fetch_node_packages() {
  # npm writes the second when it has installed all that the first says.
  [ web/e2e/node_modules/.package-lock.json -nt web/e2e/package-lock.json ] && return
  say "setup: downloading what drives the browsers ..."
  npm --prefix web/e2e ci --ignore-scripts --no-audit --no-fund >&2 ||
    fail "npm could not install what drives the browsers; its message is above." \
      "Without a network: is this machine online, and is HTTPS_PROXY set where one is needed?"
}

check_components() {
  for component in rustfmt clippy; do
    have "cargo-${component/rust/}" && "cargo-${component/rust/}" --version >/dev/null 2>&1 && continue
    say "setup: adding $component ..."
    rustup component add "$component" >&2 || fail "the Rust toolchain has no $component." \
      "rustup component add rustfmt clippy"
  done
}

level=${1:-build}
# How to become root: nothing, or sudo.
root=()
case $level in
  build | test | check) ;;
  *) fail "no such level: $level" "One of: build, test, check." ;;
esac
mapfile -t packages < <(missing_packages)
if [ "${#packages[@]}" -gt 0 ]; then
  install_packages "${packages[@]}"
  # What a distribution calls `postgresql` may be too old; this says so, and what to do.
  [[ " ${packages[*]} " != *" postgresql "* ]] || scripts/postgres.sh binaries >/dev/null
fi
check_rust
check_node
fetch_crates
scripts/page.sh packages
if [ "$level" = test ]; then
  check_nextest
  fetch_node_packages
fi
if [ "$level" = check ]; then check_components; fi
