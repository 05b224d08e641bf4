#!/usr/bin/env bash
# Installs the Debian packages that build and tests need; does nothing where all are there.
# The server is the distribution's own major version, or that of an installed pg_config.
#
#   deps.sh [clients]   with it: what the tests of the client drivers need besides
set -euo pipefail

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

server_major() {
  if command -v "${PG_CONFIG:-pg_config}" > /dev/null &&
    [ -e "$("${PG_CONFIG:-pg_config}" --pgxs 2> /dev/null)" ]; then
    "${PG_CONFIG:-pg_config}" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
  else
    apt-cache show postgresql | sed -n 's/^Version: \([0-9]*\)+.*/\1/p' | sort -n | tail -n 1
  fi
}

missing() {
  local package
  for package in "$@"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$package" 2> /dev/null |
      grep -qx installed || echo "$package"
  done
}

command -v dpkg-query > /dev/null || {
  echo "deps: this is no Debian; install what $0 lists by hand" >&2
  exit 1
}

general=(
  g++ make cmake pkg-config libssl-dev libjansson-dev libcurl4-openssl-dev  # the extension
  libcli11-dev libfmt-dev libfyaml-dev libpg-query-dev libpq-dev  # the command line tool
  catch2 openssl libtap-parser-sourcehandler-pgtap-perl python3  # tests and demo
  python3-yaml python3-jsonschema                           # tests/cli/json_schema.sh
  clang-format clang-tidy                                   # make format, make lint
  clang libclang-rt-dev                                     # make fuzz: libFuzzer
  valgrind dpkg-dev                                         # make bench-verify, check-valgrind, check-core
  pgbouncer                                                 # tests/bouncer, make torture
  libfaketime                                               # a server whose clock steps back
)

if [ "${1:-}" = clients ]; then
  general+=(
    python3-psycopg python3-psycopg-pool python3-psycopg2 python3-django
    libpostgresql-jdbc-java libhikaricp-java
  )
  command -v javac > /dev/null || general+=(default-jdk-headless)
  command -v npm > /dev/null || general+=(nodejs npm)
fi

updated=
update() {
  [ -n "$updated" ] && return
  echo "deps: reading the package lists"
  as_root apt-get update -qq
  updated=yes
}

major=$(server_major 2> /dev/null || true)
[ -n "$major" ] || { update; major=$(server_major); }
mapfile -t wanted < <(missing "${general[@]}" "postgresql-$major" "postgresql-server-dev-$major" \
  "postgresql-$major-pgtap")
[ "${#wanted[@]}" -gt 0 ] || exit 0

update
echo "deps: installing ${wanted[*]}"
log=$(mktemp)
as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
  "${wanted[@]}" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
rm -f "$log"

# The tests start PgBouncer themselves; the service that its package installs is not wanted.
if [[ " ${wanted[*]} " == *" pgbouncer "* ]]; then
  as_root service pgbouncer stop > /dev/null 2>&1 || true
  as_root update-rc.d pgbouncer disable > /dev/null 2>&1 || true
fi
