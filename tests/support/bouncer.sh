#!/usr/bin/env bash
# PgBouncer before the server that PGHOST and PGPORT name, for tests. Its settings are those that
# docs/poolers.md shows; what a test needs otherwise is appended.
#
#   bouncer.sh list      the PgBouncers to test: version and root directory
#   bouncer.sh start DIR ROOT [name=value ...]
#   bouncer.sh stop DIR
#   bouncer.sh conninfo DIR                  how a client connects, but for user and database
#
# ROOT is / for the system's own, or the folder of a newer Debian below build/matrix. Every database name
# leads to the database PGDATABASE, with a pool of its own. Passwords are those of the server's roles.
set -euo pipefail
documented=docs/poolers.md

# in_root ROOT COMMAND...: a program of that Debian, with its own loader and libraries.
in_root() {
  local root=$1 program=$2
  shift 2
  if [ "$root" = / ]; then
    "$program" "$@"
  else
    "$root$(readelf --program-headers "$root$program" | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p')" \
      --library-path "$(printf '%s:' "$root"/usr/lib/*-linux-gnu "$root"/usr/lib)" "$root$program" "$@"
  fi
}

version_in() { in_root "$1" /usr/sbin/pgbouncer --version | sed -n 's/^PgBouncer \([0-9.]*\).*/\1/p'; }

# The system's own, and that of the newest folder that has one.
list() {
  local root newest=
  echo "$(version_in /) /"
  for root in build/matrix/[1-9][0-9]; do
    if [ -x "$root/usr/sbin/pgbouncer" ]; then newest=$root; fi
  done
  [ -z "$newest" ] || echo "$(version_in "$newest") $newest"
}

# The documented section [pgbouncer], without what "; from X" says that an older version does not know.
settings() {
  sed -n '/^```ini$/,/^```$/{//!p}' "$documented" | sed -n '/^\[pgbouncer\]$/,$p' | awk -v version="$1" '
    function number(text, parts) { split(text, parts, "."); return parts[1] * 1000 + parts[2] }
    /^; from [0-9.]+$/ { unknown = number($3) > number(version); next }
    !unknown
    { unknown = 0 }'
}

as_owner() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

start() {
  local dir=$1 root=$2 home pair user=()
  shift 2
  home=$(as_owner mktemp -d /tmp/pgbouncer.XXXXXX)
  mkdir -p "$(dirname "$dir")"
  rm -rf "$dir"
  ln -s "$home" "$dir"
  psql --quiet --no-psqlrc --tuples-only --no-align --command \
    "select format('\"%s\" \"%s\"', rolname, rolpassword) from pg_authid where rolpassword <> ''" > "$home/userlist.txt"
  {
    printf '%s\n' '[databases]' "* = host=$PGHOST port=$PGPORT dbname=$PGDATABASE"
    settings "$(version_in "$root")"
    printf '%s\n' 'listen_addr =' "unix_socket_dir = $home" "auth_file = $home/userlist.txt" \
      "logfile = $home/log" "pidfile = $home/pid"
    for pair in "$@"; do echo "${pair%%=*} = ${pair#*=}"; done
  } > "$home/pgbouncer.ini"
  if [ "$(id -u)" -eq 0 ]; then
    user=(--user postgres)
    chown -R postgres "$home"
  fi
  in_root "$root" /usr/sbin/pgbouncer --daemon --quiet "${user[@]}" "$home/pgbouncer.ini" > "$home/start.log" 2>&1 ||
    { cat "$home/start.log" "$home/log" >&2; return 1; }
  for _ in {1..100}; do
    [ -S "$home/.s.PGSQL.6432" ] && return
    sleep 0.1
  done
  cat "$home/start.log" "$home/log" >&2
  return 1
}

# From 1.23 on SIGTERM waits for the clients; a second one does not.
stop() {
  local home pid
  [ -e "$1" ] || return 0
  home=$(realpath "$1")
  if pid=$(cat "$home/pid" 2> /dev/null); then
    kill "$pid" 2> /dev/null || true
    for _ in {1..50}; do
      kill -0 "$pid" 2> /dev/null || break
      sleep 0.1
      kill "$pid" 2> /dev/null || true
    done
  fi
  rm -rf "$home" "$1"
}

case ${1:-} in
  list) list ;;
  start) start "${@:2}" ;;
  stop) stop "$2" ;;
  conninfo) echo "host=$(realpath "$2") port=6432 password=only-for-tests" ;;
  *) sed -n '5,8s/^# *//p' "$0" >&2; exit 2 ;;
esac
