#!/usr/bin/env bash
# PgBouncer's statement mode has no transaction in which a login could hold: what the client is told, and that
# he sees no row. One message is one transaction there too.
set -uo pipefail
source tests/bouncer/setup.bash

refusals() {
  local version=$1 root=$2 mode=$3 conninfo token said
  [ "$mode" = transaction ] || return
  tests/support/bouncer.sh start "$pooler" "$root" pool_mode=statement || exit 1
  conninfo="$(tests/support/bouncer.sh conninfo "$pooler") user=saas_pool dbname=statement"
  token=$(tests/support/mint.sh eve web-app)
  client() { psql "$conninfo" --quiet --no-psqlrc --tuples-only --no-align --set VERBOSITY=verbose --set "token=$token" --file <(echo "$1") 2>&1; }

  said=$(client "begin; select tenancy.login(:'token');")
  like "$said" "transaction blocks not allowed in statement pooling mode" "$version, statement mode: BEGIN says why"
  said=$(client "select tenancy.login(:'token'); select id from documents;")
  like "$said" "ERROR:  28000: no identity is bound in this transaction" "$version, statement mode: the login is over with its statement"
  like "$said" "A pooler must be in transaction or session mode." "$version, statement mode: the hint says what to do"
  unlike "$said" "a3000000" "$version, statement mode: no row"
  said=$(client "select tenancy.login(:'token')\\; select distinct account_id from documents;")
  is "$said" $'\na0000000-0000-4000-8000-000000000001' "$version, statement mode: one message is one transaction"
  like "$(client "select id from documents;")" "28000: no identity" "$version, statement mode: and the next has none"
  tests/support/bouncer.sh stop "$pooler"
}

start_server
each_pooler refusals
finish
