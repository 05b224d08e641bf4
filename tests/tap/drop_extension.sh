#!/usr/bin/env bash
# DROP EXTENSION in a protected database is refused, and says what stands on it; with CASCADE every table is closed,
# not open, until the policy is applied again.
set -uo pipefail
source tests/support/tap.sh
database=tenancy_dropped
psql --quiet --dbname postgres --command "set client_min_messages = error" --command "drop database if exists $database"
trap 'psql --quiet --dbname postgres --command "drop database if exists $database"' EXIT
psql --quiet --dbname postgres --command "create database $database template tenancy_saas"
sql() { psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$database" --command "$1" 2>&1; }
# rows POOL TOKEN: what the pool reads of each protected table, with a login where that is possible.
rows() {
  local table
  for table in $tables; do
    PGUSER=$1 psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$database" --set "token=${2:-}" --set VERBOSITY=sqlstate 2>&1 <<SQL | tail -n 1 | sed "s/^/$table /"
begin;
${2:+select tenancy.login(:'token') \\g /dev/null}
select count(*) from $table;
SQL
  done
}
tables=$(sql "select relname from pg_class where relrowsecurity order by 1" | xargs)
ok "$([ "$(wc -w <<< "$tables")" -ge 6 ] && echo yes)" "protected: $tables"
eve=$(tests/support/mint.sh eve web-app)
like "$(rows saas_pool "$eve")" "documents 4" "control: eve reads before"
policies=$(sql "select count(*) from pg_policy")

said=$(sql "drop extension pg_tenancy")
like "$said" "ERROR:  cannot drop extension pg_tenancy because other objects depend on it" "without CASCADE it is refused"
for policy in $(sql "select polname from pg_policy where polrelid = 'documents'::regclass"); do
  like "$said" "policy $policy on table documents depends on function tenancy." "it names $policy"
done
is "$(sql "select count(*) from pg_policy")" "$policies" "nothing is gone"
like "$(rows saas_pool "$eve")" "documents 4" "eve reads on"

# A session that was there before, with plans that it has cached.
mkfifo build/test/dropped.fifo 2> /dev/null
PGUSER=saas_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$database" --set "token=$eve" \
  --set VERBOSITY=sqlstate < build/test/dropped.fifo > build/test/dropped.session 2>&1 &
session=$!
exec 9> build/test/dropped.fifo
echo "begin; select tenancy.login(:'token') \\g /dev/null
select count(*) from documents; commit;
\\echo ready" >&9
until grep -q ready build/test/dropped.session; do sleep 0.05; done

said=$(sql "drop extension pg_tenancy cascade")
unlike "$said" ERROR "with CASCADE it goes"
is "$(sql "select count(*) from pg_policy")" 0 "with every policy"
is "$(sql "select count(*) from pg_class where relname = any ('{${tables// /,}}') and not (relrowsecurity and relforcerowsecurity)")" 0 \
  "row level security stays forced on every table"
for pool in saas_pool saas_app_pool saas_dashboard_pool saas_other_pool saas_stranger; do
  is "$(rows "$pool" | grep -vE ' 0$|ERROR:  42501$')" "" "$pool reads no row of any table"
done
like "$(rows saas_pool)" "documents 0" "control: where it had been granted SELECT"
echo "select count(*) from documents;
insert into documents (account_id, workspace_id, owner_id, title) select id, id, id, 'x' from accounts;
insert into documents (account_id, workspace_id, owner_id, title) values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x');
select tenancy.login(:'token');" >&9
exec 9>&-
wait "$session"
rm -f build/test/dropped.fifo
is "$(paste --serial --delimiters , < build/test/dropped.session)" "4,ready,0,ERROR:  42501,ERROR:  3F000" \
  "nor does a session that was there before, which writes none either"
is "$(sql "select count(*) > 4 from documents")" t "control: the rows are there"

sql "create extension pg_tenancy" > /dev/null
is "$(rows saas_pool | grep -vE ' 0$|ERROR:  42501$')" "" "created again, it opens nothing"
sql "insert into tenancy.application values ('saas')" > /dev/null
"$TENANCY" build policy/examples/saas/tenancy.yaml | psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname "$database" > /dev/null
is "$(sql "select count(*) from pg_policy")" "$policies" "the policy applied again, all of it is back"
like "$(rows saas_pool)" "documents ERROR:  28000" "and asks for an identity"
finish
