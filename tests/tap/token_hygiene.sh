#!/usr/bin/env bash
# A token is in no log, no view and no file of the data directory, however it came and whatever came of it, on a
# server that writes down all it can: log_statement = all, every duration, auto_explain with all that nests,
# pg_stat_statements with utility statements; both loaded before pg_tenancy, and after it.
set -uo pipefail
source tests/support/tap.sh
server=build/test/hygiene
marks=build/test/hygiene.marks
bin=$("${PG_CONFIG:-pg_config}" --bindir)
export TENANCY=${TENANCY:-$PWD/build/dev/tenancy} TENANCY_KEYS=${TENANCY_KEYS:-$PWD/build/test/keys}
trap 'tests/support/server.sh stop "$server" > /dev/null; rm -f "$marks"' EXIT

psql=(psql --quiet --no-psqlrc --dbname tenancy_saas)
as_pool() { PGUSER=saas_app_pool "${psql[@]}" "$@" > /dev/null 2>&1; }

# mark TOKEN: its claims and its signature are searched for at the end. The header is every token's, "eyJ" too.
mark() { sed -E 's/^[^.]*\.([^.]{30})[^.]*\.(.{24}).*/\1\n\2/' <<< "$1" >> "$marks"; }
# mint OPTIONS...: prints a token, each another one.
number=0
mint() { tests/support/mint.sh victor web-app --claim "jti=canary-$BASHPID-$RANDOM$RANDOM" "$@"; }
token() { number=$((number + 1)); token=$(mint "$@"); mark "$token"; }

# bind TOKEN: logs in as drivers do, with the token as a parameter, in both forms of the protocol.
bind() {
  local mode
  printf 'begin;\nselect tenancy.login(:token);\nselect count(*) from documents;\nend;\n' > build/test/hygiene.pgbench
  for mode in extended prepared; do
    PGUSER=saas_app_pool "$bin/pgbench" --no-vacuum --protocol "$mode" --transactions 1 --define "token=$1" \
      --file build/test/hygiene.pgbench tenancy_saas > /dev/null 2>&1
  done
}

# Each way in which a statement can carry a token; what comes of it does not matter.
literal() {
  local t=$1
  as_pool <<SQL
begin;
select tenancy.login('$t');
select count(*) from documents;
commit;
select tenancy.login('$t') \; select count(*) from documents;
select tenancy.login('$t', account => 'no such account');
select tenancy.login('$t', workspace => 'no such workspace');
select tenancy.login('$t' oops);
select tenancy.no_such_function('$t');
select no_such_column, tenancy.login('$t');
select '$t'::integer;
select 1 / 0, '$t';
select 1 / (length('$t') - length('$t'));
select tenancy.claim('$t');
select tenancy.has_role('$t');
values ('$t');
explain select tenancy.login('$t');
explain (analyze, verbose) select tenancy.login('$t');
copy (select tenancy.login('$t')) to stdout;
do \$\$ begin perform tenancy.login('$t'); perform count(*) from documents; raise notice 'logged in with %', '$t'; end \$\$;
do \$\$ begin raise exception 'no login with %', '$t' using detail = '$t', hint = '$t'; end \$\$;
do \$\$ begin execute 'select tenancy.login(\$1)' using '$t'; end \$\$;
do \$\$ begin execute format('select tenancy.login(%L)', '$t'); end \$\$;
begin;
declare c cursor for select tenancy.login('$t');
fetch 1 from c;
commit;
prepare p as select tenancy.login('$t');
execute p;
prepare q (text) as select tenancy.login(\$1);
execute q ('$t');
call no_such_procedure('$t');
set tenancy.identity = '$t';
set application_name = '$t';
select set_config('application_name', '$t', false);
notify channel, '$t';
SQL
}

run() {
  local home hits statement seen
  : > "$marks"
  PRELOAD=$1 tests/support/server.sh start "$server" "log_statement = 'all'" "log_min_duration_statement = 0" \
    "log_min_messages = 'debug1'" "log_error_verbosity = 'verbose'" "log_parameter_max_length_on_error = -1" \
    "log_destination = 'stderr,csvlog,jsonlog'" "logging_collector = on" "log_lock_waits = on" "track_activity_query_size = 16384" \
    "auto_explain.log_min_duration = 0" "auto_explain.log_analyze = on" "auto_explain.log_nested_statements = on" \
    "auto_explain.log_verbose = on" "auto_explain.log_level = 'log'" "pg_stat_statements.track = 'all'" \
    "tenancy.log_logins = 'all'" > /dev/null || { ok "" "a server with $1"; return; }
  eval "$(tests/support/server.sh env "$server")"
  home=$(cd "$server" && pwd -P)
  tests/support/application.sh tenancy_saas > /dev/null 2>&1
  "${psql[@]}" --command "create extension pg_stat_statements" --command "grant pg_read_all_stats to saas_stranger"

  token; bind "$token"; literal "$token"
  token --claim-json "exp=$(($(date +%s) - 600))" --claim-json "iat=$(($(date +%s) - 900))"; bind "$token"; literal "$token"
  token --key "$TENANCY_KEYS/unpublished.pem"; bind "$token"; literal "$token"
  token --claim-json "aud=[\"other\"]" --claim client_id=other; bind "$token"
  # One that was cut off on its way is a secret still.
  token; bind "${token%???}"; literal "${token%???}"
  bind "Bearer $token"

  # Sessions that stay: what others see of them while they wait, after success and after errors.
  token
  coproc session { PGUSER=saas_app_pool "${psql[@]}" 2>&1; }
  seen=""
  for statement in "begin;" "select tenancy.login('$token');" "select 'x', '$token' from no_such_table;" "rollback;" \
    "select tenancy.login('$token' oops);" "select '$token', pg_sleep(0);" "do \$\$ begin perform '$token'; end \$\$;"; do
    printf '%s\n\\echo done\n' "$statement" >&"${session[1]}"
    while read -r line <&"${session[0]}" && [ "$line" != done ]; do :; done
    seen+=$(PGUSER=saas_stranger "${psql[@]}" --tuples-only --command "select query from pg_stat_activity where usename = 'saas_app_pool'")$'\n'
  done
  printf 'select * from pg_prepared_statements; select * from pg_cursors; select * from pg_settings;\n\\echo done\n' >&"${session[1]}"
  while read -r line <&"${session[0]}" && [ "$line" != done ]; do seen+=$line$'\n'; done
  printf '\\q\n' >&"${session[1]}"
  wait "$session_PID" 2> /dev/null
  seen+=$("${psql[@]}" --tuples-only --command "select query from pg_stat_statements" --command "table pg_settings" --command "table pg_file_settings" --command "table pg_stat_activity")
  hits=$(grep -cFf "$marks" <<< "$seen")
  is "$hits" 0 "$1: no view shows a token"
  grep -Ff "$marks" <<< "$seen" | cut -c 1-160 | sort | uniq -c | head -n 20 | sed 's/^/# /'
  ok "$(grep -q 'count' <<< "$seen" && echo yes)" "the views were read"

  "${psql[@]}" --command checkpoint
  tests/support/server.sh restart "$server"  # pg_stat_statements writes its file when the server stops
  hits=$(grep -rlaFf "$marks" "$home" | sort)
  is "$hits" "" "$1: no log and no file of the data directory has a token"
  for file in $hits; do grep -aFf "$marks" "$file" | cut -c 1-200 | sed "s|^|# ${file##*/}: |" | head -n 12; done
  ok "$(grep -raqF 'tenancy.login' "$home/data/log" && echo yes)" "control: the logs have the statements"
  ok "$(grep -raqF 'Query Text' "$home/data/log" && echo yes)" "control: and what auto_explain says"
  ok "$([ "$(wc -l < "$marks")" -ge 12 ] && echo yes)" "control: $(wc -l < "$marks") marks were searched for"
  tests/support/server.sh stop "$server" > /dev/null
}

run "pg_stat_statements, auto_explain, pg_tenancy"
run "pg_tenancy, pg_stat_statements, auto_explain"
finish
