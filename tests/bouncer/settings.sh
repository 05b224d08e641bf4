#!/usr/bin/env bash
# What docs/poolers.md says of single settings, each seen to be so.
set -uo pipefail
source tests/bouncer/setup.bash

# client TOKEN STATEMENTS [conninfo]: what a client prints, the token as :'token'; errors with their SQLSTATE.
client() {
  psql "$conninfo ${3:-}" --quiet --no-psqlrc --tuples-only --no-align --set VERBOSITY=sqlstate --set "token=$1" \
    --file <(echo "$2") 2>&1
}
login_for_connection="select tenancy.login(:'token', for_connection => true) \\g /dev/null"
count="select count(*) > 0 from documents;"

settings() {
  local version=$1 root=$2 mode=$3 said
  local name="$version, $mode mode"
  tests/support/bouncer.sh start "$pooler" "$root" "pool_mode=$mode" default_pool_size=1 || exit 1
  conninfo="$(tests/support/bouncer.sh conninfo "$pooler") user=saas_pool dbname=settings"
  is "$(grep -ciE 'unrecognized|invalid|cannot' "$pooler/log")" 0 "$name: the documented settings are accepted" "$pooler/log"

  like "$(client "" "select 1;" "password=wrong")" "FATAL" "$name: no client without the login role's password"
  like "$(client "" "select 1;" "options='-c tenancy.account=b0000000-0000-4000-8000-000000000001'")" \
    "unsupported startup parameter" "$name: no setting of pg_tenancy at the start of a connection"
  is "$(client "" "show application_name;" "application_name=shop")" shop "$name: application_name is the client's"
  is "$(client "" "show application_name;" "application_name=desk")" desk "$name: and the next client's his own"
  is "$(client "" "show search_path;")" '"$user", public' "$name: search_path is the server's"

  psql --quiet --no-psqlrc --command "alter role saas_pool set tenancy.connection_login = on"
  tests/support/bouncer.sh stop "$pooler"
  tests/support/bouncer.sh start "$pooler" "$root" "pool_mode=$mode" default_pool_size=1 || exit 1
  conninfo="$(tests/support/bouncer.sh conninfo "$pooler") user=saas_pool dbname=settings"
  said=$(client "$eve" "$login_for_connection
$count")
  is "$said" t "$name: tenancy.connection_login binds for the connection"
  said=$(client "" "$count")
  if [ "$mode" = session ]; then
    like "$said" 28000 "$name: server_reset_query ends it before the next client"
  else
    is "$said" t "$name: the next client inherits it, as the warning says"
  fi
  psql --quiet --no-psqlrc --command "alter role saas_pool reset tenancy.connection_login"
  tests/support/bouncer.sh stop "$pooler"
}

tracked=$(sed -n 's/^track_extra_parameters = //p' docs/poolers.md)
unlike "$tracked" tenancy "no setting of pg_tenancy is tracked"
unlike "$tracked" search_path "nor search_path"
start_server
eve=$(tests/support/mint.sh eve web-app)
each_pooler settings
finish
