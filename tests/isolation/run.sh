#!/usr/bin/env bash
# Races of two sessions and more, on a running server: makes the database, mints the tokens, runs every spec.
#
#   run.sh [SPEC...]
set -euo pipefail
database=tenancy_races
output=build/isolation
tester=$(dirname "$("${PG_CONFIG:-pg_config}" --pgxs)")/../test/isolation/pg_isolation_regress
mint=tests/support/mint.sh

if [ $# -gt 0 ]; then specs=("$@"); else
  # The one that drops the extension comes last.
  mapfile -t specs < <(basename --suffix .spec --multiple tests/isolation/specs/*.spec | grep -vx drop_extension)
  specs+=(drop_extension)
fi

psql=(psql --quiet --no-psqlrc --set ON_ERROR_STOP=1)
"${psql[@]}" --dbname postgres --command "set client_min_messages = error" --command "drop database if exists $database" \
  --command "drop role if exists race_pool, race_pool_app" --command "create database $database"
"${psql[@]}" --dbname "$database" --set pool=race_pool --set "jwks=$(cat "${TENANCY_KEYS:-build/test/keys}/jwks.json")" \
  --file tests/support/notes.sql
now=$(date +%s)
"${psql[@]}" --dbname "$database" --set "jwks=$(cat "${TENANCY_KEYS:-build/test/keys}/jwks.json")" \
  --set "ann=$("$mint" ann web)" --set "bob=$("$mint" bob web)" \
  --set "ann_id=$("$mint" ann web --key "${TENANCY_KEYS:-build/test/keys}/id.pem" --kid id-key)" \
  --set "ann_old=$("$mint" ann web --claim-json "iat=$((now - 7200))" --claim-json "exp=$((now + 7200))")" \
  --set "ann_past=$("$mint" ann web --claim-json "iat=$((now - 60))" --claim-json "exp=$now")" \
  --file tests/isolation/races.sql
mkdir -p "$output"
"$tester" --use-existing --dbname "$database" --inputdir tests/isolation --outputdir "$output" "${specs[@]}"
# The specs have their tokens in a table, where nobody else's would be.
"${psql[@]}" --dbname postgres --command "drop database $database"
