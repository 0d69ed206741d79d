#!/usr/bin/env bash
# Describes every checked query to `.sqlx`, from which builds read: no build needs a database.
# Run it after a query or a migration changed, and commit what it wrote.
#
#   scripts/sql.sh           write .sqlx anew
#   scripts/sql.sh --check   fail when .sqlx is not what would be written
#
# RINGCRAFT_TEST_DATABASE_URL names a Postgres in which a database may be made and dropped; left out, one
# is started for it.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

described=$(mktemp -d) cluster='' maintenance=${RINGCRAFT_TEST_DATABASE_URL:-}
name="ringcraft_sql_$$"
# The address of another database on the same server, its parameters kept.
address() { sed -E "s#^(postgres(ql)?://[^/]*/)[^?]*#\1$1#" <<<"$maintenance"; }

psql() { "$programs/psql" -q -v ON_ERROR_STOP=1 "$@"; }

finish() {
  local status=$?
  psql "$maintenance" -c "drop database if exists $name with (force)" || true
  [ -z "$cluster" ] || { scripts/postgres.sh stop "$cluster" && rm -rf "$cluster"; }
  rm -rf "$described"
  exit "$status"
}

programs=$(scripts/postgres.sh binaries)
if [ -z "$maintenance" ]; then
  mkdir -p .local
  cluster=$(mktemp -d .local/sql-postgres.XXXXXX)
  chmod 0755 "$cluster"
  maintenance=$(scripts/postgres.sh start "$cluster" --throwaway)
fi
trap finish EXIT
psql "$maintenance" -c "create database $name"

# A database without rows: with them, the planner's choices change what is inferred.
psql "$(address "$name")" -c "create table _sqlx_migrations (version bigint, success boolean)"
for migration in migrations/*.sql; do
  psql --single-transaction "$(address "$name")" -f "$migration"
done

url=$(address "$name")
case $url in *\?*) url="$url&" ;; *) url="$url?" ;; esac
# The macros run with every build of the crate, so it is told to forget that it is built.
touch src/lib.rs
RINGCRAFT_BUILD_DATABASE_URL="${url}options=-c%20role%3Dringcraft_app" SQLX_OFFLINE_DIR="$described" \
  cargo check --quiet --package ringcraft --all-targets

if [ "${1:-}" = --check ]; then
  diff -r "$described" .sqlx || { echo "The queries changed; run scripts/sql.sh and commit .sqlx."; exit 1; }
else
  rm -rf .sqlx
  mkdir .sqlx
  cp "$described"/*.json .sqlx/
  echo "$(find .sqlx -name '*.json' | wc -l) queries described in .sqlx"
fi
