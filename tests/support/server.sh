#!/usr/bin/env bash
# A throw-away PostgreSQL server with pg_tenancy preloaded, for tests and the demo.
#
#   server.sh start DIR [name=value ...]   make a cluster in DIR and start it (settings appended)
#   server.sh standby DIR OF               make a hot standby of the server in OF, and start it
#   server.sh promote DIR
#   server.sh restart DIR
#   server.sh stop DIR                     stop it and remove DIR with all its databases
#   server.sh env DIR                      print PGHOST and friends, for eval
#
# It listens on a Unix socket only. Root may not run a server, so root runs it as the user postgres.
# SERVER_PROGRAM names what is run in place of postgres: a script that runs it under valgrind, say.
set -euo pipefail

usage() {
  sed -n '4,9s/^# *//p' "$0" >&2
  exit 2
}

[ $# -ge 2 ] || usage
verb=$1
dir=$(realpath -ms "$2")
shift 2

bin=$("${PG_CONFIG:-pg_config}" --bindir)

as_server_user() {
  if [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

# The cluster lives in DIR. Where the server's user cannot reach that (a clone below root's home),
# or the path is too long for a socket, DIR becomes a link to a directory that is fit.
make_home() {
  mkdir -p "$(dirname "$dir")"
  rm -rf "$dir"
  mkdir "$dir"
  local path
  path=$(cd "$dir" && pwd -P)
  if [ "$(id -u)" -eq 0 ]; then chown postgres "$dir"; fi
  if [ "${#path}" -gt 80 ] || ! as_server_user test -w "$path"; then
    rmdir "$dir"
    path=$(mktemp -d /tmp/pg_tenancy.XXXXXX)
    if [ "$(id -u)" -eq 0 ]; then chown postgres "$path"; fi
    ln -s "$path" "$dir"
  fi
  chmod 755 "$path"
}

home() {
  [ -d "$dir" ] || { echo "server.sh: there is no server in $dir" >&2; exit 1; }
  (cd "$dir" && pwd -P)
}

start() {
  if [ -e "$dir" ]; then stop; fi
  make_home
  local home
  home=$(home)
  cd "$home"
  as_server_user "$bin/initdb" --pgdata "$home/data" --username postgres --auth trust \
    --encoding UTF8 --locale C --no-sync > "$home/initdb.log" 2>&1 ||
    { cat "$home/initdb.log" >&2; exit 1; }
  {
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$home'"
    echo "shared_preload_libraries = '${PRELOAD-pg_tenancy}'"
    echo "fsync = off"
    echo "max_connections = 100"
    echo "log_line_prefix = '%m [%p] %u@%d '"
    printf '%s\n' "$@"
  } | as_server_user tee -a "$home/data/postgresql.conf" > /dev/null
  run_server start
}

standby() {
  local primary home
  primary=$(cd "$1" && pwd -P)
  if [ -e "$dir" ]; then stop; fi
  make_home
  home=$(home)
  cd "$home"
  as_server_user "$bin/pg_basebackup" --host "$primary" --username postgres --pgdata "$home/data" \
    --checkpoint fast --write-recovery-conf --no-sync
  as_server_user tee -a "$home/data/postgresql.auto.conf" > /dev/null <<< "unix_socket_directories = '$home'"
  run_server start
}

run_server() {
  local home
  home=$(home)
  cd "$home"
  as_server_user "$bin/pg_ctl" "$1" --pgdata "$home/data" --log "$home/server.log" --wait --silent \
    ${SERVER_PROGRAM:+-p "$SERVER_PROGRAM"} \
    > /dev/null || { tail -n 20 "$home/server.log" >&2; exit 1; }
}

stop() {
  [ -d "$dir" ] || { rm -f "$dir"; return 0; }
  local home
  home=$(home)
  cd /
  if [ -f "$home/data/postmaster.pid" ]; then
    local postmaster
    postmaster=$(head -n 1 "$home/data/postmaster.pid")
    # One under valgrind may not end in time; without it the rest ends by itself.
    as_server_user "$bin/pg_ctl" stop --pgdata "$home/data" --mode immediate --wait --silent > /dev/null ||
      kill -KILL "$postmaster" 2> /dev/null || true
  fi
  # A postmaster under valgrind still writes what it found after it removed its pid file.
  rm -rf "$home" 2> /dev/null || { sleep 2; rm -rf "$home"; }
  rm -rf "$dir"
}

case $verb in
  start)
    start "$@"
    echo "server started in $dir"
    ;;
  standby)
    standby "$@"
    echo "standby started in $dir"
    ;;
  restart | promote) run_server "$verb" ;;
  stop)
    if [ -d "$dir" ]; then echo "server stopped, $dir removed"; else echo "no server in $dir"; fi
    stop
    ;;
  env) printf 'export PGHOST=%q PGPORT=5432 PGUSER=postgres PGDATABASE=postgres\n' "$(home)" ;;
  *) usage ;;
esac
