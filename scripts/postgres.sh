#!/usr/bin/env bash
# A private PostgreSQL cluster in a folder: one database, `ringcraft`, behind a Unix socket that only
# its owner and root can reach.
#
#   scripts/postgres.sh start FOLDER [--throwaway]   makes it if need be, starts it if need be, prints its URL
#   scripts/postgres.sh stop FOLDER                  stops it; a throwaway cluster is removed with all its data
#   scripts/postgres.sh status FOLDER                prints "running PROCESS URL", or "stopped" and fails with 3
#   scripts/postgres.sh binaries                     prints where the newest PostgreSQL's programs are
#
# FOLDER/cluster holds data, socket and log, and belongs to whoever runs PostgreSQL. As root that is the
# user `postgres`; where that user cannot enter FOLDER, the cluster is under /var/lib/ringcraft, and the
# file FOLDER/place says where. A throwaway cluster trades its safety in a power cut for speed.
set -euo pipefail

readonly OLDEST=15
readonly ELSEWHERE=/var/lib/ringcraft
readonly SOCKET=.s.PGSQL.5432
readonly SOCKET_PATH_MAX_BYTES=107
readonly READY_WITHIN_S=300
readonly STOPPED_WITHIN_S=60
readonly ORPHANS_GONE_WITHIN_S=5
readonly LOG_MAX_BYTES=10000000

say() { printf 'postgres: %s\n' "$*" >&2; }

fail() {
  say "$1"
  shift
  for line in "$@"; do printf '  %s\n' "$line" >&2; done
  exit 1
}

# --- Programs

# Prints the folder of one major version's programs. Debian keeps them out of PATH, side by side.
programs_of() {
  local folder
  for folder in "/usr/lib/postgresql/$1/bin" "$(dirname "$(command -v initdb || echo /none/initdb)")"; do
    [ -x "$folder/postgres" ] && [ -x "$folder/initdb" ] || continue
    [ "$("$folder/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')" = "$1" ] || continue
    printf '%s\n' "$folder"
    return
  done
  return 1
}

newest_version() {
  {
    ls /usr/lib/postgresql 2>/dev/null || true
    if command -v initdb >/dev/null; then initdb --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'; fi
  } | grep -E '^[0-9]+$' | sort -rn | while read -r version; do
    if programs_of "$version" >/dev/null; then
      echo "$version"
      break
    fi
  done
}

need_newest_version() {
  local newest
  newest=$(newest_version)
  [ "${newest:-0}" -ge "$OLDEST" ] || fail \
    "PostgreSQL $OLDEST or later is needed${newest:+, and the newest here is $newest}." \
    "On Debian 12 or Ubuntu 24.04 and later: apt-get install postgresql" \
    "On older ones, from https://www.postgresql.org/download/linux/: postgresql-17" \
    "Or use a database that runs elsewhere: set DATABASE_URL."
  echo "$newest"
}

# --- The place and its owner

# Runs a program as the cluster's owner, without the caller's settings for libpq.
as_owner() {
  if [ "$(id -u)" -ne 0 ]; then
    "$@"
  else
    setpriv --reuid="$owner" --regid="$(id -g "$owner")" --init-groups --reset-env "$@"
  fi
}

# Finds the cluster (`place`) and who runs it (`owner`). Neither is made here.
locate() {
  local hash fallback candidate
  hash=$(printf '%s' "$folder" | sha256sum | cut -c -12)
  # `.local` says little; the checkout above it is what somebody will look for.
  fallback=$ELSEWHERE/$(basename "${folder%/.local/*}")-$hash
  place=$(cat "$folder/place" 2>/dev/null || true)
  [ -z "$place" ] || [ -d "$place" ] || fail \
    "the cluster was in $place, as $folder/place says, and is not there." \
    "Bring it back, or, to begin with an empty database, remove $folder/place."
  for candidate in "$folder/cluster" "$fallback"; do
    [ -z "$place" ] || break
    # One that cannot be looked into is somebody else's, and no reason to make another.
    if [ -e "$candidate/data/PG_VERSION" ] || { [ -d "$candidate" ] && [ ! -x "$candidate" ]; }; then
      place=$candidate
    fi
  done
  if [ -n "$place" ]; then
    owner=$(stat -c %U "$place")
  elif [ "$(id -u)" -ne 0 ]; then
    owner=$(id -un) place=$folder/cluster
  else
    owner=postgres place=$folder/cluster
    id "$owner" >/dev/null 2>&1 || fail "PostgreSQL refuses to run as root, and there is no user '$owner'." \
      "adduser --system --group $owner"
    as_owner test -x "$folder" || place=$fallback
  fi
}

check_access() {
  [ -w "$folder" ] || fail "$(id -un) cannot write to $folder, which belongs to $(stat -c %U "$folder")." \
    "Run this as $(stat -c %U "$folder"), or give the folder to $(id -un)."
  [ ! -e "$place" ] || [ "$(id -u)" -eq 0 ] || [ "$(stat -c %u "$place")" -eq "$(id -u)" ] || fail \
    "the cluster in $place belongs to $(stat -c %U "$place"), and you are $(id -un)." \
    "It was made by root, so use it as root; or begin an empty one elsewhere with RINGCRAFT_POSTGRES_DIR."
  [ ! -e "$place" ] || as_owner test -x "$place" || fail \
    "user '$owner', who owns the cluster in $place, cannot enter that folder any more." \
    "Let others pass through the folders above it (chmod o+x), or move it where they can."
}

make_place() {
  [ ! -e "$place/data" ] || return 0
  if [ "$place" != "$folder/cluster" ]; then
    say "user '$owner' cannot enter $folder, so the database is kept in $place"
    mkdir -p -m 0755 "$ELSEWHERE"
  fi
  [ -e "$place" ] || mkdir -m 0700 "$place"
  [ "$(id -u)" -ne 0 ] || chown "$owner:" "$place"
}

# --- State

# Tells whether the cluster's own postmaster is alive. A process number alone says little: after a power cut
# or a crash the file is stale, and the number may be another program's.
running() {
  local process
  read -r process 2>/dev/null <"$place/data/postmaster.pid" || return 1
  [ "/proc/$process/cwd" -ef "$place/data" ]
}

# Prints where the socket is. Its path has a limit that a deep checkout passes, and clients split it at commas.
socket_folder() {
  local folder=$place/socket
  local path=$folder/$SOCKET LC_ALL=C
  if [ "${#path}" -gt "$SOCKET_PATH_MAX_BYTES" ] || [[ $path == *[^a-zA-Z0-9._/-]* ]]; then
    folder=/tmp/ringcraft-$(printf '%s' "$place" | sha256sum | cut -c -16)
  fi
  printf '%s\n' "$folder"
}

make_socket_folder() {
  as_owner mkdir -m 0700 "$socket" 2>/dev/null || true
  # Anybody may have made a folder of that name under /tmp; whoever owns it could answer for our database.
  [ "$(stat -c '%F %U %a' "$socket" 2>/dev/null)" = "directory $owner 700" ] || fail \
    "the folder for the socket, $socket, is not a folder of $owner alone (mode 700)." \
    "Look at what it is, remove it, and try again."
}

# With its port, or a PGPORT in the environment would be taken.
url() { printf 'postgres://ringcraft@localhost:5432/ringcraft?host=%s\n' "${socket//\//%2F}"; }

query() {
  as_owner "$programs/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --host "$socket" --port 5432 --username ringcraft --dbname postgres --command "$1"
}

# --- Start

# Picks the programs of the version that made the data, since no other can read it.
choose_programs() {
  local made_by newest
  if [ ! -e "$place/data/PG_VERSION" ]; then
    newest=$(need_newest_version)
    programs=$(programs_of "$newest")
    return
  fi
  made_by=$(cat "$place/data/PG_VERSION")
  programs=$(programs_of "$made_by") && [ "$made_by" -ge "$OLDEST" ] && return
  newest=$(need_newest_version)
  fail "the cluster in $place was made by PostgreSQL $made_by, which $newest cannot read. Nothing was touched." \
    "To carry it over, with PostgreSQL $made_by's programs at hand (package postgresql-$made_by) and as $owner:" \
    "  cd $place" \
    "  B=/usr/lib/postgresql/$made_by/bin" \
    "  \$B/pg_ctl -D data -w start && \$B/pg_dumpall -h $socket -U ringcraft >ringcraft.sql; \$B/pg_ctl -D data stop" \
    "  mv data data.$made_by" \
    "Then start again, which makes an empty cluster, and, as the same user in the same folder (that role and" \
    "database ringcraft exist already, is said and harmless):" \
    "  psql -h $socket -U ringcraft -d postgres -f ringcraft.sql"
}

make_cluster() {
  [ ! -e data/PG_VERSION ] || return 0
  [ ! -e data ] || fail "$place/data is no whole cluster: it has no PG_VERSION. Nothing was touched." \
    "To begin with an empty database, move it away."
  say "making a database cluster in $place (once; takes a few seconds) ..."
  # Under another name until it is whole, so that one cut short is never taken for a cluster.
  rm -rf data.new
  local sync=() output
  if [ -n "$throwaway" ]; then sync=(--no-sync); fi
  output=$(as_owner "$programs/initdb" --pgdata data.new --username ringcraft --auth-local trust \
    --auth-host reject --encoding UTF8 --locale C.UTF-8 --data-checksums --no-instructions "${sync[@]}" \
    2>&1 </dev/null) || {
    printf '%s\n' "$output" >&2
    fail "initdb could not make a cluster in $place; its message is above." "Is the disk full (df -h $place)?"
  }
  printf '\n# The settings Ringcraft needs, written anew at each start. What follows here wins over them.\n%s\n' \
    "include 'ringcraft.conf'" | as_owner tee -a data.new/postgresql.conf >/dev/null
  if [ -n "$throwaway" ]; then as_owner touch throwaway; fi
  mv data.new data
  [ -n "$throwaway" ] || sync "$place"
}

write_settings() {
  {
    cat <<SETTINGS
listen_addresses = ''
port = 5432
unix_socket_directories = '$socket'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 64MB
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
# Details quote values from rows: names, addresses.
log_error_verbosity = terse
log_line_prefix = '%m [%p] %d '
SETTINGS
    if [ -n "$throwaway" ]; then
      printf '%s = off\n' fsync synchronous_commit full_page_writes
    fi
  } | as_owner tee data/ringcraft.conf >/dev/null
}

# A postmaster that was killed leaves processes that finish their query first, and no new one may start
# beside them. They, and nobody else, hold the lock that it was started with.
await_orphans() {
  flock -w "$ORPHANS_GONE_WITHIN_S" "$alive" && return
  local process
  for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" = postgres ] || continue
    if [ "$process/cwd" -ef data ]; then kill -KILL "${process#/proc/}" 2>/dev/null || true; fi
  done
  flock -w "$ORPHANS_GONE_WITHIN_S" "$alive" || fail "something still uses the cluster in $place." \
    "Is it running in a container that shares this folder? Stop it there."
}

# PostgreSQL believes a stale file whose process number is now another program of the same user.
remove_stale_lock() {
  local file process
  for file in data/postmaster.pid "$socket/$SOCKET.lock"; do
    process=$(head -n 1 "$file" 2>/dev/null || true)
    if [ -n "$process" ] && [ -e "/proc/$process" ]; then rm -f "$file"; fi
  done
}

launch() {
  exec {alive}>>"$folder/alive"
  await_orphans
  remove_stale_lock
  write_settings
  if [ "$(stat -c %s log 2>/dev/null || echo 0)" -gt "$LOG_MAX_BYTES" ]; then mv log log.old; fi
  local output
  output=$(as_owner "$programs/pg_ctl" start --pgdata data --log log --wait --timeout "$READY_WITHIN_S" --silent \
    2>&1 </dev/null {lock}>&-) || {
    printf '%s\n' "$output" >&2
    tail -n 5 log >&2 || true
    fail "PostgreSQL does not start; the end of its log is above, all of it in $place/log." \
      "Is the disk full (df -h $place)?"
  }
  exec {alive}>&-
}

# Waits for one that runs already: it may be recovering.
await_ready() {
  local waited=0
  until query 'select 1' >/dev/null 2>&1; do
    running || fail "PostgreSQL ended while it was starting. See $place/log."
    [ "$waited" -lt "$READY_WITHIN_S" ] || fail "PostgreSQL does not answer. See $place/log."
    sleep 1
    waited=$((waited + 1))
  done
}

start() {
  make_place
  check_access
  choose_programs
  cd "$place"
  if [ -e data/PG_VERSION ] && [ -e throwaway ] && [ -z "$throwaway" ]; then
    fail "the cluster in $place was made to be thrown away." "scripts/postgres.sh stop $folder removes it."
  elif [ -e data/PG_VERSION ] && [ ! -e throwaway ] && [ -n "$throwaway" ]; then
    fail "the cluster in $place was made to last; for one to throw away, take another folder."
  fi
  make_cluster
  if [ "$place" != "$folder/cluster" ]; then printf '%s\n' "$place" >"$folder/place"; fi
  if running; then
    await_ready
  else
    make_socket_folder
    launch
  fi
  # A crash may have come between the cluster and its database.
  [ -n "$(query "select 1 from pg_database where datname = 'ringcraft'")" ] || query 'create database ringcraft'
  url
}

# --- Stop

stop() {
  if [ ! -e "$place" ]; then return; fi
  check_access
  cd "$place"
  if running; then
    choose_programs
    local mode=fast
    if [ -e throwaway ]; then mode=immediate; fi
    as_owner "$programs/pg_ctl" stop --pgdata data --mode "$mode" --timeout "$STOPPED_WITHIN_S" --silent >/dev/null ||
      # Nothing committed is lost so; the next start takes longer.
      as_owner "$programs/pg_ctl" stop --pgdata data --mode immediate --timeout "$STOPPED_WITHIN_S" --silent >/dev/null
  fi
  exec {alive}>>"$folder/alive"
  await_orphans
  if [ -e throwaway ]; then
    cd /
    rm -rf "$place" "$folder/place"
    [ "$socket" = "$place/socket" ] || as_owner rmdir "$socket" 2>/dev/null || true
  fi
}

status() {
  if [ -e "$place" ] && running; then
    echo "running $(head -n 1 "$place/data/postmaster.pid") $(url)"
  else
    echo "stopped"
    exit 3
  fi
}

usage() { fail "usage: scripts/postgres.sh start|stop|status FOLDER [--throwaway]"; }

# Another server's settings must not reach this one, nor its clients.
unset "${!PG@}"
umask 022
action=${1:-} folder=${2:-} throwaway=
case $action in
  binaries) programs_of "$(need_newest_version)" && exit ;;
  start | stop | status) ;;
  *) usage ;;
esac
case ${3:-} in
  '') ;;
  --throwaway) throwaway=yes ;;
  *) usage ;;
esac
[ -n "$folder" ] || usage
if [ ! -d "$folder" ]; then
  if [ "$action" = stop ]; then exit; fi
  if [ "$action" = status ]; then echo "stopped" && exit 3; fi
  mkdir -p "$folder"
fi
folder=$(cd "$folder" && pwd -P)
locate
socket=$(socket_folder)
if [ "$action" = status ]; then
  status
  exit
fi
# One at a time: of two starts, the second finds the work done.
[ -w "$folder" ] || check_access
exec {lock}>>"$folder/lock"
flock "$lock"
locate
socket=$(socket_folder)
"$action"
