#!/usr/bin/env bash
# How long anybody waits while a policy is applied to tables that are in use, and taken off again.
#
# A table of ROWS rows and a child of as many without tenant columns; readers and writers of two tenants, with real
# logins, through one pool, all the time. Apply is killed halfway, twice, and gone on with; then the policy is removed.
# Each transaction's time is logged: what is printed is the longest of each phase, of those that overlapped it. Readers
# count the rows of their tenant in each transaction and fail if one is missing or too many.
#
#   apply_under_load.sh     ROWS (10000000), CLIENTS (2 readers and 2 writers for each tenant)
set -euo pipefail
cd "$(dirname "$0")/../.."

export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=$PWD/build/bench/keys
rows=${ROWS:-10000000}
clients=${CLIENTS:-2}
server=build/bench/apply_server
work=build/bench/apply
database=bench_apply
bin=$("${PG_CONFIG:-pg_config}" --bindir)

mkdir -p build/bench
rm -rf "$work"
mkdir "$work"
tests/support/keys.sh "$TENANCY_KEYS" > /dev/null
loads=()
stop_all() {
  if [ ${#loads[@]} -gt 0 ]; then kill "${loads[@]}" 2> /dev/null || true; wait "${loads[@]}" 2> /dev/null || true; fi
  tests/support/server.sh stop "$server" > /dev/null
}
trap stop_all EXIT
tests/support/server.sh start "$server" "shared_buffers = '512MB'" "max_wal_size = '8GB'" "checkpoint_timeout = '30min'" \
  "maintenance_work_mem = '256MB'" > /dev/null
eval "$(tests/support/server.sh env "$server")"
psql=(psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database")
sql() { "${psql[@]}" --command "$1"; }
psql --quiet --no-psqlrc --dbname postgres --command "create database $database"

account() { printf 'a0000000-0000-4000-8000-00000000000%s' "$1"; }
workspace() { printf 'b0000000-0000-4000-8000-00000000000%s' "$1"; }
issuer=https://bench.example

echo "$rows rows in a table, as many in its child"
sql "create extension pg_tenancy" > /dev/null
"${psql[@]}" <<SQL > /dev/null
insert into tenancy.application (name) values ('bench');
insert into tenancy.account (id, name) select ('a0000000-0000-4000-8000-00000000000' || n)::uuid, n::text from generate_series(1, 9) n;
insert into tenancy.workspace (id, account_id, name)
select ('b0000000-0000-4000-8000-00000000000' || n)::uuid, ('a0000000-0000-4000-8000-00000000000' || n)::uuid, n::text from generate_series(1, 9) n;
insert into tenancy.app_user (issuer, subject) values ('$issuer', 'one'), ('$issuer', 'two');
insert into tenancy.membership (user_id, account_id, workspace_id, role)
select u.id, a.id, w.id, 'workspace.member'
  from tenancy.app_user u
  join tenancy.account a on a.name = case u.subject when 'one' then '1' else '2' end
  join tenancy.workspace w on w.account_id = a.id;

create table items (
    id            bigint generated always as identity primary key,
    account_id    uuid not null,
    workspace_id  uuid not null,
    title         text not null,
    changes       integer not null default 0
);
create table parts (
    id       bigint generated always as identity primary key,
    item_id  bigint not null,
    body     text not null,
    changes  integer not null default 0
);
insert into items (account_id, workspace_id, title)
select ('a0000000-0000-4000-8000-00000000000' || 1 + n % 9)::uuid, ('b0000000-0000-4000-8000-00000000000' || 1 + n % 9)::uuid, 'item ' || n
  from generate_series(0, $rows - 1) n;
insert into parts (item_id, body) select 1 + n % $rows, 'part ' || n from generate_series(0, $rows - 1) n;
alter table parts add foreign key (item_id) references items on delete cascade;
create index on parts (item_id);
create role bench_pool login;
grant select, insert, update, delete on items, parts to bench_pool;
grant select (id) on items to public;
insert into tenancy.issuer (issuer, audiences) values ('$issuer', '{bench}');
insert into tenancy.pool (login_role, api_context, application, issuer) values ('bench_pool', 'app', 'bench', '$issuer');
SQL
"${psql[@]}" --set jwks="$(cat "$TENANCY_KEYS/jwks.json")" <<< "select tenancy.import_jwks('$issuer', :'jwks');" > /dev/null
sql "vacuum analyze"
cat > "$work/tenancy.yaml" <<'YAML'
tenancy: 1
application: bench
directory: extension
hierarchy:
  account:   { column: account_id }
  workspace: { column: workspace_id }
roles:
  account.admin:    { includes: [workspace.member] }
  workspace.member: {}
tables:
  items:
    scope: workspace
    rules:
      - { role: workspace.member, context: [app], read: all, insert: [title], update: [title, changes], delete: rows }
  parts:
    scope: { parent: items, on: item_id }
    rules:
      - { role: workspace.member, context: [app], read: all, insert: [item_id, body], update: [body, changes], delete: rows }
YAML
catalog() { "${psql[@]}" --file tests/tap/apply/catalog.sql | grep -v 'role|bench_pool'; }
catalog > "$work/before"

# Tenant N's rows have ids N, N + 9, ...: known before any tenant column is. A reader counts those of a stretch, in both
# tables, by the keys alone and by the tenant column that the application has always had.
for n in 1 2; do
  cat > "$work/read_$n.sql" <<SQL
\set at 9 * random(0, ($rows / 9) - 100) + $n
begin;
select tenancy.login(:token);
select count(*) as n from items where account_id = '$(account $n)' and id >= :at and id < :at + 900 and id <= $rows \gset
\if :n <> 100
select 'items: not the 100 rows of tenant $n but ' || 1 / (:n - :n);
\endif
select count(*) as n from parts where item_id in (:at, :at + 9, :at + 18) and id <= $rows \gset
\if :n <> 3
select 'parts: not the 3 rows of tenant $n but ' || 1 / (:n - :n);
\endif
commit;
SQL
  cat > "$work/write_$n.sql" <<SQL
\set at 9 * random(0, ($rows / 9) - 1) + $n
begin;
select tenancy.login(:token);
update items set changes = changes + 1 where id = :at;
update parts set changes = changes + 1 where item_id = :at;
insert into parts (item_id, body) values (:at, 'written');
insert into items (account_id, workspace_id, title) values ('$(account $n)', '$(workspace $n)', 'written');
commit;
SQL
  token=$("$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer "$issuer" \
    --subject "$([ $n = 1 ] && echo one || echo two)" --audience bench --expires-in 80000)
  for kind in read write; do
    "$bin/pgbench" --username bench_pool --no-vacuum --protocol extended --client "$clients" --time 80000 --log \
      --log-prefix "$PWD/$work/${kind}_$n" --rate 40 --define "token=$token" --file "$work/${kind}_$n.sql" "$database" \
      > "$work/${kind}_$n.out" 2>&1 &
    loads+=($!)
  done
done

declare -a phases
phase() { phases+=("$1 $(date +%s.%N)"); }
apply() { "$TENANCY" apply "$work/tenancy.yaml" --db "dbname=$database" "$@"; }
# killed_at TITLE: starts apply and kills it one second after it has come to that statement.
killed_at() {
  "$TENANCY" apply "$work/tenancy.yaml" --db "dbname=$database" > "$work/killed.out" 2> "$work/killed.err" &
  local run=$!
  while kill -0 "$run" 2> /dev/null && ! grep -q "$1" "$work/killed.err"; do sleep 0.05; done
  sleep 1
  if kill -9 "$run" 2> /dev/null; then echo "  killed at: $(tail -n 1 "$work/killed.err" | sed 's/^ *//')"; else echo "  it was faster than the kill"; fi
  wait "$run" 2> /dev/null || true
}

phase "nothing but the load"
sleep 10
phase "prepare, killed"
killed_at 'Fill parts'
phase "prepare, killed again"
killed_at 'ndex on account_id'
phase "prepare"
apply --phase prepare > "$work/prepare.out" 2> "$work/prepare.err"
{ grep -E '^\[' "$work/prepare.err" || echo 'nothing was left to do'; } | sed 's/^/  /'
# Who is in use by the application has its context role before the policies are there, and loses it after them.
sql "create role bench_app nologin; grant bench_app to bench_pool"
phase "enforce"
apply > "$work/enforce.out" 2> "$work/enforce.err"
sed 's/^/  /' "$work/enforce.out"
phase "enforced"
sleep 10
"$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer "$issuer" --subject one --audience bench > "$work/token"
seen=$("${psql[@]}" --username bench_pool --set "token=$(cat "$work/token")" <<'SQL'
begin;
select tenancy.login(:'token') \g /dev/null
select count(distinct account_id) || ' tenant in items, ' || (select count(distinct account_id) from parts) || ' in parts' from items where id < 100000;
SQL
)
echo "  without a word about tenants, the pool sees $seen"
phase "second run"
apply > "$work/second.out" 2> "$work/second.err"
sed 's/^/  /' "$work/second.out"
phase "remove"
apply --remove > "$work/remove.out" 2> "$work/remove.err"
sed 's/^/  /' "$work/remove.out"
phase "removed"
sleep 5
sql "revoke bench_app from bench_pool"
apply --remove > /dev/null 2>> "$work/remove.err"
phase end

alive=0
for load in "${loads[@]}"; do if kill -0 "$load" 2> /dev/null; then alive=$((alive + 1)); fi; done
kill "${loads[@]}" 2> /dev/null || true
wait "${loads[@]}" 2> /dev/null || true
loads=()

echo
printf '%-24s %9s %8s %16s %16s\n' phase seconds transactions 'longest read' 'longest write'
for ((i = 0; i + 1 < ${#phases[@]}; i++)); do
  from=${phases[i]##* } to=${phases[i + 1]##* }
  name=${phases[i]% *}
  # A line of the log: client, number, microseconds, script, second, microsecond of its end, lag behind the schedule.
  for kind in read write; do
    cat "$work/${kind}"_?.[0-9]* | awk -v from="$from" -v to="$to" '
      { took = ($3 - $7) / 1e6; ended = $5 + $6 / 1e6
        if (ended >= from && ended - took <= to) { n++; if (took > longest) longest = took } }
      END { printf "%d %.3f\n", n, longest }'
  done | paste --serial --delimiters ' ' | awk -v name="$name" -v took="$(awk -v a="$from" -v b="$to" 'BEGIN { print b - a }')" \
    '{ printf "%-24s %9.1f %8d %14.3f s %14.3f s\n", name, took, $1 + $3, $2, $4 }'
done
echo
echo "clients that met no error and no wrong count: $alive of 4"
cat "$work"/{read,write}_?.out | grep -E 'error|ERROR|aborted' | sort | uniq -c | head || true
catalog > "$work/after"
if diff "$work/before" "$work/after" > "$work/diff"; then echo "privileges, policies, defaults and triggers: as before"; else
  echo "privileges, policies, defaults and triggers differ:"
  head -n 20 "$work/diff"
fi
wrong=$(sql "select count(*) from parts p join items i on i.id = p.item_id where (p.account_id, p.workspace_id) is distinct from (i.account_id, i.workspace_id)")
echo "parts with another tenant than their item: $wrong"
[ "$alive" -eq 4 ] && [ "$wrong" -eq 0 ] && [ ! -s "$work/diff" ]
