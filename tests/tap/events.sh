#!/usr/bin/env bash
# What the server log tells of logins and of changed trust, and what it never tells.
set -euo pipefail
source tests/support/tap.sh
server=build/test/server
log=$server/server.log

# since COMMAND...: what the log gained while the command ran.
since() {
  local before
  before=$(wc -l < "$log")
  "$@" > /dev/null 2>&1 || true
  tail -n "+$((before + 1))" "$log"
}
login() { PGUSER=$1 psql --quiet --no-psqlrc --dbname tenancy_saas --set "token=$2" --file <(printf "select tenancy.login(:'token');\n"); }

good=$(tests/support/mint.sh canary-subject web-app)
expired=$(tests/support/mint.sh canary-subject web-app --claim-json "exp=$(($(date +%s) - 60))" --claim-json "iat=$(($(date +%s) - 120))")
other=$(tests/support/mint.sh canary-subject another-app)

said=$(since login saas_app_pool "$expired")
like "$said" 'pg_tenancy: event=login_refused reason=expired role="saas_app_pool"' "a refusal names reason and role"
unlike "$said" "canary-subject" "not the subject"
unlike "$said" "${expired:0:60}" "not the token"
unlike "$said" "STATEMENT" "nor the statement that carried it"
like "$(since login saas_app_pool "$other")" "reason=wrong_audience" "wrong_audience"
like "$(since login saas_app_pool "x.y.z")" "reason=malformed" "malformed"
like "$(since login saas_stranger "$good")" "reason=no_pool" "no_pool"
said=$(since login saas_app_pool "$good")
is "$(grep -F pg_tenancy: <<< "$said")" "" "an accepted login is silent by default"

psql --quiet --command "alter role saas_app_pool set tenancy.log_logins = 'all'"
said=$(since login saas_app_pool "$good")
like "$said" 'event=login_accepted role="saas_app_pool" application="saas" api_context="app"' "and told with tenancy.log_logins = all"
unlike "$said" "canary-subject" "without the subject"
psql --quiet --command "alter role saas_app_pool set tenancy.log_logins = 'none'"
unlike "$(since login saas_app_pool "$expired")" "pg_tenancy:" "with none, nothing is"
psql --quiet --command "alter role saas_app_pool reset tenancy.log_logins"

client_sees() { PGUSER=saas_app_pool PGOPTIONS="-c client_min_messages=debug5" psql --no-psqlrc --dbname tenancy_saas --set "token=$expired" --file <(printf "select tenancy.login(:'token');\n") 2>&1; }
unlike "$(client_sees)" "reason=" "no client setting shows the reason"

change() { psql --quiet --dbname tenancy_saas --command "begin" --command "set session_replication_role = replica" --command "$1" --command "rollback"; }
like "$(since change "update tenancy.issuer set leeway = 31")" 'event=changed role="postgres" object="issuer"' "a change of an issuer is an event, also as a replica"
like "$(since change "truncate tenancy.pool")" 'event=changed role="postgres" object="pool"' "so is TRUNCATE"
import() { psql --quiet --dbname tenancy_saas --set "jwks=$(cat "$TENANCY_KEYS/jwks.json")" --file <(printf "select tenancy.import_jwks(issuer, :'jwks') from tenancy.issuer;\n"); }
like "$(since import)" 'event=keys_imported role="postgres" object="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo" count=2' "and an import of keys"

# A secret key is in no line of the log, however it is given and whatever is logged.
with_secret() { # with_secret ISSUER: as a literal, as a parameter; in the log of statements and of errors
  psql --quiet --dbname tenancy_saas --command "set log_statement = 'all'" --command "set log_min_duration_statement = 0" \
    --command "select tenancy.add_secret_key('$1', 'k1', decode('$secret', 'hex'), 'HS256')" \
    --command "select query from pg_stat_activity where pid = pg_backend_pid()"
  PGOPTIONS="-c log_statement=all -c log_min_duration_statement=0 -c log_parameter_max_length_on_error=-1" "$("${PG_CONFIG:-pg_config}" --bindir)/pgbench" \
    --no-vacuum --transactions 1 --protocol extended --define "issuer=$1" --define "secret=$secret" \
    --file <(echo "select tenancy.add_secret_key(:issuer, 'k1', decode(:secret, 'hex'), 'HS256');") tenancy_saas
}
secret=$(printf 'c0ffee%.0s' {1..11})
psql --quiet --dbname tenancy_saas --command "insert into tenancy.issuer (issuer, audiences, algorithms) values ('https://hmac.example', '{a}', '{HS256}')"
said=$(since with_secret https://hmac.example)
is "$(grep -c 'event=secret_key_added role="postgres" object="https://hmac.example"' <<< "$said")" 2 "a secret key that is added is an event"
like "$said" "add_secret_key('************" "its statement is logged without it"
unlike "$said" c0ffee "and nothing else tells it"
said=$(since with_secret https://nowhere.example)
like "$said" "no such issuer in tenancy.issuer" "one that is refused is an error in the log"
unlike "$said" c0ffee "without the secret, too"
watched() {
  psql --quiet --dbname tenancy_saas --command "begin; select tenancy.add_secret_key('https://hmac.example', 'k2', decode('$secret', 'hex'), 'HS256'); select pg_sleep(2); rollback" &
  sleep 1
  psql --tuples-only --no-align --command "select query from pg_stat_activity where datname = 'tenancy_saas' and state = 'active'" 2>&1
  wait
}
shown=$(watched 2> /dev/null)
like "$shown" "add_secret_key('*****" "other sessions see that a key is added"
unlike "$shown" c0ffee "and not which"
like "$(since psql --dbname tenancy_saas --command "select tenancy.remove_secret_key('https://hmac.example', 'k1')")" \
  'event=secret_key_removed role="postgres" object="https://hmac.example"' "one that is removed is an event"
psql --quiet --dbname tenancy_saas --command "delete from tenancy.issuer where issuer = 'https://hmac.example'"
finish
