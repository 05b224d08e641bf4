#!/usr/bin/env bash
# Makes the sample application in a new database: schema, seed, compiled policy, issuer, pools.
#
#   application.sh DATABASE
set -euo pipefail
database=$1
example=policy/examples/saas
psql=(psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname "$database")

psql --quiet --no-psqlrc --dbname postgres --command "drop database if exists $database" --command "create database $database"
"${psql[@]}" --command "create extension pg_tenancy"
"${psql[@]}" --file "$example/schema.sql"
"${psql[@]}" --file "$example/seed.sql"
"$TENANCY" build "$example/tenancy.yaml" | "${psql[@]}"
"${psql[@]}" --file tests/support/application.sql
