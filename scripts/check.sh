#!/usr/bin/env bash
# Everything that a tool can say about the code without running it. `make check` calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

step() { printf '\n== %s\n' "$1"; }

step "format"
cargo fmt --all --check || { echo "To mend it: cargo fmt --all"; exit 1; }

step "lints"
cargo clippy --workspace --all-targets --all-features -- -D warnings

step "scripts"
for script in scripts/*.sh .ci/run; do bash -n "$script"; done
for script in web/e2e/*.mjs web/e2e/*.js; do node --check "$script"; done

step "page"
npm --prefix web --silent run lint
npm --prefix web --silent run typecheck
scripts/page.sh types --check

step "boundaries"
python3 scripts/boundaries_test.py --quiet
python3 scripts/boundaries.py

step "dependencies"
if ! command -v cargo-deny >/dev/null 2>&1; then
  echo "cargo-deny is not installed: licences, sources and advisories go unchecked here."
  echo "To have it: cargo install --locked cargo-deny"
else
  cargo deny check --hide-inclusion-graph bans licenses sources
  # The advisories come over the network, and the verdict on a commit must not change by itself.
  [ -n "${CI:-}" ] || cargo deny check --hide-inclusion-graph advisories ||
    { echo "Without a network, CI=true make check leaves the advisories out."; exit 1; }
fi

printf '\nAll checks pass.\n'
