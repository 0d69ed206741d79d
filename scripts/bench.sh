#!/usr/bin/env bash
# Every bench, on a Postgres cluster of its own that is gone afterwards. `make bench` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

mkdir -p .local
folder=$(mktemp -d .local/bench-postgres.XXXXXX)
chmod 0755 "$folder"
trap 'scripts/postgres.sh stop "$folder" && rm -rf "$folder"' EXIT
RINGCRAFT_TEST_DATABASE_URL=$(scripts/postgres.sh start "$folder" --throwaway)
export RINGCRAFT_TEST_DATABASE_URL
unset DATABASE_URL
cargo bench --workspace --bench "${1:-*}"
