#!/usr/bin/env bash
# The tests of the session on a server that watches its memory; nothing may be found.
#
#   instrumented/run.sh valgrind    the installed library, the server under memcheck
#   instrumented/run.sh asan        the library built with AddressSanitizer and UndefinedBehaviorSanitizer
#
# The server is the distribution's: what it allocates from its contexts is opaque to both, but not what the
# library, libcrypto, jansson and the C library take from malloc, nor what they read before it was written.
# The library goes into a copy of the server's files below build/, so that the installed one stays as it is.
set -uo pipefail
cd "$(dirname "$0")/../.."
source tests/support/tap.sh
tool=${1:?valgrind or asan}
out=$PWD/build/$tool
server=$out/server
own_bin=$("${PG_CONFIG:-pg_config}" --bindir)
export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=$PWD/build/test/keys
rm -rf "$out"
mkdir -p "$out/log"
bail() { echo "Bail out! $1"; tail -n 20 "${2:-/dev/null}" | sed 's/^/# /'; exit 1; }
[ -e "$TENANCY_KEYS/jwks.json" ] || tests/support/keys.sh "$TENANCY_KEYS"

# The server finds its files from where its program is: a copy with the same tree below is a server of its own.
copy_server() {
  local root=${own_bin%/usr/*} path
  for path in "$own_bin" $("${PG_CONFIG:-pg_config}" --pkglibdir) $("${PG_CONFIG:-pg_config}" --sharedir) \
    $("${PG_CONFIG:-pg_config}" --includedir); do
    mkdir -p "$out/root$(dirname "${path#"$root"}")"
    cp -r "$path" "$out/root$(dirname "${path#"$root"}")/"
  done
  PG_CONFIG=$out/root${own_bin#"$root"}/pg_config
  export PG_CONFIG
}
build_library() {
  mkdir -p "$out/source"
  cp -r Makefile extension sql "$out/source/"
  find "$out/source" -name '*.[od]' -delete
  make -C "$out/source" --jobs "$(nproc)" "PG_CXXFLAGS=-std=c++20 $*" "PG_LDFLAGS=${*//-O1/}" all install
}

case $tool in
  valgrind)
    command -v valgrind > /dev/null || bail "no valgrind"
    source_dir=$(tests/support/postgres_source.sh) || bail "no source of PostgreSQL, which lists what valgrind should not tell"
    flags=(-O1 -g)
    command="valgrind --quiet --trace-children=yes --track-origins=yes --num-callers=30 --leak-check=full \
--show-leak-kinds=definite --gen-suppressions=no --suppressions=$source_dir/src/tools/valgrind.supp --suppressions=$PWD/tests/instrumented/server.supp --log-file=$out/log/found.%p"
    ;;
  asan)
    flags=(-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize=vptr)
    # With the sanitizer's runtime before it the C library waits for ever in bindtextdomain(), on a lock that
    # nobody holds: the server does without translations.
    echo 'char *bindtextdomain(const char *domain, const char *path) { (void)domain; return (void)path, (char *)0; }' |
      cc -shared -fPIC -x c - -o "$out/untranslated.so" || bail "no C compiler"
    # The server ends without freeing what it took, by design: leaks are for valgrind, which can say whose.
    command="env LD_PRELOAD=$(g++ -print-file-name=libasan.so):$out/untranslated.so \
ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1"
    ;;
  *) sed -n '4,5s/^# *//p' "$0" >&2; exit 2 ;;
esac
copy_server
build_library "${flags[@]}" > "$out/log/build" 2>&1 || bail "the library does not build" "$out/log/build"
printf '#!/bin/sh\nexec %s %s/postgres "$@"\n' "$command" "$(dirname "$PG_CONFIG")" > "$out/postgres"
chmod 755 "$out/postgres"
chmod 777 "$out/log"

trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
export PGCTLTIMEOUT=600 PGCONNECT_TIMEOUT=600
SERVER_PROGRAM=$out/postgres tests/support/server.sh start "$server" "max_prepared_transactions = 5" > "$out/log/start" 2>&1 ||
  bail "no server" "$out/log/start"
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh tenancy_saas > "$out/log/application" 2>&1 || bail "no application" "$out/log/application"

postmaster=$(head -n 1 "$server/data/postmaster.pid")
case $tool in
  valgrind) ok "$(tr '\0' ' ' < "/proc/$postmaster/cmdline" | grep -F valgrind)" "control: the server runs under valgrind" ;;
  asan) ok "$(grep -qF libasan "/proc/$postmaster/maps" && nm -D "$("$PG_CONFIG" --pkglibdir)/pg_tenancy.so" | grep __asan_report)" \
    "control: the server has the sanitizer, and the library calls it" ;;
esac
make installcheck > "$out/log/regression" 2>&1
sed -n 's/^test /# test /p' "$out/log/regression"
pg_prove --dbname tenancy_saas tests/pgtap/*.sql tests/pgtap/attacks/*.sql > "$out/log/pgtap" 2>&1
sed 's/^/# /' "$out/log/pgtap"
# Time is what a token has little of: a test of expiry may come too late where all is slow.
ok "$(grep -qE '^test (login|plans|keys|directory) .* ok ' "$out/log/regression" && echo yes)" "the regression tests were run" "$out/log/regression"
ok "$(grep -q '^Result: PASS' "$out/log/pgtap" && echo yes)" "the attacks were tried, and failed" "$out/log/pgtap"
SERVER_PROGRAM=$out/postgres tests/support/server.sh restart "$server" > /dev/null 2>&1  # a clean stop: all tell what they found

# A leak that the library has no part in is the server's own.
library_leaks() {
  awk '/definitely lost/ {block = ""; inside = 1}
       inside {block = block $0 "\n"}
       inside && /^==[0-9]+== *$/ {if (block ~ /tenancy::|: tenancy_[a-z_]+ \(/) printf "%s", block; inside = 0}' "$out"/log/found.*
}
errors() {
  if [ "$tool" = asan ]; then grep -A 30 -E 'runtime error:|ERROR: AddressSanitizer' "$server/server.log"; return; fi
  awk '/definitely lost|^==[0-9]+== *$/ {skip = /definitely lost/} /./ && !skip' "$out"/log/found.* 2> /dev/null | grep -vE '^==[0-9]+== *$'
}
errors > "$out/log/errors"
library_leaks > "$out/log/leaks" 2> /dev/null
[ "$tool" = asan ] || echo "# $(find "$out/log" -name 'found.*' -size +0 | wc -l) processes had something to tell"
ok "$([ -s "$out/log/errors" ] || echo yes)" "no wrong use of memory was found" "$out/log/errors"
ok "$([ -s "$out/log/leaks" ] || echo yes)" "no leak of the library was found" "$out/log/leaks"
ok "$(grep -qE 'PANIC|was terminated by signal' "$server/server.log" || echo yes)" "no backend crashed"
finish
