#!/usr/bin/env bash
# A hot standby judges tokens and shows each tenant his rows without a write, hears of revocations, and
# keeps every row in its tenant while it is promoted under load.
set -uo pipefail
source tests/support/tap.sh
primary=build/test/primary
standby=build/test/standby
script=$(mktemp)
cleanup() {
  for job in $(jobs -p); do kill "$job" 2> /dev/null; done
  tests/support/server.sh stop "$standby" > /dev/null
  tests/support/server.sh stop "$primary" > /dev/null
  rm -f "$script" "$script".*
}
trap cleanup EXIT
acme=a0000000-0000-4000-8000-000000000001
globex=b0000000-0000-4000-8000-000000000001
eve=$(tests/support/mint.sh eve web-app --claim-json "iat=$(($(date +%s) - 100))")
gwen=$(tests/support/mint.sh gwen web-app)

tests/support/server.sh start "$primary" > /dev/null
eval "$(tests/support/server.sh env "$primary")"
tests/support/application.sh tenancy_saas > /dev/null 2>&1
tests/support/server.sh standby "$standby" "$primary" > /dev/null
socket=$(cd "$standby" && pwd -P)
on() { psql --host "$1" --no-psqlrc --quiet --tuples-only --no-align --dbname tenancy_saas "${@:2}"; }
# Until the standby has replayed what the primary has written.
catch_up() {
  local lsn
  lsn=$(on "$PGHOST" --command "select pg_current_wal_lsn()")
  for _ in {1..200}; do
    [ "$(on "$socket" --command "select pg_last_wal_replay_lsn() >= '$lsn'")" = t ] && return
    sleep 0.05
  done
}
rows_of() {
  on "$socket" --username saas_pool --set "token=$1" << 'SQL' 2>&1
begin;
select tenancy.login(:'token') \g /dev/null
select account_id, count(*) > 0 from documents group by 1;
SQL
}
catch_up
is "$(on "$socket" --command "select pg_is_in_recovery()")" t "the standby is one"
is "$(rows_of "$eve")" "$acme|t" "eve sees Acme's rows on it"
is "$(rows_of "$gwen")" "$globex|t" "gwen sees Globex's"
like "$(rows_of "${eve%?????}AAAAA")" "token refused" "a forged token is refused"

# A session of the standby that has an identity, while the primary revokes it.
revoke="select tenancy.revoke_subject('https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', 'eve')"
cat > "$script.revoke" << SH
psql --no-psqlrc --quiet --host $PGHOST --dbname tenancy_saas --username postgres --command "$revoke" > /dev/null
for _ in {1..200}; do
  [ "\$(psql --no-psqlrc --tuples-only --no-align --host $socket --dbname tenancy_saas --username postgres \
    --command 'select count(*) from tenancy.revocation')" = 1 ] && exit
  sleep 0.05
done
SH
answer=$(
  on "$socket" --username saas_pool --set "token=$eve" << SQL 2>&1
begin isolation level repeatable read;
select tenancy.login(:'token') \\g /dev/null
select count(*) > 0 from documents;
\\! bash $script.revoke
select count(*) > 0 from documents;
SQL
)
like "$answer" "token expired or revoked" "a session of the standby ends at its next statement after a revocation"
is "$(head -n 1 <<< "$answer")" t "before that, it had its rows"
on "$PGHOST" --command "delete from tenancy.revocation"
catch_up
is "$(rows_of "$eve")" "$acme|t" "taken back, the revocation is gone there too"

# Promotion under load: division by zero is how a script of pgbench fails.
turn() {
  cat << SQL
select pg_is_in_recovery()::int as in_recovery \\gset
begin;
select tenancy.login(:$1);
select count(*) as rows, count(*) filter (where account_id <> '$2') as foreign_rows from documents \\gset
\\if :in_recovery
\\else
insert into documents (owner_id, title) values (tenancy.user_uuid(), 'promoted');
\\endif
commit;
select 1 / (:rows > 0 and :foreign_rows = 0)::int;
SQL
}
turn eve "$acme" > "$script.eve"
turn gwen "$globex" > "$script.gwen"
bench=$("${PG_CONFIG:-pg_config}" --bindir)/pgbench
"$bench" --host "$socket" --username saas_pool --no-vacuum --protocol prepared --client 6 --time 8 \
  --define "eve=$eve" --define "gwen=$gwen" --file "$script.eve" --file "$script.gwen" tenancy_saas > "$script.log" 2>&1 &
load=$!
sleep 3
tests/support/server.sh promote "$standby"
is "$(on "$socket" --command "select pg_is_in_recovery()")" f "the standby is promoted under load"
ok "$(kill -0 "$load" 2> /dev/null && echo yes)" "while the load goes on"
wait "$load"
is "$?" 0 "no client of the load saw an error, a foreign row or none" "$script.log"
sed -n 's/^number of transactions actually processed: /# transactions: /p' "$script.log"
is "$(on "$socket" --command "select count(*) from documents d join users u on u.id = d.owner_id
                              where d.title = 'promoted' and u.account_id <> d.account_id")" 0 \
  "what was written is in its writer's tenant"
is "$(on "$socket" --command "select count(distinct account_id) from documents where title = 'promoted'")" 2 \
  "both tenants wrote"
finish
