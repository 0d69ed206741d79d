#!/usr/bin/env bash
# Every test of the workspace, of the page, and then those in browsers, on a Postgres cluster of its own that is gone
# afterwards.
# `make test` calls it.
#
#   scripts/test.sh              all
#   scripts/test.sh FILTER...    those of the workspace whose name contains one of the filters
#
# To run single tests without it, give them a cluster yourself, and stop it when you are done:
#   export RINGCRAFT_TEST_DATABASE_URL=$(scripts/postgres.sh start .local/by-hand --throwaway)
#   cd web/e2e && node --test six_turns.test.mjs
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# Of a run that was killed, the cluster is left. Nobody holds its lock.
remove_abandoned() {
  local old
  for old in .local/test-postgres.*/; do
    [ -e "$old/use" ] || continue
    if flock --nonblock "$old/use" scripts/postgres.sh stop "$old"; then rm -rf "$old"; fi
  done
}

finish() {
  local status=$?
  trap '' INT TERM HUP
  scripts/postgres.sh stop "$folder" {use}>&- && rm -rf "$folder"
  exit "$status"
}

mkdir -p .local
remove_abandoned
# One for each run, so that two at a time do not meet.
folder=$(mktemp -d .local/test-postgres.XXXXXX)
chmod 0755 "$folder"
exec {use}>>"$folder/use"
flock --shared "$use"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
RINGCRAFT_TEST_DATABASE_URL=$(scripts/postgres.sh start "$folder" --throwaway {use}>&-)
export RINGCRAFT_TEST_DATABASE_URL
# The developer's database is not for tests.
unset DATABASE_URL

# What fails is told at the end, and keeps no other test from being run.
failed=()
suite() {
  local name=$1
  shift
  "$@" {use}>&- || failed+=("$name")
}

cargo nextest run --workspace --no-run {use}>&-
suite "the workspace's" cargo nextest run --workspace --no-fail-fast "$@"
if [ $# -eq 0 ]; then
  # nextest runs no examples in documentation.
  suite "the documentation's" cargo test --quiet --workspace --doc
  suite "the page's" npm --prefix web --silent test
  # They start the server that was built for the tests above, which reads the page from the disk.
  scripts/page.sh build {use}>&-
  suite "the browsers'" npm --prefix web/e2e --silent test
fi
for name in "${failed[@]}"; do echo "Among $name tests are some that failed; see above." >&2; done
[ "${#failed[@]}" -eq 0 ]
