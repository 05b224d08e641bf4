#!/usr/bin/env bash
# PostgreSQL 18: a connection opened with SASL OAUTHBEARER gets its identity from that token.
set -uo pipefail
source tests/support/tap.sh
config=${PG_CONFIG:-pg_config}
major=$("$config" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
if [ "$major" -lt 18 ]; then
  echo "1..0 # SKIP PostgreSQL $major has no OAuth"
  exit
fi
server=build/test/oauth
client=$server.client
trap 'tests/support/server.sh stop "$server" > /dev/null; rm -f "$client"' EXIT
mkdir -p build/test
g++ -std=c++20 -Wall -I"$("$config" --includedir)" tests/oauth/client.cpp -o "$client" -L"$("$config" --libdir)" -lpq || exit 1

tests/support/server.sh start "$server" "oauth_validator_libraries = 'pg_tenancy'" > /dev/null
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh tenancy_saas > /dev/null 2>&1
home=$(cd "$server" && pwd -P)
{
  echo 'local all saas_pool,saas_stranger oauth issuer="https://id.example" scope="openid" delegate_ident_mapping=1'
  echo 'local all all trust'
} > "$home/data/pg_hba.conf"
psql --quiet --command "select pg_reload_conf()" > /dev/null
sleep 0.5

acme=a0000000-0000-4000-8000-000000000001
eve=$(tests/support/mint.sh eve web-app)
gwen=$(tests/support/mint.sh gwen web-app)
# as USER TOKEN STATEMENT...
as() {
  "$client" "host=$PGHOST dbname=tenancy_saas user=$1 oauth_issuer=https://id.example/.well-known/openid-configuration oauth_client_id=tests" \
    "${@:2}" 2>&1
}
tenants="select string_agg(distinct account_id::text, ' ') from documents"

is "$(as saas_pool "$eve" "$tenants" "select tenancy.subject()" "$tenants")" "$acme"$'\neve\n'"$acme" \
  "eve's connection has her identity from the first statement on"
is "$(as saas_pool "$gwen" "$tenants")" "b0000000-0000-4000-8000-000000000001" "gwen's has hers"
is "$(as saas_pool "$eve" "begin" "rollback" "$tenants")" $'BEGIN\nROLLBACK\n'"$acme" \
  "a rollback of the first transaction does not lose it"
is "$(as saas_pool "$eve" "select 1/0" "$tenants")" "22012"$'\n'"$acme" "nor does an error"
is "$(as saas_pool "$eve" "select tenancy.login('$gwen')" "$tenants")" "28T04"$'\n'"$acme" "no other identity beside it"
is "$(as saas_pool "$eve" "select tenancy.logout()" "$tenants")" $'t\n28000' "logout ends it"
is "$(as saas_pool "$eve" "$tenants" "discard all" "$tenants")" "$acme"$'\nDISCARD ALL\n28000' "so does DISCARD ALL"

like "$(as saas_pool "no.token" "select 1")" "no connection" "what is no token opens no connection"
refused=$'28T01\nconnection lost'
is "$(as saas_pool "${eve%?????}AAAAA" "select 1" "select 2")" "$refused" "a forged one is refused at the first statement, which ends the connection"
is "$(as saas_pool "$(tests/support/mint.sh eve web-app --key "$TENANCY_KEYS/unpublished.pem")" "select 1")" "$refused" "so is one of another key"
is "$(as saas_pool "$(tests/support/mint.sh eve other-app)" "begin")" "$refused" "and one for another audience, at BEGIN too"
is "$(as saas_pool "$(tests/support/mint.sh eve web-app --claim-json "exp=$(($(date +%s) - 60))" --claim-json "iat=$(($(date +%s) - 120))")" "select 1")" \
  $'28T02\nconnection lost' "an expired one"
is "$(as saas_stranger "$eve" "select 1")" $'28T03\nconnection lost' "and a login role that is no pool"

short=$(tests/support/mint.sh eve web-app --claim-json "exp=$(($(date +%s) - 24))" --claim-json "iat=$(($(date +%s) - 60))")
is "$(as saas_pool "$short" "$tenants" "sleep 8" "$tenants" "select 1")" "$acme"$'\n28T02\n1' "the identity ends at its token's time"
unlike "$(cat "$home/server.log")" "${eve:0:60}" "no token is in the server's log"
finish
