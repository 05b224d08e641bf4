#!/usr/bin/env bash
# What the accessors cost: a policy that calls one against the same policy with the value as a literal,
# over a scan of a million rows and over prepared point reads; both sides are pool roles with an identity.
#
# Each line: the ratio by the clock and by the backend's own processor time, each as median with its
# quartiles, and the processor time of both sides for one execution. Then the ratio of instructions, which
# valgrind counts and other load of the machine does not disturb.
#
#   accessor.sh          ROWS, PAIRS, READS and INSTRUCTIONS=no change what is run
set -euo pipefail
cd "$(dirname "$0")/../.."

export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=$PWD/build/bench/keys
rows=${ROWS:-1000000}
pairs=${PAIRS:-21}
reads=${READS:-20000}
instructions=${INSTRUCTIONS:-yes}
server=build/bench/server
client=build/bench/interleave
bin=$("${PG_CONFIG:-pg_config}" --bindir)

mkdir -p build/bench
g++ -std=c++20 -O2 -Wall -Wextra -Werror \
  tests/bench/interleave.cpp -o "$client" $(pkg-config --cflags --libs libpq)
tests/support/keys.sh "$TENANCY_KEYS"
trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
tests/support/server.sh start "$server" "shared_buffers = '256MB'" "autovacuum = off" > /dev/null
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh bench
token=$(tests/support/mint.sh victor web-app --expires-in 86400)  # callgrind takes its time
account="'a0000000-0000-4000-8000-000000000001'::uuid"

# One login role for each policy on the same table: a role cannot be changed without planning anew.
sql() { psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname bench "$@"; }
sql <<SQL
create table rows (id bigint primary key, account_id uuid not null, body text not null);
insert into rows
select n, case n % 10 when 0 then $account else md5((n % 10)::text)::uuid end, repeat('x', 60)
  from generate_series(1, $rows) n;
alter table rows enable row level security, force row level security;
vacuum (freeze, analyze) rows;
SQL
policy() {
  sql <<SQL
create role $1 login;
grant select on rows to $1;
insert into tenancy.pool (login_role, application, api_context, issuer, audiences)
select '$1', application, api_context, issuer, audiences from tenancy.pool where login_role = 'saas_app_pool';
create policy $1 on rows to $1 using ($2);
SQL
}
policy by_literal "account_id = $account"
policy by_accessor "account_id = tenancy.account_uuid()"
policy by_text_literal "account_id::text = 'a0000000-0000-4000-8000-000000000001'"
policy by_text_accessor "account_id::text = tenancy.account_key()"
policy by_role "tenancy.has_role('account.owner') or account_id = $account"
policy by_context "not tenancy.context_is('saas', 'app') or account_id = $account"
policy by_can "tenancy.can('documents', 'delete') or account_id = $account"

names=()
pairs_of=()
statements=()
counted_executions=()

# compare NAME EXECUTIONS COUNTED_EXECUTIONS ROLE BASELINE_ROLE STATEMENT
compare() {
  local figures
  names+=("$1")
  counted_executions+=("$3")
  pairs_of+=("$4 $5")
  statements+=("$6")
  read -r -a figures < <("$client" "$pairs" "$2" "$token" bench "$4" "$6" "$5" "$6")
  printf '%-32s clock %s (%s-%s)  processor %s (%s-%s)  %s against %s us\n' "$1" "${figures[@]}"
}

scan="select count(*) from rows"
read="select body from rows where id = \$1"
echo "$rows rows, $reads reads, $pairs pairs, $("$bin/postgres" --version)"
compare "scan, account_uuid()" 1 1 by_accessor by_literal "$scan"
compare "scan, account_key()" 1 1 by_text_accessor by_text_literal "$scan"
compare "scan, has_role() or literal" 1 1 by_role by_literal "$scan"
compare "scan, context_is() or literal" 1 1 by_context by_literal "$scan"
compare "scan, can() or literal" 1 1 by_can by_literal "$scan"
compare "point reads, account_uuid()" "$reads" 2000 by_accessor by_literal "$read"
compare "scan, the literal against itself" 1 1 by_literal by_literal "$scan"

[ "$instructions" = yes ] || exit 0
command -v valgrind > /dev/null || { echo "no valgrind: instructions are not counted"; exit 0; }

# The same server again, under callgrind. Two executions less one are an execution: what connecting, login
# and planning take is not counted.
home=$(cd "$server" && pwd -P)
cat > "$home/counted" <<SCRIPT
#!/bin/sh
exec valgrind --tool=callgrind --callgrind-out-file=$home/count.%p --log-file=/dev/null $bin/postgres "\$@"
SCRIPT
chmod 755 "$home/counted"
PGCTLTIMEOUT=600 SERVER_PROGRAM="$home/counted" tests/support/server.sh restart "$server"

# counted ROLE EXECUTIONS STATEMENT
counted() {
  local pid
  pid=$("$client" 0 "$2" "$token" bench "$1" "$3" "" "")
  until grep -qs '^totals:' "$home/count.$pid"; do sleep 0.2; done
  sed -n 's/^totals: *//p' "$home/count.$pid"
}
# instructions ROLE EXECUTIONS STATEMENT
instructions() {
  local once twice
  counted "$1" 1 "$3" > /dev/null  # what the first backend of a kind leaves to the next ones
  once=$(counted "$1" "$2" "$3")
  twice=$(counted "$1" $((2 * $2)) "$3")
  echo $(((twice - once) / $2))
}

sql --command "select count(*) from rows" > /dev/null  # read into the server's memory, once for all
echo "instructions of one execution"
for i in "${!names[@]}"; do
  read -r role baseline <<< "${pairs_of[i]}"
  [ "$role" != "$baseline" ] || continue
  measured=$(instructions "$role" "${counted_executions[i]}" "${statements[i]}")
  against=$(instructions "$baseline" "${counted_executions[i]}" "${statements[i]}")
  awk -v name="${names[i]}" -v a="$measured" -v b="$against" \
    'BEGIN {printf "%-32s %.3f  %d against %d\n", name, a / b, a, b}'
done
