#!/usr/bin/env bash
# pg_tenancy_test opens nothing: on a server without tenancy.test_mode, in a database without the
# extension, to a role that is no tester.
set -uo pipefail
source tests/support/tap.sh
work=build/test/test_mode_tap
server=$work/server
mkdir -p "$work"
export PGOPTIONS=--client-min-messages=warning
issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo
trap 'tests/support/server.sh stop "$server" > /dev/null; psql --quiet --dbname postgres --command "drop database if exists tenancy_test_mode" --command "drop role if exists tenancy_tester" > /dev/null' EXIT

tests/support/server.sh start "$server" tenancy.test_mode=on > /dev/null

# off COMMAND..., on COMMAND...: on the server of all tests, or on that with the mode on. Arguments
# of psql that stand last win.
off() { "$@"; }
on() { (eval "$(tests/support/server.sh env "$server")"; "$@"); }
sql() { psql --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_saas "$@" 2>&1; }
first_error() { grep -m 1 -oE 'ERROR:.*|FATAL:.*' <<< "$1" || echo "none: $1"; }
one_line() { grep -v '^$' <<< "$1" | paste -sd ' '; }

# --- how it is created ---

said=$(off sql --command "create extension pg_tenancy_test" 2>&1)
is "$(first_error "$said")" "ERROR:  pg_tenancy_test works on test servers only" "off: CREATE EXTENSION is refused"
like "$said" "Set tenancy.test_mode = on in postgresql.conf and restart the server" "with what to do"
is "$(off sql --command "select count(*) from pg_namespace where nspname = 'tenancy_test'" --command "select count(*) from pg_roles where rolname = 'tenancy_tester'" | paste -sd ' ')" "0 0" "and leaves nothing"
unlike "$(cat build/test/server/server.log)" "test_mode is on" "off: no warning"
like "$(cat "$server/server.log")" "WARNING:  tenancy.test_mode is on" "on: a warning at start"
is "$(on tests/support/application.sh tenancy_saas 2>&1)" "" "on: the application is there"
said=$(on sql --username saas_stranger --command "create extension pg_tenancy_test")
is "$(first_error "$said")" 'ERROR:  permission denied to create extension "pg_tenancy_test"' "on: not by the rights of a pool"
is "$(on sql --command "create extension pg_tenancy_test")" "" "on: by a superuser"
is "$(on sql --command "
  select string_agg(pg_describe_object(d.classid, d.objid, 0), ', ') from pg_depend d join pg_extension e on e.oid = d.refobjid
   where e.extname = 'pg_tenancy_test' and d.deptype = 'e' and obj_description(d.objid, d.classid::regclass::name) is null")" "" "everything in it has a comment"
is "$(on sql --command "
  select count(*) from pg_class where relnamespace = 'tenancy_test'::regnamespace")" 0 "it has no table that a dump could carry"

# --- the setting ---

# As a role with a pool's rights: a pool is kept from most of this by the guard.
attempt_setting() { first_error "$(off sql --username saas_stranger --command "$1")"; }
fixed='ERROR:  parameter "tenancy.test_mode" cannot be changed without restarting the server'
is "$(attempt_setting "set tenancy.test_mode = on")" "$fixed" "SET"
is "$(attempt_setting "select set_config('tenancy.test_mode', 'on', true)")" "$fixed" "set_config"
is "$(attempt_setting "alter role saas_stranger set tenancy.test_mode = on")" "$fixed" "ALTER ROLE"
is "$(attempt_setting "alter system set tenancy.test_mode = on")" 'ERROR:  permission denied to set parameter "tenancy.test_mode"' "ALTER SYSTEM"
is "$(first_error "$(off sql --username saas_app_pool --command "begin; set local tenancy.test_mode = on")")" "$fixed" "SET LOCAL by a pool"
like "$(PGOPTIONS='-c tenancy.test_mode=on' off sql --username saas_app_pool --command "select 1")" 'FATAL:  parameter "tenancy.test_mode" cannot be changed without restarting the server' "at connection"
is "$(first_error "$(off sql --command "set tenancy.test_mode = on")")" "$fixed" "nor by a superuser, without a start"
is "$(first_error "$(off sql --command "create function pg_temp.f() returns int language sql set tenancy.test_mode = on as 'select 1'")")" "$fixed" "nor in a function of his"

# --- off, with the functions copied: each refuses when it is called ---

psql --quiet --dbname postgres --command "drop database if exists tenancy_test_mode" --command "create database tenancy_test_mode template tenancy_saas"
sed -e '/^\\echo/d; /^select tenancy_test.require_test_mode();$/d; s/MODULE_PATHNAME/$libdir\/pg_tenancy/' sql/pg_tenancy_test--*.sql > "$work/copied.sql"
is "$(off sql --dbname tenancy_test_mode --file "$work/copied.sql")" "" "off: a superuser copies the functions by hand"
cat > "$work/call.sql" <<'SQL'
do $$
declare
  called record;
  said text;
begin
  for called in
    select p.oid::regprocedure as name,
           format('select tenancy_test.%I(%s)', p.proname,
                  (select string_agg(case when t = 'regclass'::regtype then '''pg_class''::regclass'
                                          when t = 'jsonb'::regtype then '''{}''::jsonb'
                                          when t = 'interval'::regtype then '''1 hour''::interval'
                                          when t = 'boolean'::regtype then 'true'
                                          when t = 'text[]'::regtype then 'variadic ''{true}''::text[]'
                                          else format('''pg_class''::%s', t::regtype) end, ', ' order by n)
                     from unnest(p.proargtypes) with ordinality a (t, n))) as statement
      from pg_proc p where p.pronamespace = 'tenancy_test'::regnamespace
  loop
    begin
      execute called.statement;
      said := 'nothing raised';
    exception when others then
      said := sqlstate;
    end;
    raise warning 'called: % %', said, case when said <> current_setting('call.expected') then called.name::text else '' end;
  end loop;
end
$$;
SQL
calls() { grep -o 'called: .*' <<< "$1" | sort | uniq -c | sed 's/^ *//; s/ *$//'; }
functions=$(grep -c '^create function' "$work/copied.sql")
said=$(off sql --dbname tenancy_test_mode --command "set call.expected = '55000'" --file "$work/call.sql")
is "$(calls "$said")" "$functions called: 55000" "each of the $functions refuses to a superuser"
off sql --dbname tenancy_test_mode --command "grant execute on all functions in schema tenancy_test to public; grant tenancy_tester to saas_app_pool" > /dev/null
said=$(off sql --dbname tenancy_test_mode --username saas_app_pool --command "begin" --command "set local call.expected = '55000'" --file "$work/call.sql")
is "$(calls "$said")" "$functions called: 55000" "and to a pool that was granted all of it"
off sql --dbname postgres --command "drop owned by tenancy_tester" > /dev/null

# --- tokens ---

token=$(on sql --command "select tenancy_test.token_for('eve', 'saas_app_pool')")
like "$token" "eyJ" "on: a token for eve"
login() { printf "begin;\nselect tenancy.login('%s') \\\\g /dev/null\nselect tenancy.subject();\n" "$1"; }
logs_in() { one_line "$("$1" sql --username saas_app_pool --dbname "$2" --file <(login "$3") | grep -vE 'HINT|current transaction')"; }
is "$(logs_in on tenancy_saas "$token")" "eve" "control: it works where it was made"
refused='ERROR: token refused'
says_refused() { is "$(logs_in "$1" "$2" "$3" | sed 's/^psql:[^ ]* //; s/  */ /g' | grep -o 'ERROR: token refused')" "$refused" "$4"; }
says_refused off tenancy_saas "$token" "off: it is refused"
like "$(tail -n 20 build/test/server/server.log)" "reason=unknown_issuer" "as of an issuer that nobody knows"
says_refused off tenancy_test_mode "$token" "off: also where the functions were copied"
on sql --dbname postgres --command "create database bare template tenancy_saas" > /dev/null
on sql --dbname bare --command "drop extension pg_tenancy_test" > /dev/null
says_refused on bare "$token" "on: where the extension is not, it is refused"
like "$(tail -n 20 "$server/server.log")" "reason=unknown_issuer" "the same way"
on sql --dbname bare --command "create extension pg_tenancy_test" > /dev/null
says_refused on bare "$token" "on: each database has a key of its own"
like "$(tail -n 20 "$server/server.log")" "reason=bad_signature" "so that the signature is wrong"
is "$(logs_in on bare "$(on sql --dbname bare --command "select tenancy_test.token_for('eve', 'saas_app_pool')")")" "eve" "control: its own works"

# By hand: the issuer's name without its key, the key for another name.
hand() { "$TENANCY" token mint --key "$work/oct.jwk" --alg HS256 --kid pg_tenancy_test --subject eve --claim token_use=access --claim client_id=web-app "$@"; }
printf '{"kty":"oct","alg":"HS256","kid":"pg_tenancy_test","k":"%s"}' "$(head -c 32 /dev/zero | basenc --base64url | tr -d '=')" > "$work/oct.jwk"
says_refused on tenancy_saas "$(hand --issuer "pg_tenancy_test:$issuer")" "a token signed with a key of zeros"
says_refused on tenancy_saas "$(hand --issuer "pg_tenancy_test:")" "of no issuer"
says_refused on tenancy_saas "$(tests/support/mint.sh eve web-app --issuer "pg_tenancy_test:$issuer")" "signed by the issuer's own key"
claims() { printf '{"iss":"%s","sub":"eve","client_id":"web-app","token_use":"access","iat":%s,"exp":%s}' "$1" "$(date +%s)" "$(($(date +%s) + 600))"; }
sign() { on sql --set "header=$1" --set "claims=$2" --file <(echo "select tenancy_test.sign(:'header', :'claims');"); }
header='{"alg":"HS256","kid":"pg_tenancy_test"}'
is "$(logs_in on tenancy_saas "$(sign "$header" "$(claims "pg_tenancy_test:$issuer")")")" "eve" "control: signed by the test key"
says_refused on tenancy_saas "$(sign "$header" "$(claims "$issuer")")" "the test key does not sign for the issuer itself"
says_refused on tenancy_saas "$(sign "$header" "$(claims "pg_tenancy_test:pg_tenancy_test:$issuer")")" "nor for a test issuer of a test issuer"
says_refused on tenancy_saas "$(sign "$header" "$(claims "pg_tenancy_test:https://other.example")")" "nor for one that is not configured"
is "$(logs_in on tenancy_saas "$(tests/support/mint.sh eve web-app)")" "eve" "control: the issuer's real tokens are good as before"

# --- on, by a pool that is no tester ---

try() { first_error "$(on sql --username saas_app_pool --command "begin; $1")"; }
no_tester='ERROR:  the role that connected, "saas_app_pool", is no tester'
for call in "login_as('ann')" "token_for('ann')" "logged_out()" "back_to_tester()" "act_as('saas_app_pool')" "act_as('postgres')" \
  "allow_several_identities()" "pool_entry()" "pools_meant()" "require_tester()"; do
  is "$(try "select tenancy_test.$call")" "$no_tester" "a pool calls $call"
done
is "$(try "select tenancy_test.sign('$header', '$(claims "pg_tenancy_test:$issuer")')")" "ERROR:  permission denied for function sign" "a pool calls sign"
is "$(try "set local role tenancy_tester")" 'ERROR:  permission denied to set role "tenancy_tester"' "a pool takes the testers' role"
on sql --command "create function helper() returns text language sql security definer as \$\$ select tenancy_test.token_for('ann', 'saas_app_pool') \$\$" > /dev/null
is "$(try "select helper()")" "$no_tester" "through a superuser's SECURITY DEFINER function"
eve=$(tests/support/mint.sh eve web-app)
gwen=$(tests/support/mint.sh gwen web-app)
is "$(try "select tenancy.login('$eve'); select tenancy.login('$gwen')")" "ERROR:  this session cannot take the identity" "one identity per transaction holds in test mode too"
is "$(try "select tenancy.login('$eve'); select tenancy.logout(); select tenancy.login('$gwen')")" "ERROR:  this session cannot take the identity" "also after a logout"

# --- a pool that is made a tester: the application's own test suite ---

on sql --command "grant tenancy_tester to saas_app_pool" > /dev/null
said=$(on sql --username saas_app_pool --file - <<SQL
begin;
select tenancy_test.allow_several_identities();
select tenancy.login(tenancy_test.token_for('eve'));
select tenancy.subject(), count(*), count(distinct account_id) from documents;
savepoint test;
select tenancy.logout();
select tenancy.login('$gwen');
select tenancy.subject(), left(min(account_id::text), 1) from documents;
rollback to test;
select tenancy_test.login_as('eve');
select tenancy.subject(), session_user;
commit;
begin;
select tenancy.login('$eve');
select tenancy.login('$gwen');
rollback;
select tenancy_test.login_as('eve', 'saas_dashboard_pool');
SQL
)
like "$(one_line "$said")" "eve|4|1 t gwen|b eve|saas_app_pool" "several identities by the application's own login, in one transaction"
is "$(grep -c 'this session cannot take the identity' <<< "$said")" 1 "the next transaction has one again"
like "$said" "only a superuser can act as another pool than his own" "and no other pool's session"
on sql --command "revoke tenancy_tester from saas_app_pool" > /dev/null

# --- it ends ---

said=$(on sql --username saas_app_pool --file <(
  login "$token"
  printf "rollback;\n\\\\! PGUSER=postgres psql --quiet --dbname tenancy_saas --command 'drop extension pg_tenancy_test'\n"
  login "$token"
))
is "$(one_line "$(grep -oE '^eve|token refused' <<< "$said")")" "eve token refused" "DROP EXTENSION ends the tokens of sessions that have used one"
on sql --command "create extension pg_tenancy_test" > /dev/null
token=$(on sql --command "select tenancy_test.token_for('eve', 'saas_app_pool')")
is "$(logs_in on tenancy_saas "$token")" "eve" "control: created again"
on pg_dump --file "$work/dump.sql" tenancy_saas
unlike "$(cat "$work/dump.sql")" "create function tenancy_test" "a dump has none of the functions"
is "$(grep -c 'CREATE EXTENSION IF NOT EXISTS pg_tenancy_test' "$work/dump.sql")" 1 "it names the extension"
psql --quiet --dbname postgres --command "drop database tenancy_test_mode" --command "create database tenancy_test_mode"
said=$(off sql --dbname tenancy_test_mode --file "$work/dump.sql")
like "$said" "ERROR:  pg_tenancy_test works on test servers only" "restored where the mode is off, that is refused"
is "$(off sql --dbname tenancy_test_mode --command "select count(*) from documents" --command "select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'tenancy_test'" | paste -sd ' ')" \
  "$(on sql --command "select count(*) from documents") 0" "the rest is restored"
says_refused off tenancy_test_mode "$token" "and the token is refused there"
tests/support/server.sh restart "$server"
says_refused on tenancy_saas "$token" "a restart ends all test tokens"

# With the key kept over restarts, it is the mode alone that counts.
on sql --command "copy (select repeat(md5(random()::text), 2)) to program 'umask 077; cat > seal.key'" \
  --command "alter system set tenancy.seal_key_file = 'seal.key'" > /dev/null
tests/support/server.sh restart "$server"
token=$(on sql --command "select tenancy_test.token_for('eve', 'saas_app_pool')")
tests/support/server.sh restart "$server"
is "$(logs_in on tenancy_saas "$token")" "eve" "control: with tenancy.seal_key_file a token outlives a restart"
on sql --command "alter system set tenancy.test_mode = off" > /dev/null
tests/support/server.sh restart "$server"
says_refused on tenancy_saas "$token" "but not one that turns the mode off, although the extension is there"
is "$(first_error "$(on sql --command "select tenancy_test.token_for('eve', 'saas_app_pool')")")" "ERROR:  pg_tenancy_test works on test servers only" "and its functions refuse"
is "$(cat "$server/server.log" build/test/server/server.log | grep -c "${token:0:60}")" 0 "and no log has seen the token"
finish
