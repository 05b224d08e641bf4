#!/usr/bin/env bash
# The worker against a key server that fails in every way: keys stay, logins go on, waits are bounded.
set -euo pipefail
source tests/support/tap.sh

server=build/test/https
dir=build/test/key_server
tenancy=${TENANCY:-build/dev/tenancy}
started=$SECONDS

stop_all() {
  local job
  for job in $(jobs -p); do kill "$job" 2> /dev/null || true; done
  tests/support/key_server.sh stop "$dir"
  if [ -e "${standby:-}/postmaster.pid" ]; then (cd / && as_server_user "$bin/pg_ctl" stop --pgdata "$standby" --mode immediate --silent > /dev/null) || true; fi
  tests/support/server.sh stop "$server"
}
trap stop_all EXIT

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --dbname keys --set ON_ERROR_STOP=1 "$@"; }

# wait_for SECONDS QUERY: until the query gives t; prints t, or nothing when the time is up.
wait_for() {
  local until=$(($(date +%s%N) + $1 * 1000000000))
  while [ "$(date +%s%N)" -lt "$until" ]; do
    [ "$(sql --command "$2")" = t ] && { echo t; return; }
    sleep 0.1
  done
}

publish() { # publish SET KEY...: the key set that the server gives for that name
  local set=$1 key arguments=()
  shift
  for key in "$@"; do arguments+=("$dir/$key.pem"); done
  for key in "$@"; do arguments+=(--kid "$key"); done
  "$tenancy" token jwks "${arguments[@]}" > "$dir/new"
  mv "$dir/new" "$dir/sets/$set"
}
answer() { echo "$2" > "$dir/new"; mv "$dir/new" "$dir/answers/$1"; } # answer NAME HOW
requests() { grep -c "^$1 " "$dir/requests" || true; }
url() { echo "https://localhost:${!1}/$2/jwks.json"; } # url LISTENER NAME
issuer_of() { case $1 in discovery*) echo "https://localhost:$good/$1" ;; *) echo "https://issuer.test/$1" ;; esac; }
mint() { "$tenancy" token mint --key "$dir/$2.pem" --kid "$2" --issuer "$(issuer_of "$1")" --subject alice --audience app --expires-in 600; }
token() { # token NAME KEY: minted once
  [ -e "$dir/tokens/$1.$2" ] || mint "$1" "$2" > "$dir/tokens/$1.$2"
  cat "$dir/tokens/$1.$2"
}
add() { # add NAME [COLUMN VALUE]...: an issuer; the columns' values are SQL
  local issuer columns="" values="" name=$1
  issuer=$(issuer_of "$name")
  shift
  while [ $# -gt 0 ]; do columns+=", $1" values+=", $2"; shift 2; done
  echo "insert into tenancy.issuer (issuer, algorithms, audiences$columns) values ('$issuer', '{EdDSA}', '{app}'$values);
        insert into tenancy.pool values ('https_pool', 'app', 'https', '$issuer');"
}
# logins KEY NAME...: a line "NAME SQLSTATE" for each, all on one connection.
logins() {
  local key=$1 name script=$dir/logins.$BASHPID
  shift
  for name in "$@"; do
    printf "begin;\nselect tenancy.login('%s');\n\\\\echo %s :SQLSTATE\nrollback;\n" "$(token "$name" "$key")" "$name"
  done > "$script"
  PGUSER=https_pool psql --no-psqlrc --quiet --tuples-only --no-align --dbname keys --file "$script" 2> /dev/null | grep ' '
}
login() { logins "$2" "$1" | cut -d ' ' -f 2; } # login NAME KEY: the SQLSTATE
status() { sql --command "select $2 from tenancy.issuer_status where issuer = '$(issuer_of "$1")'"; } # status NAME COLUMN
refresh() { sql --command "select tenancy.refresh_keys('$(issuer_of "$1")')" > /dev/null; }

# --- every fault: NAME LISTENER ERROR (or ERROR|ERROR: releases of libcurl differ) -------------------
not_json='bad_key_set: the key set is not one strict JSON object'
faults="
hang good timed_out
hang_in_headers good timed_out
hang_in_body good timed_out
drip good timed_out
silent silent timed_out
slow_handshake slow_handshake timed_out
down down not_connected
resets resets tls_failed
hangs_up hangs_up tls_failed
plain plain tls_failed
expired expired certificate_refused
wrong_host wrong_host certificate_refused
self_signed self_signed certificate_refused
reset good broken_off
reset_in_body good broken_off
nothing good broken_off
longer_than_sent good broken_off
no_last_chunk good broken_off
wrong_chunk good broken_off
no_http good broken_off
huge good too_large
huge_by_length good too_large
huge_chunks good too_large
huge_headers good too_large
bomb good $not_json
bomb_in_transfer good $not_json|broken_off
redirect_to_host good redirected: 302
redirect_to_http good redirected: 301
redirect_to_file good redirected: 307
redirect_loop good redirected: 302
status_500 good http_status: 500
status_503 good http_status: 503
status_404 good http_status: 404
status_401 good http_status: 401
status_204 good http_status: 204
status_304 good http_status: 304
html good $not_json
truncated good $not_json
empty good $not_json
nul good $not_json
no_object good $not_json
shorter_than_sent good $not_json
emptied good bad_key_set: the key set has no usable key
secret good bad_key_set: the key set has no usable key
private_keys good bad_key_set: the key set has no usable key
secret_among_public good bad_key_set: the key set mixes secrets and public keys
many_keys good bad_key_set: the key set is not one strict JSON object
duplicate good bad_key_set: a key has the kid of another
discovery_of_another good wrong_issuer
discovery_to_http good bad_discovery: jwks_uri is no https address
discovery_without_keys good bad_discovery: jwks_uri is no https address
discovery_html good bad_discovery: not one strict JSON object
discovery_hang good timed_out
"
fault_names=$(awk 'NF {print $1}' <<< "$faults")
good_ways="chunked interim until_close tagged evil_tag max_age_120 max_age_0 max_age_absurd partly_bad"

# --- servers -----------------------------------------------------------------------------------------
tests/support/key_server.sh start "$dir"
source "$dir/ports"
mkdir "$dir/tokens"
for key in a b c; do openssl genpkey -algorithm ed25519 -out "$dir/$key.pem"; done
publish default a
tests/support/server.sh start "$server" "tenancy.databases = 'keys, not_there'" "listen_addresses = ''"
eval "$(tests/support/server.sh env "$server")"
psql --quiet --command "create database keys"
sql --command "create extension pg_tenancy" --command "create role https_pool login" \
  --command "insert into tenancy.application values ('https')"
cp "$dir/ca.pem" "$server/ca.pem"
chmod 644 "$server/ca.pem"
worker() { sql --command "select pid from pg_stat_activity where backend_type = 'pg_tenancy keys' and datname = 'keys'"; }
is "$(wait_for 10 "select exists (select from pg_stat_activity where backend_type = 'pg_tenancy keys')")" t "a database made later gets its worker"
sql --command "alter system set tenancy.fetch_ca_file = '$(realpath "$server")/ca.pem'" --command "select pg_reload_conf()" > /dev/null

# --- no private address, unless allowed --------------------------------------------------------------
sql <<< "$(add steady jwks_url "'$(url good steady)'" unknown_key_cooldown 10)"
private=0
for address in "127.0.0.1:$good" "[::1]:$good" "[::ffff:127.0.0.1]:$good" "0x7f000001:$good" "0:$good" "169.254.169.254" "10.0.0.1" "[fd00::1]"; do
  private=$((private + 1))
  sql <<< "$(add "private_$private" jwks_url "'https://$address/private/jwks.json'")"
done
is "$(wait_for 5 "select count(*) = 9 and count(*) filter (where error = 'address_refused') = 9 from tenancy.issuer_status")" t \
  "private, loopback, link-local addresses are refused, in every way of writing them"
is "$(cat "$dir/requests")" "" "and not connected to"
sql --command "delete from tenancy.pool where issuer like '%private_%'" --command "delete from tenancy.issuer where issuer like '%private_%'"
sql --command "alter system set tenancy.fetch_private_addresses = on" --command "select pg_reload_conf()" > /dev/null
refresh steady
is "$(wait_for 5 "select keys = 1 and error is null from tenancy.issuer_status")" t "tenancy.fetch_private_addresses allows them"
is "$(login steady a)" 00000 "and a token is accepted"

refused=$(sql <<< "$(add http jwks_url "'http://localhost:$plain/http/jwks.json'")" 2>&1 || true)
like "$refused" issuer_jwks_url_check "an address without TLS is refused at once"

# --- good answers of every shape, and keys for all ---------------------------------------------------
{
  echo "begin;"
  while read -r name _; do
    case $name in
      "") ;;
      discovery*) add "$name" discovery true ;;
      *) add "$name" jwks_url "'$(url good "$name")'" ;;
    esac
  done <<< "$faults"
  for name in $good_ways; do
    answer "$name" "$name"
    case $name in
      max_age_absurd) add "$name" jwks_url "'$(url good "$name")'" refresh_interval 60 ;;
      *) add "$name" jwks_url "'$(url good "$name")'" ;;
    esac
  done
  add removed jwks_url "'$(url good removed)'" refresh_interval 60
  add rotated jwks_url "'$(url good rotated)'" unknown_key_cooldown 10
  add storm jwks_url "'$(url good storm)'" unknown_key_cooldown 10
  add locked jwks_url "'$(url good locked)'"
  add oidc_by_function jwks_url "'$(url good oidc_by_function)'"
  add mixed jwks_url "'$(url good mixed)'"
  echo "select tenancy.add_secret_key('$(issuer_of mixed)', 's', decode(repeat('ab', 64), 'hex'), 'HS512');"
  echo "select tenancy.add_oidc_issuer('https://localhost:$good/discovery_by_function', '{app}', '{EdDSA}');"
  echo "insert into tenancy.pool values ('https_pool', 'app', 'https', 'https://localhost:$good/discovery_by_function');"
  echo "commit;"
} > "$dir/issuers.sql"
PGOPTIONS="-c client_min_messages=warning" sql --file "$dir/issuers.sql" > /dev/null
is "$(wait_for 15 "select count(*) filter (where fetched_at is null) = 1 from tenancy.issuer_status")" t \
  "$(sql --command "select count(*) from tenancy.issuer") issuers, most of them added in one transaction, are fetched when it commits"
is "$(sql --command "select string_agg(issuer, ' ') from tenancy.issuer_status where keys <> 1")" "" "each has its key"
is "$(status mixed error)" has_secret_keys "but not the one with secret keys, which says why"
is "$(logins a $fault_names $good_ways discovery_by_function | grep -v ' 00000$' || true)" "" "each one's tokens are accepted"
seconds_to_next() { status "$1" "extract(epoch from next_at - attempted_at)::integer"; }
is "$(seconds_to_next chunked)" 3600 "without Cache-Control it is fetched again after refresh_interval"
is "$(seconds_to_next max_age_120)" 120 "Cache-Control shortens that"
is "$(seconds_to_next max_age_0)" 60 "to a minute at least"
is "$(seconds_to_next max_age_absurd)" 60 "and never lengthens it"
is "$(sql --command "select count(*) from tenancy.issuer_fetch where etag like '%x%' or etag ~ '[^ -~]'")" 0 "a tag that is no tag is not kept"

refresh tagged
is "$(wait_for 5 "select f.attempted_at > now() - interval '10 s' and f.error is null and f.next_at > now() from tenancy.issuer_fetch f where issuer = '$(issuer_of tagged)'")" t "a refresh that was asked for comes"
is "$(grep -c '^tagged .*"' "$dir/requests" || true)" 0 "and asks for the whole set"

# --- a removed key: refused within refresh_interval + 1 s --------------------------------------------
publish removed b
removed_at=$(date +%s%N)
(
  until [ "$(login removed a)" = 28T01 ]; do sleep 0.2; done
  echo $((($(date +%s%N) - removed_at) / 1000000)) > "$dir/removed.ms"
) &
watch=$!

# --- a storm of unknown keys: one request for each cooldown ------------------------------------------
before=$(requests storm)
storm_token=$(mint storm c)
for _ in {1..20000}; do echo "select tenancy.login('$storm_token');"; done > "$dir/storm.sql"
storm_started=$(date +%s%N)
storms=()
for _ in 1 2 3 4; do
  PGUSER=https_pool timeout 25 psql --no-psqlrc --quiet --dbname keys --file "$dir/storm.sql" > /dev/null 2> "$dir/storm.$_" &
  storms+=($!)
done

# --- all faults at once ------------------------------------------------------------------------------
fault_started=$(date +%s%N)
{
  while read -r name listener _; do
    [ -n "$name" ] || continue
    case $name in discovery_html | discovery_hang) answer "$name" "${name#discovery_}" ;; *) answer "$name" "$name" ;; esac
    if [ "$listener" = good ]; then
      echo "select tenancy.refresh_keys('$(issuer_of "$name")');"
    else
      rm "$dir/answers/$name"
      echo "update tenancy.issuer set jwks_url = '$(url "$listener" "$name")' where issuer = '$(issuer_of "$name")';"
    fi
  done <<< "$faults"
} > "$dir/faults.sql"
sql --single-transaction --file "$dir/faults.sql" > /dev/null

# --- meanwhile: rotation under load ------------------------------------------------------------------
publish rotated a b
refresh rotated
is "$(wait_for 5 "select keys = 2 from tenancy.issuer_status where issuer = '$(issuer_of rotated)'")" t "while eight fetches hang, another issuer's new key comes"
for key in a b; do
  printf "begin;\nselect tenancy.login('%s');\nselect tenancy.subject();\ncommit;\n" "$(token rotated "$key")" > "$dir/load.$key"
done
pgbench="$("${PG_CONFIG:-pg_config}" --bindir)/pgbench"
PGUSER=https_pool "$pgbench" --no-vacuum --client 4 --time 8 --file "$dir/load.a" --file "$dir/load.b" keys > "$dir/load.log" 2>&1 &
load=$!
for set in "b a" "a b c" "c b a" "a b" "b a c" "a b"; do
  sleep 1
  publish rotated $set
  refresh rotated
done
wait "$load" && loaded=yes || loaded=
ok "$loaded" "logins with both keys while the set changes six times: $(sed -n 's/^number of transactions actually processed: //p' "$dir/load.log"), none refused" "$dir/load.log"
ok "$([ "$(grep -c "keys_fetched.*/rotated\"" "$server/server.log")" -ge 5 ] && echo yes)" "the sets did change under it"

# --- what came of the faults -------------------------------------------------------------------------
is "$(wait_for 15 "select count(*) filter (where error is not null) = $(wc -w <<< "$fault_names") from tenancy.issuer_status where issuer <> '$(issuer_of mixed)'")" t \
  "$(wc -w <<< "$fault_names") faults at once are all noticed"
took=$((($(date +%s%N) - fault_started) / 1000000000))
ok "$([ "$took" -le 30 ] && echo yes)" "within $took s, though some never answer"
while read -r name listener error; do
  [ -n "$name" ] || continue
  got=$(status "$name" "error || ', keys ' || keys")
  if [ "$got" = "${error##*|}, keys 1" ]; then error=${error##*|}; else error=${error%%|*}; fi
  is "$got" "$error, keys 1" "$name: $error; the key stays"
done <<< "$faults"
is "$(logins a $fault_names | grep -v ' 00000$' || true)" "" "and each one's tokens are still accepted"
is "$(requests elsewhere)" 0 "nothing was asked where redirects and documents point"
is "$(sql --command "select coalesce(string_agg(issuer, ' '), '') from tenancy.issuer_fetch where error is not null and next_at not between attempted_at + interval '10 s' and attempted_at + interval '65 s'")" "" \
  "each is tried again, after 10 s first and later then"
ok "$([ "$(requests status_500)" -le 4 ] && echo yes)" "a failing server is asked seldom: $(requests status_500) times so far"
like "$(cat "$server/server.log")" "event=fetch_failed role=\"postgres\" object=\"$(issuer_of expired)\" error=\"certificate_refused\"" "a failure is an event"
unlike "$(cat "$server/server.log")" canary "without text from the answer"

unresolved=$(add unresolved jwks_url "'https://no-such-host.invalid/keys'")
sql <<< "$unresolved"
is "$(wait_for 12 "select error in ('name_not_resolved', 'timed_out') from tenancy.issuer_status where issuer = '$(issuer_of unresolved)'")" t "a name that does not resolve"

# --- an unknown key is fetched without anybody's doing -----------------------------------------------
publish steady a c
is "$(login steady c)" 28T01 "a token of a new key is refused at first"
soon=
for _ in {1..110}; do
  [ "$(login steady c)" = 00000 ] && { soon=yes; break; }
  sleep 0.1
done
ok "$soon" "and accepted within the cooldown, since the refusal has the set fetched"

# --- others' transactions do not hold up the worker --------------------------------------------------
sql --command "begin" --command "delete from tenancy.issuer_key where issuer = '$(issuer_of locked)'" \
  --command "select pg_sleep(10)" --command "rollback" > /dev/null &
locker=$!
sleep 0.5
publish locked a b
publish chunked a b
refresh locked
refresh chunked
is "$(wait_for 8 "select keys = 2 from tenancy.issuer_status where issuer = '$(issuer_of chunked)'")" t "while one issuer's rows are locked, another's keys come"
wait "$locker"
before_locked=$(requests locked)
is "$(wait_for 12 "select keys = 2 from tenancy.issuer_status where issuer = '$(issuer_of locked)'")" t "and its own when the lock is gone"
is "$(requests locked)" "$before_locked" "without asking again"

# --- the storm's end ---------------------------------------------------------------------------------
for job in "${storms[@]}"; do wait "$job" || true; done
lasted=$((($(date +%s%N) - storm_started) / 1000000000))
during=$(($(requests storm) - before))
refusals=$(cat "$dir"/storm.[1-4] | grep -c 'token refused')
ok "$([ "$refusals" -gt 2000 ] && [ "$during" -ge 2 ] && [ "$during" -le $((lasted / 10 + 1)) ] && echo yes)" \
  "$refusals logins with an unknown key made $during requests in $lasted s, at most one for each cooldown of 10 s"

# --- the worker ends and comes back ------------------------------------------------------------------
old=$(worker)
sql --command "select pg_terminate_backend($old)" > /dev/null
is "$(wait_for 10 "select exists (select from pg_stat_activity where backend_type = 'pg_tenancy keys' and datname = 'keys' and pid <> $old)")" t "a worker that is terminated is started again"
publish interim b
refresh interim
is "$(wait_for 10 "select bool_or(key_id = 'b') from tenancy.issuer_key where issuer = '$(issuer_of interim)'")" t "and fetches on"

# --- all recover -------------------------------------------------------------------------------------
publish default b
for name in $fault_names; do rm -f "$dir/answers/$name"; done
{
  while read -r name listener _; do
    [ -n "$name" ] || continue
    if [ "$listener" = good ]; then
      echo "select tenancy.refresh_keys('$(issuer_of "$name")');"
    else
      echo "update tenancy.issuer set jwks_url = '$(url good "$name")' where issuer = '$(issuer_of "$name")';"
    fi
  done <<< "$faults"
} > "$dir/recovery.sql"
sql --single-transaction --file "$dir/recovery.sql" > /dev/null
is "$(wait_for 20 "select bool_and(error is null) from tenancy.issuer_status where source <> 'secret' and issuer not in ('$(issuer_of mixed)', '$(issuer_of unresolved)')")" t "when the server is well again, so are all issuers"
is "$(logins b $fault_names | grep -v ' 00000$' || true)" "" "tokens of the new key are accepted"
is "$(logins a $fault_names | grep -v ' 28T01$' || true)" "" "those of the removed key are not"

# --- restart while a fetch hangs ---------------------------------------------------------------------
answer hang hang
refresh hang
sleep 0.5
before_restart=$(date +%s%N)
tests/support/server.sh restart "$server"
took=$((($(date +%s%N) - before_restart) / 1000000))
ok "$([ "$took" -lt 5000 ] && echo yes)" "the server restarts in $took ms while a fetch hangs"
is "$(login hang b)" 00000 "keys are there after a restart"
rm "$dir/answers/hang"
refresh hang
is "$(wait_for 15 "select error is null and fetched_at > now() - interval '15 s' from tenancy.issuer_status where issuer = '$(issuer_of hang)'")" t "and the worker goes on"
before_tag=$(grep -c '^tagged .*"' "$dir/requests" || true)
sql --command "update tenancy.issuer_fetch set next_at = now() where issuer = '$(issuer_of tagged)'" --command "update tenancy.issuer set leeway = 31 where issuer = '$(issuer_of tagged)'"
is "$(wait_for 5 "select next_at > now() and error is null and keys = 1 from tenancy.issuer_status where issuer = '$(issuer_of tagged)'")" t "304 keeps the set"
is "$(($(grep -c '^tagged .*"' "$dir/requests" || true) - before_tag))" 1 "which was asked for by its tag"

# --- who may ask, and where ---------------------------------------------------------------------------
like "$(PGUSER=https_pool psql --dbname keys --command "select tenancy.refresh_keys('x')" 2>&1 || true)" "permission denied" "a pool may not ask for a refresh"
like "$(sql --command "select tenancy.refresh_keys('https://issuer.test/none')" 2>&1 || true)" "no such issuer whose keys are fetched" "an unknown issuer is named as such"
psql --quiet --command "create database other"
like "$(psql --quiet --dbname other --command "create extension pg_tenancy" --command "select tenancy.refresh_keys('x')" 2>&1 || true)" \
  "no worker fetches keys for this database" "nor in a database without a worker"

# --- a standby ----------------------------------------------------------------------------------------
standby=$(realpath "$server")/standby
as_server_user() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
bin=$("${PG_CONFIG:-pg_config}" --bindir)
on_standby() { psql --no-psqlrc --quiet --tuples-only --no-align --host "$standby" --dbname keys "$@"; }
standby_worker="select exists (select from pg_stat_activity where backend_type = 'pg_tenancy keys' and datname = 'keys')"
(
  cd /
  as_server_user "$bin/pg_basebackup" --host "$PGHOST" --username postgres --pgdata "$standby" --checkpoint fast --write-recovery-conf --no-sync
  as_server_user tee -a "$standby/postgresql.auto.conf" <<< "unix_socket_directories = '$standby'" > /dev/null
  as_server_user "$bin/pg_ctl" start --pgdata "$standby" --log "$standby/log" --wait --silent > /dev/null
)
sleep 1
is "$(on_standby --command "$standby_worker")" f "a standby has no worker"
is "$(PGHOST=$standby login chunked a)" 00000 "logs in with replicated keys"
is "$(PGHOST=$standby login chunked c)" 28T01 "and refuses unknown ones without asking anyone"
like "$(on_standby --command "select tenancy.refresh_keys('$(issuer_of chunked)')" 2>&1 || true)" "no worker fetches keys for this database" "and says that it does not fetch"
promoted=
on_standby --command "select pg_promote()" > /dev/null
for _ in {1..100}; do
  [ "$(on_standby --command "$standby_worker")" = t ] && { promoted=yes; break; }
  sleep 0.1
done
ok "$promoted" "once promoted, it has one"
(cd / && as_server_user "$bin/pg_ctl" stop --pgdata "$standby" --mode immediate --wait --silent > /dev/null)

# --- documents ----------------------------------------------------------------------------------------
is "$(sed -n 's/^  X(\([a-z_]*\),.*/\1/p' extension/pg/fetch.hpp extension/pg/fetch_job.hpp | sort)" \
  "$(sed -n '/^## Errors/,/^## /s/^| `\([a-z_]*\)`.*/\1/p' docs/keys.md | sort)" "docs/keys.md lists every error"

wait "$watch"
took=$(cat "$dir/removed.ms")
ok "$([ "$took" -ge 30000 ] && [ "$took" -le 61000 ] && echo yes)" "a removed key is refused after $took ms, refresh_interval being 60 s"
echo "# took $((SECONDS - started)) s"
finish
