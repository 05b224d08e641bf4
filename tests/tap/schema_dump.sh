#!/usr/bin/env bash
# What `tenancy schema dump` writes is what the catalog has, for tables of every kind, to the byte.
set -uo pipefail
source tests/support/tap.sh
export PGOPTIONS='--client-min-messages=warning'
database=tenancy_odd
work=build/test/schema
golden=tests/unit/policy/odd_tables.schema.yaml
mkdir -p "$work"
psql=(psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1)
remove() {
  "${psql[@]}" --command "drop database if exists $database" --command "drop database if exists tenancy_restored_odd" \
    --command "drop role if exists odd_owner" --command 'drop role if exists "Odd Röle: #1"' \
    --command "drop role if exists odd_reader" > /dev/null
}
trap remove EXIT
remove
"${psql[@]}" --command "create database $database template template0 encoding 'UTF8' locale 'C'"
"${psql[@]}" --dbname $database --command "create extension pg_tenancy" --command "create extension pgtap" \
  --file tests/support/odd_tables.sql > "$work/psql.log" 2>&1
ok "$([ $? -eq 0 ] && echo yes)" "the tables are made" "$work/psql.log"
major=$("${psql[@]}" --command "select current_setting('server_version_num')::int / 10000")

"$TENANCY" schema dump --db "dbname=$database" -o "$work/first.yaml" 2> "$work/err"
is $? 0 "they are dumped, and what is written reads back as the same"
# The rest of the file is the same on every version.
sed "s/^postgresql: $major\$/postgresql: 15/" "$work/first.yaml" > "$work/as_15.yaml"
[ -z "${UPDATE:-}" ] || cp "$work/as_15.yaml" "$golden"
diff -u "$golden" "$work/as_15.yaml" > "$work/diff"
ok "$([ $? -eq 0 ] && echo yes)" "line by line what the catalog has" "$work/diff"

PGDATABASE=$database PGOPTIONS="-c search_path=public,elsewhere -c quote_all_identifiers=on -c datestyle=German -c intervalstyle=iso_8601 \
  -c timezone=Asia/Tokyo -c bytea_output=escape -c extra_float_digits=-5 -c standard_conforming_strings=off" \
  "$TENANCY" schema dump --db '' > "$work/second.yaml" 2> "$work/err"
is $? 0 "from the environment too" "$work/err"
ok "$(cmp -s "$work/first.yaml" "$work/second.yaml" && echo yes)" "whatever the session's settings: the same bytes"

"${psql[@]}" --dbname $database --command "create role odd_reader login"
PGUSER=odd_reader "$TENANCY" schema dump --db $database > "$work/reader.yaml" 2> "$work/err"
ok "$(cmp -s "$work/first.yaml" "$work/reader.yaml" && echo yes)" "a role without a right on any table reads the same" "$work/err"

# Another history, with other OIDs and no dropped columns, of the same tables.
"${psql[@]}" --command "create database tenancy_restored_odd template template0 encoding 'UTF8' locale 'C'"
pg_dump --format custom --schema-only $database | pg_restore --exit-on-error --dbname tenancy_restored_odd 2> "$work/err"
is $? 0 "the database is restored under another name"
"$TENANCY" schema dump --db tenancy_restored_odd > "$work/restored.yaml"
diff "$work/first.yaml" "$work/restored.yaml" > "$work/diff"
ok "$([ $? -eq 0 ] && echo yes)" "its tables give the same bytes" "$work/diff"

"$TENANCY" schema dump --db $database --schema-name elsewhere --schema-name 'Odd Schema.1' > "$work/some.yaml"
is "$(grep -oE '^  ("|'"'"'"Odd|elsewhere|public|tenancy)[^.]*\.' "$work/some.yaml" | sort -u | tr -d ' ' | paste -sd ' ')" \
  "'\"OddSchema. elsewhere. tenancy." "schemas can be named; the directory's tables come along"
"$TENANCY" schema dump --db $database --schema-name elsewhere --schema-name nowhere > "$work/out" 2> "$work/err"
is "$?,$(cat "$work/out")" "2," "a schema that is not there: exit status 2, nothing written"
like "$(cat "$work/err")" 'tenancy: there is no schema "nowhere" to read' "and which one it is"

if [ "$major" -ge 18 ]; then
  "${psql[@]}" --dbname $database --command "create table elsewhere.newer (id int4range, stay daterange, primary key (id, stay without overlaps),
      a integer, b integer generated always as (a + 1) virtual, c integer generated always as (a) stored, foreign key (id, period stay) references elsewhere.newer (id, period stay))" \
    --command "alter table elsewhere.newer add constraint later not null a not valid, add constraint now not null c,
      add constraint told foreign key (a) references elsewhere.far not enforced"
  "$TENANCY" schema dump --db $database --schema-name elsewhere | sed -n '/elsewhere.newer:/,/^  tenancy/p' > "$work/newer"
  is "$(sed -n '/ a:/p;/ b:/p;/ c:/p;/_pkey:/p;/_fkey:/p;/told:/p' "$work/newer" | sed 's/^ *//')" \
    "a: integer
b: integer generated always as ((a + 1)) virtual
c: integer not null generated always as (a) stored
newer_pkey: primary key (id, stay) without overlaps
newer_id_stay_fkey: (id, stay) references elsewhere.newer (id, stay) period
told: (a) references elsewhere.far (id) not valid" "what came with PostgreSQL 18"
fi

# Errors of the connection: what to do, and never the password.
refused() { # CONNINFO TEXT NAME
  "$TENANCY" schema dump --db "$1" > "$work/out" 2> "$work/err"
  is "$?,$(cat "$work/out")" "2," "$3: exit status 2, nothing written"
  like "$(cat "$work/err")" "$2" "$3: says so"
  like "$(cat "$work/err")" "hint: " "$3: says what to do"
  unlike "$(cat "$work/err")" "hunter2" "$3: tells no password"
}
refused "dbname=not_there password=hunter2" 'database "not_there" does not exist' "no such database"
refused "host=/nowhere password=hunter2" "tenancy: connection to server" "no server"
refused "postgresql://ann:pass@hunter2@db.example/app" 'holds an "@"' "an @ in the password of a URI"
refused "postgres//ann:hunter2@db.example/app" "neither a connection string nor" "a slip in the URI"
refused "dbname=app password hunter2" "cannot read this connection string" "a slip in the string"
"${psql[@]}" --dbname $database --command "select 1 from pg_stat_activity where application_name = 'tenancy'" > "$work/out"
is "$(cat "$work/out")" "" "no session is left"
"$TENANCY" schema dump --db $database -o "$work/not/there.yaml" 2> "$work/err"
is "$?,$(cat "$work/err")" "2,tenancy: cannot write \"$work/not/there.yaml\"" "a file that cannot be written"
like "$("$TENANCY" schema dump --help)" "git diff --exit-code tenancy.schema.yaml" "the help shows its use in CI"
finish
