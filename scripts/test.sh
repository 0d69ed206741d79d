#!/usr/bin/env bash
# Every test of the workspace. `make test` calls it.
#
#   scripts/test.sh              all
#   scripts/test.sh FILTER...    those whose name contains one of the filters
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

cargo nextest run --workspace "$@"
if [ $# -eq 0 ]; then
  # nextest runs no examples in documentation.
  cargo test --quiet --workspace --doc
fi
