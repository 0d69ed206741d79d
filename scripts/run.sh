#!/usr/bin/env bash
# Runs the server beside its private Postgres and stops both in order. `make run` calls it.
#
#   scripts/run.sh               builds the page and the server, and serves
#   scripts/run.sh COMMAND...    runs COMMAND in the server's place
#
# With DATABASE_URL the server runs on that database, and nothing else is started. Without it the cluster
# is in RINGCRAFT_POSTGRES_DIR, `.local/postgres`. It is started again when it dies, and stopped when the
# last server that uses it has ended, however that came about.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

readonly LOOK_EVERY_S=0.25
readonly TRY_AGAIN_AFTER_S=5

say() { printf 'run: %s\n' "$*" >&2 || true; }

# Nothing that is started here may keep the lock, least of all Postgres.
postgres() { scripts/postgres.sh "$1" "$folder" {use}>&-; }

# Waits without a process that could outlive this one.
pause() { read -rt "$1" -u "$never" || true; }

# Starts the database again when it dies. It outlives this script if that is killed, because the server
# goes on and needs the database until it has ended.
guard() {
  local postmaster=
  exec {never}<> <(:)
  read -r _ postmaster _ < <(postgres status) || true
  while kill -0 "$server" 2>/dev/null; do
    pause "$LOOK_EVERY_S"
    # Without a number it died before it was looked for.
    if [ -n "$postmaster" ] && kill -0 "$postmaster" 2>/dev/null; then continue; fi
    say "the database has ended; starting it again ..."
    if postgres start >/dev/null; then
      read -r _ postmaster _ < <(postgres status) || true
      say "the database is back"
    else
      pause "$TRY_AGAIN_AFTER_S"
    fi
  done
  leave
}

# Stops the database, unless another server holds the lock.
leave() {
  if flock --nonblock --exclusive "$use"; then
    postgres stop
  else
    say "another server uses the database, so it goes on"
  fi
}

finish() {
  local status=$?
  trap '' INT TERM HUP
  [ -z "$guardian" ] || kill "$guardian" 2>/dev/null || true
  leave || status=1
  exit "$status"
}

# Makes a signal to this script one to the server, which then drains its calls; a second one cuts that short.
pass_on() {
  stopping=$1
  [ -z "$server" ] || kill -"$1" "$server" 2>/dev/null || true
}

command=("$@")
if [ $# -eq 0 ]; then
  scripts/setup.sh build
  scripts/page.sh build
  cargo build --profile "${PROFILE:-dev}" --bin ringcraft
  # It becomes the server; it does not stay between.
  command=(cargo run --quiet --profile "${PROFILE:-dev}" --bin ringcraft -- serve)
fi
if [ -n "${DATABASE_URL:-}" ]; then exec "${command[@]}"; fi

folder=${RINGCRAFT_POSTGRES_DIR:-.local/postgres}
server='' guardian='' stopping=''
mkdir -p "$folder"
if [ -w "$folder" ]; then
  exec {use}>>"$folder/use"
  flock --shared "$use"
fi
trap finish EXIT
trap 'pass_on INT' INT
trap 'pass_on TERM' TERM HUP
DATABASE_URL=$(postgres start)
export DATABASE_URL
# The database is ours alone: an org to try things out in, unless somebody has made one.
export RINGCRAFT_DEMO=${RINGCRAFT_DEMO:-on}
[ -z "$stopping" ] || exit 130

# Each in a process group of its own: a terminal signals the whole group of this script on Ctrl-C, and the
# server must hear of it once.
set -m
"${command[@]}" </dev/null {use}>&- &
server=$!
guard </dev/null &
guardian=$!
set +m
[ -z "$stopping" ] || pass_on "$stopping"
# A signal interrupts `wait`; the server's own end does not leave a process behind.
while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
wait "$server"
