#!/usr/bin/env bash
# Writes what the documentation says of the settings, from the code: the tables in docs/OPERATIONS.md and
# the whole of .env.sample. Run it after a setting changed, and commit what it wrote.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

ringcraft() { cargo run --quiet --bin ringcraft -- "$@"; }

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
ringcraft settings >"$made/tables"
ringcraft settings --format env >"$made/sample"
awk -v tables="$made/tables" '
  $0 == "<!-- end of settings -->" { inside = 0; ended = 1 }
  !inside { print }
  $0 == "<!-- settings -->" { inside = 1; print ""; while ((getline line < tables) > 0) print line; print "" }
  END { exit !ended }
' docs/OPERATIONS.md >"$made/page" || { echo "docs/OPERATIONS.md has no end of settings" >&2; exit 1; }
cat "$made/page" >docs/OPERATIONS.md
cat "$made/sample" >.env.sample
