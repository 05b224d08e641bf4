#!/usr/bin/env bash
# A sealed value that has leaked is worth nothing elsewhere or later. The first wall, that no pool may set
# tenancy.identity, is taken down for these attempts: the pool is granted SET on it.
set -uo pipefail
source tests/support/tap.sh
server=build/test/replay
database=tenancy_saas

trap 'tests/support/server.sh stop "$server"' EXIT
openssl rand -out build/test/seal_key 64
tests/support/server.sh start "$server"
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh "$database" > /dev/null 2>&1
cc -shared -fPIC -I"$("${PG_CONFIG:-pg_config}" --includedir-server)" tests/support/sealed_value.c -o "$PGHOST/sealed_value.so"
psql --quiet --dbname "$database" \
  --command "create function sealed_value() returns text language c as '$PGHOST/sealed_value.so'" \
  --command "grant set on parameter tenancy.identity to saas_pool, saas_app_pool"

eve=$(tests/support/mint.sh eve web-app)
acme=a0000000-0000-4000-8000-000000000001
invalid='invalid value for parameter "tenancy.identity"'
nobody="no identity is bound in this transaction"

# session [ROLE]: the answers to the script, which is standard input, in one connection. In it, :leak is eve's
# sealed value, as :'sealed' and in the environment of \!.
session() {
  PGUSER=${1:-saas_pool} psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$database" 2>&1 \
    --set "eve=$eve" --set "leak=select sealed_value() as sealed \\gset"
}
use="set local tenancy.identity = :'sealed'; select tenancy.account_key();"
use_elsewhere="begin; set local tenancy.identity = '\$SEALED'; select tenancy.account_key();"

said=$(session <<< "begin; savepoint s; select tenancy.login(:'eve'); :leak
  rollback to s; $use rollback;")
like "$said" "$acme" "control: in its own transaction the value is the identity"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  \\setenv SEALED :sealed
  \\! psql --username saas_pool --dbname $database --command \"$use_elsewhere\"
  select tenancy.account_key();")
like "$said" "$invalid" "another backend refuses it"
like "$said" "$acme" "control: while it holds in its own"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  \\setenv SEALED :sealed
  \\! psql --username saas_app_pool --dbname $database --command \"$use_elsewhere\"")
like "$said" "$invalid" "so does another role's"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  commit; begin; $use")
like "$said" "$nobody" "it ends with its transaction"
unlike "$said" "$acme" "and names nobody then"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  rollback; begin; $use")
like "$said" "$nobody" "with one that was rolled back too"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  select tenancy.logout(); $use")
like "$said" "$nobody" "it ends with a logout"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  set local tenancy.identity = ''; select tenancy.logout(); $use")
like "$said" "$nobody" "also when the setting was emptied first"

short=$(tests/support/mint.sh eve web-app --claim-json "exp=$(($(date +%s) - 26))" --claim-json "iat=$(($(date +%s) - 60))")
said=$(session <<< "begin; select tenancy.login('$short'); :leak
  select true from pg_sleep(extract(epoch from tenancy.expires_at() - clock_timestamp()) + 0.1);
  $use")
like "$said" "token expired or revoked" "it ends with its token"

said=$(session <<< "begin; select tenancy.login(:'eve'); :leak
  select translate(left(:'sealed', 1), 'A', 'B') || 'A' || substr(:'sealed', 3) as sealed \\gset
  $use")
like "$said" "$invalid" "a changed one opens nothing"

leaked() { session <<< "begin; select tenancy.login(:'eve'); select sealed_value();" | tail -n 1; }
replay() { session <<< "begin; set local tenancy.identity = '$1'; select tenancy.account_key();"; }
value=$(leaked)
is "$([ "${#value}" -gt 300 ] && echo long)" long "control: a value has leaked"
like "$(replay "$value")" "$invalid" "the next backend of the same slot refuses it"

psql --quiet --dbname "$database" --command "alter role saas_pool set tenancy.identity = '$value'" 2> /dev/null
like "$(session <<< "select tenancy.account_key();")" "$nobody" "stored for the role it is nobody's"
psql --quiet --dbname "$database" --command "alter role saas_pool reset tenancy.identity"

tests/support/server.sh restart "$server"
like "$(replay "$value")" "$invalid" "a restarted server refuses it"

# Where nodes share the key of the seal, the key is not all.
mv build/test/seal_key "$PGHOST/seal_key"
chmod 600 "$PGHOST/seal_key"
[ "$(id -u)" -ne 0 ] || chown postgres "$PGHOST/seal_key"
psql --quiet --dbname "$database" --command "alter system set tenancy.seal_key_file = '$PGHOST/seal_key'"
tests/support/server.sh restart "$server"
value=$(leaked)
tests/support/server.sh restart "$server"
is "$(psql --tuples-only --no-align --command "show tenancy.seal_key_file")" "$PGHOST/seal_key" "control: the key outlives the restart"
like "$(replay "$value")" "$invalid" "and the value does not"
finish
