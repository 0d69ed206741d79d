#!/usr/bin/env bash
# Runs a command with RINGCRAFT_TEST_DATABASE_URL naming a Postgres cluster of its own, which is gone afterwards.
#
#   scripts/with_postgres.sh COMMAND...
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

# A second signal must not leave the cluster behind.
finish() {
  local status=$?
  trap '' INT TERM HUP
  scripts/postgres.sh stop "$folder" && rm -rf "$folder"
  exit "$status"
}

mkdir -p .local
folder=$(mktemp -d .local/with-postgres.XXXXXX)
chmod 0755 "$folder"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
RINGCRAFT_TEST_DATABASE_URL=$(scripts/postgres.sh start "$folder" --throwaway)
export RINGCRAFT_TEST_DATABASE_URL
unset DATABASE_URL
"$@"
