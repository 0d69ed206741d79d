#!/usr/bin/env bash
# The page that people use, which is in web/. `make` calls it.
#
#   scripts/page.sh packages       installs what it is built with, where the lock file says otherwise
#   scripts/page.sh build          and builds it into web/dist, where it changed since
#   scripts/page.sh dev            and shows each change at once, beside a server for development: `make dev`
#   scripts/page.sh types          writes what it knows of the server's interface, from the code
#   scripts/page.sh types --check  fails when that is not what would be written
#
# It is in the binary of a release; other builds of the server read it from web/dist.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

readonly TYPES=web/src/api/schema.d.ts

say() { printf 'page: %s\n' "$*" >&2; }

fail() {
  say "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# Of two that start at the same time, one installs and builds, and the other finds it done.
in_turn() {
  local turn step
  exec {turn}<web/package.json
  flock "$turn"
  for step; do "$step"; done
  exec {turn}<&-
}

packages() {
  # npm writes the second when it has installed all that the first says.
  [ web/node_modules/.package-lock.json -nt web/package-lock.json ] && return
  say "downloading what the page is built with ..."
  npm --prefix web ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 ||
    fail "npm could not install what the page is built with; its message is above." \
      "Without a network: is this machine online, and is HTTPS_PROXY set where one is needed?"
}

# Tells whether anything is newer than the build. A file that is gone makes its folder newer.
changed() {
  [ -e web/dist/index.html ] || return 0
  [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o \
    -path web -o -newer web/dist/index.html -print -quit)" ]
}

build() {
  changed || return 0
  say "building the page ..."
  local begun output
  begun=$(mktemp)
  # Beside the one that is there, so that a server which reads it never sees half of a page.
  output=$(cd web && npm run --silent build -- --outDir dist.new --emptyOutDir --logLevel warn 2>&1) || {
    printf '%s\n' "$output" >&2
    rm -rf web/dist.new "$begun"
    fail "the page does not build; what is wrong is above."
  }
  # What changed while it was built is newer.
  touch -r "$begun" web/dist.new/index.html
  rm -rf web/dist "$begun"
  mv web/dist.new web/dist
}

# A signal to this script ends the page, and is one to the server, which then drains its calls.
stop() {
  stopping=$1
  [ -z "$page" ] || kill -TERM -- "-$page" 2>/dev/null || true
  [ -z "$server" ] || kill -"$1" "$server" 2>/dev/null || true
}

# Shows the page once the server answers, so that where to look is what is said last.
show() {
  node --input-type=module --eval '
    const answers = () => fetch(`${process.env.RINGCRAFT_DEV_SERVER}/api/health`).then(() => true, () => false);
    while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 250));
  '
  say "open the address that Vite prints below; there, each change in web/src shows at once"
  cd web
  exec node_modules/.bin/vite --clearScreen false
}

dev() {
  local port=${RINGCRAFT_LISTEN:-:8080}
  cargo build --bin ringcraft
  export RINGCRAFT_DEV_SERVER=${RINGCRAFT_DEV_SERVER:-http://127.0.0.1:${port##*:}}
  server='' page='' stopping=''
  trap 'stop INT' INT
  trap 'stop TERM' TERM HUP
  # Each in a process group of its own, as in run.sh: who is told to stop, and when, is decided here.
  set -m
  scripts/run.sh cargo run --quiet --bin ringcraft -- serve </dev/null &
  server=$!
  show </dev/null &
  page=$!
  set +m
  # When one of the two ends, the other has nothing to do. A signal interrupts `wait`.
  while kill -0 "$server" 2>/dev/null && kill -0 "$page" 2>/dev/null; do wait -n "$server" "$page" || true; done
  [ -n "$stopping" ] || stop TERM
  while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
  wait "$server"
}

types() {
  local made
  # The program as the tests have it: with other features, all that it is built on is compiled anew.
  cargo build --quiet --workspace --bin ringcraft --test protocol
  made=$(mktemp)
  "${CARGO_TARGET_DIR:-target}/debug/ringcraft" openapi | web/node_modules/.bin/openapi-typescript >"$made"
  if [ "$1" != --check ]; then
    cat "$made" >"$TYPES"
  elif ! diff "$TYPES" "$made" >&2; then
    fail "the server's interface changed." "Run scripts/page.sh types and commit $TYPES."
  fi
  rm "$made"
}

case ${1:-} in
  packages) in_turn packages ;;
  build) in_turn packages build ;;
  dev)
    in_turn packages
    dev
    ;;
  types)
    in_turn packages
    types "${2:-}"
    ;;
  *) fail "no such command: ${1:-}" "One of: packages, build, dev, types." ;;
esac
