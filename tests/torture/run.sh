#!/usr/bin/env bash
# Logins that are interrupted at random moments, and a great many of them: never a mixed identity, never one that
# comes back, no backend that hangs; memory and file descriptors flat after a warm-up.
#
#   torture/run.sh [INTERRUPTED [LOGINS [CONNECTIONS]]]      10000, 1000000 and 100000, which take hours
set -uo pipefail
cd "$(dirname "$0")/../.."
source tests/support/tap.sh
interrupted=${1:-10000}
logins=${2:-1000000}
connections=${3:-100000}
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
workers=4

out=build/torture
server=$out/server
export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=$PWD/$out/keys
rm -rf "$out/log"
mkdir -p "$out/log"
for client in interrupt endure; do
  g++ -std=c++20 -O2 -Wall -Wextra -Werror "tests/torture/$client.cpp" -o "$out/$client" \
    $(pkg-config --cflags --libs libpq) || { echo "Bail out! $client.cpp does not compile"; exit 1; }
done
tests/support/keys.sh "$TENANCY_KEYS"
trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
tests/support/server.sh start "$server" > /dev/null || { echo "Bail out! no server"; exit 1; }
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh torture > "$out/log/application" 2>&1 || { echo "Bail out! no application"; exit 1; }

# Many tokens, so that signatures are verified and not only remembered; of a life as long as the whole may take.
psql --quiet --no-psqlrc --dbname torture --command "update tenancy.issuer set max_lifetime = 1000000"
for subject in victor guy; do
  for ((i = 0; i < 100; i++)); do tests/support/mint.sh "$subject" web-app --expires-in 900000 --claim "jti=$i"; done > "$out/$subject.tokens"
done
cat "$out/victor.tokens" "$out/guy.tokens" > "$out/tokens"
psql --quiet --no-psqlrc --dbname torture --command "grant select on pg_backend_memory_contexts to saas_app_pool" \
  --command "grant execute on function pg_get_backend_memory_contexts() to saas_app_pool"
postmaster=$(head -n 1 "$(psql --tuples-only --no-align --command 'show data_directory')/postmaster.pid")

echo "# $interrupted interrupted logins, seed $seed"
clients=()
for ((i = 0; i < workers; i++)); do
  "$out/interrupt" $((interrupted / workers)) $((seed % 1000000 + i)) torture saas_app_pool \
    "$out/victor.tokens" a0000000-0000-4000-8000-000000000001 victor \
    "$out/guy.tokens" b0000000-0000-4000-8000-000000000001 guy > "$out/log/interrupt.$i" 2> "$out/log/wrong.$i" &
  clients+=($!)
done
bad=0
for client in "${clients[@]}"; do wait "$client" || bad=$((bad + 1)); done
cat "$out"/log/interrupt.* | tr ' ' '\n' | awk -F= 'NF == 2 {sum[$1] += $2} END {for (name in sum) print name "=" sum[name]}' |
  sort > "$out/log/outcomes"
sed 's/^/# /' "$out/log/outcomes"
outcome() { sed -n "s/^$1=//p" "$out/log/outcomes"; }
cat "$out"/log/wrong.* > "$out/log/wrong"
ok "$([ "$bad" = 0 ] && [ ! -s "$out/log/wrong" ] && echo yes)" "never a mixed identity, none that comes back, none that is lost, no backend that hangs" "$out/log/wrong"
# An interruption that always came too early or too late would show nothing.
ok "$([ "$(outcome 57014)" -gt $((interrupted / 20)) ] && echo yes)" "logins were cancelled or ran out of time"
ok "$([ "$(outcome 57P01)" -gt $((interrupted / 20)) ] && echo yes)" "logins were terminated"
ok "$([ "$(outcome completed)" -gt $((interrupted / 20)) ] && echo yes)" "others were through before"
ok "$([ "$(outcome bound)" -gt $((interrupted / 20)) ] && echo yes)" "and identities were seen"
ok "$(psql --tuples-only --no-align --command "select count(*) from pg_stat_activity where usename = 'saas_app_pool'" | grep -x 0)" "no backend is left"
ok "$(grep -qE 'PANIC|TRAP|was terminated by signal' "$server/server.log" || echo yes)" "no backend crashed"

ok "$("$out/endure" logins "$logins" torture saas_app_pool "$out/tokens" > "$out/log/logins" 2>&1 && echo yes)" \
  "$logins logins in one backend: memory and file descriptors are flat"
sed 's/^/# /' "$out/log/logins"
ok "$("$out/endure" connections "$connections" torture saas_app_pool "$out/tokens" "$postmaster" > "$out/log/connections" 2>&1 && echo yes)" \
  "$connections connections: memory and file descriptors of the server are flat"
sed 's/^/# /' "$out/log/connections"
finish
