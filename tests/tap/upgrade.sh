#!/usr/bin/env bash
# The oldest version, upgraded, is the newest version installed, object by object.
set -euo pipefail
source tests/support/tap.sh

objects() { psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$1" --file tests/upgrade/objects.sql; }

oldest=$(ls sql/*--*.sql | sed -n 's/.*pg_tenancy--\([0-9.]*\)\.sql$/\1/p' | sort -V | head -n 1)
newest=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" extension/pg_tenancy.control)

for database in tenancy_old tenancy_new; do
  psql --quiet --command "drop database if exists $database" --command "create database $database"
done
psql --quiet --dbname tenancy_old --command "create extension pg_tenancy version '$oldest'"
psql --quiet --dbname tenancy_new --command "create extension pg_tenancy"

objects tenancy_old > build/test/objects.old
objects tenancy_new > build/test/objects.new
is_not "$(wc -l < build/test/objects.old)" "$(wc -l < build/test/objects.new)" "version $oldest has other objects than $newest"

refusal=$(psql --dbname tenancy_old --command "select tenancy.import_jwks('x', '{}')" 2>&1 || true)
like "$refusal" "the library of pg_tenancy is version $newest, its SQL objects in this database are version $oldest" \
  "the library refuses SQL objects of version $oldest by name"
like "$refusal" "ALTER EXTENSION pg_tenancy UPDATE" "and says what to do"

psql --quiet --dbname tenancy_old --command "alter extension pg_tenancy update"
objects tenancy_old > build/test/objects.old
ok "$(diff build/test/objects.old build/test/objects.new > build/test/objects.diff && echo yes)" \
  "version $oldest upgraded to $newest equals a fresh install" build/test/objects.diff
ok "$([ "$(wc -l < build/test/objects.new)" -gt 100 ] && echo yes)" "the comparison saw $(wc -l < build/test/objects.new) facts"

# What 0.2 applied is managed by 0.3 without applying it again.
psql --quiet --command "drop database tenancy_old" --command "create database tenancy_old"
psql --quiet --dbname tenancy_old --command "create extension pg_tenancy version '0.2'" \
  --command "insert into tenancy.application (name) values ('old')" \
  --command "insert into tenancy.rule values ('old', 'public', 'a', 'app', null, 'read', '{id}'), ('old', 'public', 'a', 'app', 'account.admin', 'delete', null),
             ('old', 'public', 'b', 'app', null, 'read', null)" \
  --command "alter extension pg_tenancy update"
is "$(psql --tuples-only --no-align --dbname tenancy_old --command "
  select string_agg(concat_ws(' ', m.table_name, m.enforcement, m.columns, m.before is null,
                              (select count(*) from tenancy.rule r where (r.table_name, r.hash) = (m.table_name, m.hash))), ', ' order by 1) from tenancy.managed_table m")" \
  "a enforce strict t 2, b enforce strict t 1" "an applied policy's tables are managed after the upgrade, with their rules"
is "$(psql --tuples-only --no-align --dbname tenancy_old --command "select count(distinct hash) from tenancy.rule where hash ~ '^[0-9a-f]{64}\$'")" 2 "each with a hash of its own"

psql --quiet --command "drop database tenancy_old" --command "drop database tenancy_new"
finish
