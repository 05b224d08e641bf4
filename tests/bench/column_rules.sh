#!/usr/bin/env bash
# What the column rules cost: statements on a managed table against the same on its twin, which has the same
# grants, policies and rows and is not managed; both as the same login role with the same identity.
#
# Each line: the ratio by the clock and by the backend's own processor time, each as median with its
# quartiles, and the processor time of both sides for one execution. Then instructions, which valgrind counts
# and other load of the machine does not disturb: of the execution, and of the hook in it, so that the ratio
# is against a server that has no hook at all.
#
#   column_rules.sh      PAIRS, READS, INSERTS and INSTRUCTIONS=no change what is run
set -euo pipefail
cd "$(dirname "$0")/../.."

export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=$PWD/build/bench/keys
pairs=${PAIRS:-21}
reads=${READS:-20000}
inserts=${INSERTS:-5000}
instructions=${INSTRUCTIONS:-yes}
server=build/bench/server
client=build/bench/interleave
bin=$("${PG_CONFIG:-pg_config}" --bindir)
role=saas_app_pool

mkdir -p build/bench
g++ -std=c++20 -O2 -Wall -Wextra -Werror \
  tests/bench/interleave.cpp -o "$client" $(pkg-config --cflags --libs libpq)
tests/support/keys.sh "$TENANCY_KEYS"
trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
tests/support/server.sh start "$server" "shared_buffers = '512MB'" "autovacuum = off" "max_wal_size = '8GB'" > /dev/null
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh bench
token=$(tests/support/mint.sh eve web-app --expires-in 86400)  # callgrind takes its time
sql() { psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname bench "$@"; }

# Fifty columns that a client names, and the tenant's.
mapfile -t names < <(printf 'c%02d\n' {1..50})
columns=$(IFS=,; echo "${names[*]}")
values="\$1::int$(for i in {2..50}; do [ $((i % 2)) -eq 0 ] && printf ", 'text of %s'" "$i" || printf ', %s' "$i"; done)"
definitions=$(for i in {2..50}; do [ $((i % 2)) -eq 0 ] && printf ', c%02d text' "$i" || printf ', c%02d integer' "$i"; done)

# twin TABLE PREFIX_OF_POLICIES
twin() {
  sql <<SQL
create table $1 (account_id uuid not null default tenancy.account_uuid(), c01 integer$definitions);
insert into $1 (account_id, $columns) select 'a0000000-0000-4000-8000-000000000001', ${values//\$1::int/n} from generate_series(1, 20000) n;
create index on $1 (c01);
alter table $1 enable row level security, force row level security;
grant select, insert on $1 to saas_app;
create policy $2_floor on $1 as restrictive to saas_app
  using (account_id = tenancy.account_uuid()) with check (account_id = tenancy.account_uuid());
create policy $2_select on $1 for select to saas_app
  using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
create policy $2_insert on $1 for insert to saas_app
  with check (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.editor'));
vacuum (freeze, analyze) $1;
SQL
}
twin managed saas_app
twin plain twin
# Rules as an application has them: for several roles, of which eve holds two, and both API contexts.
sql <<SQL
insert into tenancy.managed_table (application, schema_name, table_name, hash) values ('saas', 'public', 'managed', 'bench');
insert into tenancy.rule
select 'saas', 'public', 'managed', context, role, verb, columns::text[], 'bench'
  from (values ('workspace.viewer', 'read', '{c01,c02,c03,c04,c05,c06,c07,c08,c09,c10}'), ('workspace.editor', 'read', '{$columns}'),
               ('workspace.editor', 'insert', '{$columns}'), ('workspace.editor', 'update', '{$columns}'),
               ('account.admin', 'read', null), ('account.admin', 'delete', null)) r (role, verb, columns),
       unnest(array['app', 'dashboard']) context;
SQL

labels=()
statements=()
# compare NAME EXECUTIONS STATEMENT: TABLE stands for the table.
compare() {
  local figures
  labels+=("$1")
  statements+=("$3")
  read -r -a figures < <("$client" "$pairs" "$2" "$token" bench "$role" "${3//TABLE/managed}" "$role" "${3//TABLE/plain}")
  printf '%-32s clock %s (%s-%s)  processor %s (%s-%s)  %s against %s us\n' "$1" "${figures[@]}"
}
echo "$reads reads, $inserts inserts, $pairs pairs, $("$bin/postgres" --version)"
compare "point read of a column" "$reads" "select c02 from TABLE where c01 = \$1"
compare "point read of 50 columns" "$reads" "select $columns from TABLE where c01 = \$1"
compare "insert of 50 columns" "$inserts" "insert into TABLE ($columns) values ($values)"
figures=$("$client" "$pairs" "$reads" "$token" bench "$role" "${statements[0]//TABLE/plain}" "$role" "${statements[0]//TABLE/plain}")
read -r -a figures <<< "$figures"
printf '%-32s clock %s (%s-%s)  processor %s (%s-%s)  %s against %s us\n' "the twin against itself" "${figures[@]}"

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

# counted EXECUTIONS STATEMENT: instructions of the backend, and of the hook with all that it calls.
counted() {
  local pid
  pid=$("$client" 0 "$1" "$token" bench "$role" "$2" "" "")
  until grep -qs '^totals:' "$home/count.$pid"; do sleep 0.2; done
  callgrind_annotate --inclusive=yes --threshold=100 --show-percs=no "$home/count.$pid" |
    awk '/PROGRAM TOTALS/ {gsub(",", ""); total = $1} /on_check\(/ {gsub(",", ""); hook = $1} END {print total + 0, hook + 0}'
}
echo "instructions of one execution"
for i in "${!labels[@]}"; do
  statement=${statements[i]//TABLE/managed}
  counted 1 "$statement" > /dev/null  # what the first backend of a kind leaves to the next ones
  read -r total hook < <(counted 1000 "$statement")
  read -r total_twice hook_twice < <(counted 2000 "$statement")
  awk -v name="${labels[i]}" -v all=$((total_twice - total)) -v hook=$((hook_twice - hook)) \
    'BEGIN {if (!hook) {print name ": the hook was not seen"; exit 1}
            printf "%-32s %.3f  %d, of which the hook %d\n", name, all / (all - hook), all / 1000, hook / 1000}'
done
