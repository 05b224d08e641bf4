#!/usr/bin/env bash
# `tenancy check --db` finds nothing in the sample application as it is applied; each hole that is made here is
# found, alone and by the right name, and gone after the fix that was printed.
set -uo pipefail
source tests/support/tap.sh
TENANCY=${TENANCY:-$PWD/build/dev/tenancy}
TENANCY_KEYS=${TENANCY_KEYS:-$PWD/build/test/keys}
export TENANCY_KEYS DATABASE=saas PGOPTIONS='--client-min-messages=warning'
PATH=$(dirname "$TENANCY"):$PATH
example=policy/examples/saas
server=build/test/findings
work=build/test/findings_work
trap 'tests/support/server.sh stop "$server" > /dev/null; rm -rf "$work"' EXIT
mkdir -p "$work"
[ -f "$TENANCY_KEYS/jwks.json" ] || tests/support/keys.sh "$TENANCY_KEYS"

tests/support/server.sh start "$server" "wal_level = logical" > /dev/null
eval "$(tests/support/server.sh env "$server")"
policy=$work/tenancy.yaml
cp "$example/tenancy.yaml" "$policy"
sql() { psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname saas --command "$1" 2>&1; }
check() { "$TENANCY" check "$policy" --db "${1:-dbname=saas}" 2> "$work/errors"; }
apply() { "$TENANCY" build "$policy" --db saas 2> /dev/null | psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname saas 2>&1; }
createdb saas
check > /dev/null
like "$(cat "$work/errors")" 'extension "pg_tenancy" is not installed in database "saas"' "without the extension it does not look"
check > /dev/null
is "$?" 2 "and says so by its exit status"
check "host=$PWD/$work dbname=saas" > /dev/null
is "$?" 2 "as it does without a server"
sql "create extension pg_tenancy"
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --dbname saas --file "$example/schema.sql"

# names_of TEXT: the severity and the check of each finding.
names_of() { sed -n 's/^[^ ]*: \(error\|warning\)\[\([a-z-]*\)\]: .*/\1 \2/p' <<< "$1"; }
# fix_of TEXT: what was printed to mend it.
fix_of() { awk '/^  fix: / {fix = 1; print substr($0, 8); next} fix && /^       / {print substr($0, 8); next} {fix = 0}' <<< "$1"; }
mend() { case $1 in tenancy\ *) bash -c "$1" 2>&1 ;; *) sql "$1" ;; esac; }
tried=""
# hole CHECK OBJECT SQL: OBJECT is what the finding is about.
hole() {
  local name="$1 $2" said status fix
  tried+="$1"$'\n'
  said=$(sql "$3")
  [ -z "$said" ] || is "$said" "" "$name: made"
  said=$(check)
  status=$?
  is "$(names_of "$said")" "${expected:-error} $1" "$1 found alone after: $3"
  is "$status" "$([ "${expected:-error}" = error ] && echo 1 || echo 0)" "$name: exit status"
  like "$said" "[$1]: $2: " "$name: the object is named"
  fix=$(fix_of "$said")
  said=$(mend "$fix")
  [[ $said != *[Ee][Rr][Rr][Oo][Rr]* ]] || is "$said" "" "$name: the fix runs"
  said=$(check)
  is "$? $(names_of "$said")" "0 " "$name: gone after: $fix"
}
# one_fix CHECK SQL: found for several objects, and all gone after the first fix.
one_fix() {
  local said fix
  is "$(sql "$2")" "" "$1: made"
  said=$(check)
  is "$(names_of "$said" | sort | uniq)" "error $1" "$1 found after: $2"
  fix=$(fix_of "$said" | head -n 1)
  is "$(sql "$fix")" "" "$1: the fix runs"
  said=$(check)
  is "$? $(names_of "$said")" "0 " "$1: gone after: $fix"
}

hole not-applied saas ""
psql --quiet --no-psqlrc --dbname saas --file "$example/seed.sql" --file "$example/trust.sql" \
  --command "revoke connect on database postgres, template1 from public"

clean="$policy: 0 errors, 0 warnings in 7 tables of the policy and 2 pools"
is "$(check)" "$clean" "the sample application is clean"
check > /dev/null
is "$?" 0 "which is exit status 0"

# --- The file and what was applied ---------------------------------------------------------------

echo "# a remark" >> "$policy"
hole not-applied saas ""
sql "alter table countries rename to nations"
said=$(check)
is "$(names_of "$said")" "error table-missing
error undeclared-table" "a table that was renamed is missing, and another is there"
sql "alter table nations rename to countries"
tried+=$'table-missing\n'

# --- Tables --------------------------------------------------------------------------------------

hole row-security-off public.documents "alter table documents disable row level security"
hole row-security-not-forced public.documents "alter table documents no force row level security"
hole undeclared-table public.documents_backup "create table documents_backup as table documents; grant select on documents_backup to saas_app"
hole undeclared-table public.copy "create table copy (like documents including all); grant insert (title), update (title) on copy to public"
hole undeclared-table public.copies "create table copies (n int) partition by list (n); grant select on copies to saas_app_pool"
hole undeclared-table public.account_members "grant select on account_members to saas_dashboard"
sql "create role reader nologin; grant reader to saas_app_pool; create table loose (n int); grant select on loose to postgres"
hole undeclared-table public.loose "grant select on loose to reader"
hole rule "log on public.documents" "create rule log as on update to documents do also delete from loose"
hole publication "public.documents in news" "create publication news for table documents"
is "$(sql "alter publication news set table documents where (published)"; check)" "$clean" "with a row filter it is none"
sql "drop publication news"
one_fix publication "create publication everything for all tables"
one_fix publication "create publication news_of_public for tables in schema public"

# --- Keys ----------------------------------------------------------------------------------------

hole unique-without-tenant "documents_title_key on public.documents" "alter table documents add unique (title)"
hole unique-without-tenant "public.lower_title on public.documents" "create unique index lower_title on documents (lower(title)) where published"
hole unique-without-tenant "one_name on public.accounts" "alter table accounts add constraint one_name unique (name, plan)"
hole unique-without-tenant "one_title on public.documents" "alter table documents add constraint one_title exclude using btree (title with =)"
sql "alter table documents add constraint with_key unique (id, title)"
is "$(check)" "$clean" "keys that hold what no tenant writes are none"
sql "alter table documents drop constraint with_key"
hole foreign-key-without-tenant "answered on public.comments" "alter table comments add column answers uuid, add unique (id, account_id),
  add constraint answered foreign key (answers) references comments on delete set null"
hole foreign-key-without-tenant "billed on public.documents" "alter table documents add column invoice bigint constraint billed references invoices on delete cascade"
is "$(sql "select pg_get_constraintdef(oid) from pg_constraint where conname in ('answered', 'billed') order by conname")" \
  "FOREIGN KEY (answers, account_id) REFERENCES comments(id, account_id) ON DELETE SET NULL (answers)
FOREIGN KEY (invoice, account_id) REFERENCES invoices(id, account_id) ON DELETE CASCADE" "the mended keys say what they said, and the tenant"
sql "alter table invoices add column country text constraint sold_in references countries on delete cascade on update cascade"
is "$(check)" "$clean" "a cascade from rows that nobody may delete is none"
sed -i 's/^      - { context: \[app, dashboard\], read: all }/&\n      - { role: account.owner, context: [dashboard], delete: rows }/' "$policy"
apply
hole cascade-across-tenants "sold_in on public.invoices" ""
is "$(sql "select pg_get_constraintdef(oid) from pg_constraint where conname = 'sold_in'")" "FOREIGN KEY (country) REFERENCES countries(code)" "without its actions"
cp "$example/tenancy.yaml" "$policy"
apply

# --- Policies, defaults, the directory function --------------------------------------------------

hole floor-missing "saas_app_floor on public.documents" "drop policy saas_app_floor on documents"
hole floor-altered "saas_app_floor on public.documents" "alter policy saas_app_floor on documents using (true)"
hole floor-altered "saas_app_floor on public.documents" "alter policy saas_app_floor on documents with check (account_id = tenancy.account_uuid())"
hole floor-altered "saas_app_floor on public.documents" "alter policy saas_app_floor on documents to saas_dashboard"
hole floor-altered "saas_dashboard_floor on public.users" "drop policy saas_dashboard_floor on users;
  create policy saas_dashboard_floor on users to saas_dashboard using (account_id = tenancy.account_uuid()) with check (account_id = tenancy.account_uuid())"
hole floor-altered "saas_dashboard_floor on public.users" "drop policy saas_dashboard_floor on users;
  create policy saas_dashboard_floor on users as restrictive for select to saas_dashboard using (account_id = tenancy.account_uuid())"
hole policy-missing "saas_app_delete on public.comments" "drop policy saas_app_delete on comments"
hole policy-altered "saas_app_update on public.documents" "alter policy saas_app_update on documents with check (tenancy.context_is('saas', 'app'))"
hole policy-altered "saas_app_select on public.documents" "alter policy saas_app_select on documents to saas_app, saas_dashboard"
hole policy-altered "saas_app_select on public.countries" "alter policy saas_app_select on countries
  using (tenancy.context_is('saas', 'app') and code in (select c.code from countries c where c.code = countries.code))"
hole undeclared-policy "mine on public.documents" "create policy mine on documents to saas_app using (owner_id is null)"
hole undeclared-policy "narrower on public.documents" "create policy narrower on documents as restrictive using (published)"
hole policy-to-public "support on public.documents" "create policy support on documents using (true)"
hole default-altered public.documents.workspace_id "alter table documents alter column workspace_id drop default"
hole default-altered public.documents.account_id "alter table documents alter column account_id set default 'a0000000-0000-4000-8000-000000000001'"
directory="public.saas_directory(text, text, text, text)"
replace="create or replace function saas_directory(issuer text, subject text, account text, workspace text,
  out account_key text, out workspace_key text, out user_key text, out roles text[], out why_not text)"
hole directory-altered "$directory" "$replace language sql stable security definer set search_path = pg_catalog, pg_temp as \$\$
  select account, workspace, subject, array['account.owner'], null \$\$"
hole directory-altered "$directory" "alter function saas_directory security invoker"
hole directory-altered "$directory" "alter function saas_directory reset search_path"
hole directory-altered "$directory" "drop function saas_directory"
hole directory-altered "$directory" "create role bound; grant create on schema public to bound; alter function saas_directory owner to bound; revoke create on schema public from bound"
hole directory-altered "$directory" "update tenancy.application set directory_schema = 'tenancy', directory_name = 'directory' where name = 'saas'"

# --- Grants --------------------------------------------------------------------------------------

hole undeclared-grant public.invoices "grant delete on invoices to saas_dashboard"
hole undeclared-grant public.invoices "grant select (number) on invoices to saas_app"
hole undeclared-grant public.documents "grant select on documents to public"
hole undeclared-grant public.documents "grant select (title), update (title) on documents to saas_app_pool"
hole undeclared-grant public.documents "grant insert on documents to reader"
sql "create role metabase; create role keeper"
hole undeclared-grant public.documents "grant select, truncate on documents to metabase"
hole undeclared-grant public.documents "grant select on documents to keeper with grant option; set role keeper; grant select on documents to reader"
hole undeclared-grant public.open_documents "create view open_documents with (security_invoker = true) as select id, title from documents; grant select on open_documents to saas_app"
hole undeclared-grant public.titles "create view titles as select 'a' as title; grant select (title) on titles to public"
hole undeclared-grant public.numbers "create sequence numbers; grant usage, select, update on numbers to saas_app"
hole undeclared-grant "public.search(text)" "create function search(text) returns int language sql as 'select 1'; grant execute on function search to saas_app"
hole wider-grant public.users "grant select on users to saas_app"
hole wider-grant public.users "grant select (email) on users to saas_app"
hole wider-grant public.documents "grant update (account_id) on documents to saas_app"
hole wider-grant public.documents "grant insert, update on documents to saas_app"
hole excess-privilege public.documents "grant truncate on documents to saas_app"
hole excess-privilege public.documents "grant references, trigger on documents to public"
hole excess-privilege public.documents "grant references (title) on documents to saas_app_pool"
hole excess-privilege public.documents "grant select on documents to saas_app with grant option"
if [ "$(sql "select current_setting('server_version_num')::int >= 170000")" = t ]; then
  hole excess-privilege public.documents "grant maintain on documents to saas_app"
fi
hole missing-grant public.documents "revoke delete on documents from saas_app"
hole missing-grant public.documents "revoke update (title) on documents from saas_app"
hole missing-grant public "revoke usage on schema public from saas_app, public; grant usage on schema public to saas_dashboard, postgres"
sql "grant usage on schema public to public"
hole missing-grant public.documents_n_seq "alter table documents add column n serial"
sql "create table documents_of_ann () inherits (documents)"
hole partition-reachable public.documents_of_ann "grant select on documents_of_ann to saas_app"
sql "alter table documents_of_ann no inherit documents; create table elsewhere (like documents); create schema attic; alter table elsewhere set schema attic; alter table attic.elsewhere inherit documents"
hole partition-reachable attic.elsewhere "grant usage on schema attic to saas_app; grant insert on attic.elsewhere to saas_app"
sql "drop table attic.elsewhere, documents_of_ann"

# --- Roles ---------------------------------------------------------------------------------------

hole context-role saas_app "alter role saas_app login"
hole context-role saas_app "alter role saas_app bypassrls"
hole context-role saas_app "create role bypasser bypassrls; grant bypasser to saas_app"
hole context-role saas_app "create role friend; grant friend to saas_app"
hole context-role saas_app "grant pg_read_all_data to saas_app"
hole context-role saas_dashboard "create view owned as select 1 as n; alter view owned owner to saas_dashboard"
hole context-role saas_dashboard "create role owner; create table of_owner (n int); alter table of_owner owner to owner; grant owner to saas_dashboard"
hole bypass-reachable bypasser "grant bypasser to friend; grant friend to saas_app_pool"
sql "revoke bypasser from friend"
hole bypass-reachable saas_app_pool "alter role saas_app_pool bypassrls"
hole bypass-reachable saas_app_pool "alter role saas_app_pool superuser"
hole owner-reachable owner "alter table invoices owner to owner; grant owner to friend; grant friend to saas_app_pool"
hole owner-reachable saas_app_pool "alter table invoices owner to saas_app_pool"

# --- Code ----------------------------------------------------------------------------------------

hole definer-view public.all_titles "create view all_titles as select title from documents; grant select on all_titles to saas_app"
hole definer-view public.outer_titles "create view inner_titles as select title from documents; create view outer_titles as select * from inner_titles;
  grant select (title) on outer_titles to public"
sql "create view invoker_titles with (security_invoker) as select title from documents; create view over_invoker as select * from invoker_titles"
is "$(PGUSER=saas_app_pool PGDATABASE=saas psql -qAtX -c "select 1 from over_invoker" 2>&1 | head -n 1)" "ERROR:  permission denied for view over_invoker" "control: not granted"
sql "grant select on over_invoker to saas_app"
like "$(PGUSER=saas_app_pool PGDATABASE=saas psql -qAtX -c "select 1 from over_invoker" 2>&1 | head -n 1)" "no identity" "what stands over a security_invoker view is bound too"
hole undeclared-grant public.over_invoker ""
hole materialized-view public.counted "create materialized view counted as select count(*) from over_invoker; grant select on counted to saas_app"
hole definer-view public.of_counted "create view of_counted as select * from counted; grant select on of_counted to saas_app"
hole definer-function "public.all_documents()" "create function all_documents() returns setof documents language sql security definer set search_path = pg_catalog as 'select * from public.documents'"
hole definer-function "public.one(integer)" "create function one(int) returns int language sql security definer as 'select 1'; alter function one owner to friend;
  revoke execute on function one from public; grant execute on function one to saas_app"
hole definer-function "public.act()" "create procedure act() language sql security definer as 'select 1'"
expected=warning hole definer-trigger "audit on public.documents" "create function audit() returns trigger language plpgsql security definer as 'begin return null; end';
  create trigger audit after insert on documents for each row execute function audit()"

# --- Pools ---------------------------------------------------------------------------------------

hole pool-create-in-schema attic "grant create on schema attic to saas_app"
hole pool-temporary saas "grant temporary on database saas to public"
hole pool-missing-role ghost_pool "insert into tenancy.pool select 'ghost_pool', api_context, application, issuer, audiences from tenancy.pool limit 1"

# --- What else the file declares, and a table of partitions --------------------------------------

sql 'create table "Odd ""Events" (account_id uuid not null, workspace_id uuid not null, "On" date not null, note varchar(9), kind numeric(5, 2))
       partition by range ("On");
     create table events_1 partition of "Odd ""Events" for values from (minvalue) to (maxvalue);
     create schema other; create table other.documents (id int, account_id uuid not null, title text collate "C");
     create function search_documents(text) returns bigint language sql as $$select count(*) from documents where title = $1$$;
     create function stats() returns bigint language sql security definer set search_path = pg_catalog as $$select 1::bigint$$'
cat >> "$policy" <<'YAML'
  'Odd "Events':
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all, rows: "note <> 'secret' and kind > 1.5" }
      - { role: workspace.viewer, context: [app], insert: ['On', note] }
  other.documents:
    scope: account
    rules:
      - { role: workspace.viewer, context: [app], read: all, rows: "title in ('a', 'b')" }
  account_members:
    scope: account
    rules:
      - { role: account.admin, context: [dashboard], read: all, rows: "exists(commented)" }
relations:
  commented: { table: comments, match: "comments.author_id = account_members.user_id and comments.body <> ''" }
outside:
  metabase: { access: bypass, reason: "reads what it likes" }
views:
  open_documents: { context: [app], read: [title] }
functions:
  "search_documents(text)": { context: [app] }
  "stats()": { context: [app], definer: "it counts nothing" }
sequences:
  numbers: { context: [app] }
YAML
is "$(apply)" "" "more is declared and applied"
sql "grant select on documents to metabase; create policy metabase on documents to metabase using (true)"
is "$(check)" "${clean/7 tables/10 tables}" "it is clean"
odd='public."Odd ""Events"'
hole row-security-off "$odd" "alter table $odd disable row level security"
hole policy-altered "saas_app_select on $odd" "alter policy saas_app_select on $odd using (note <> 'secret'::text)"
hole floor-missing "saas_app_floor on other.documents" "drop policy saas_app_floor on other.documents"
hole row-security-off public.events_1 "alter table events_1 disable row level security"
hole row-security-not-forced public.events_1 "alter table events_1 no force row level security"
hole floor-missing "saas_dashboard_floor on public.events_1" "drop policy saas_dashboard_floor on events_1"
hole floor-altered "saas_app_floor on public.events_1" "alter policy saas_app_floor on events_1 using (true)"
hole undeclared-policy "mine on public.events_1" "create policy mine on events_1 to saas_app using (true)"
hole partition-reachable public.events_1 "grant select, insert on events_1 to public"
hole publication "$odd in news" "create publication news for table only events_1"
sql "drop publication news"
hole publication "$odd in news" "create publication news for table $odd with (publish_via_partition_root)"
sql "drop publication news"
relation="public.saas_commented()"
hole relation-altered "$relation" "create or replace function saas_commented() returns setof uuid language sql stable security definer
  set search_path = pg_catalog, pg_temp as 'select author_id from public.comments'"
hole relation-altered "$relation" "alter function saas_commented reset search_path; alter function saas_commented set search_path = public"
hole undeclared-grant "$relation" "grant execute on function saas_commented to public"
hole missing-grant "$relation" "revoke execute on function saas_commented from saas_dashboard"
hole definer-view public.open_documents "alter view open_documents reset (security_invoker)"
hole wider-grant public.open_documents "grant select on open_documents to saas_app"
hole wider-grant public.open_documents "grant select (id) on open_documents to saas_app"
hole undeclared-grant public.open_documents "grant select on open_documents to saas_dashboard"
hole missing-grant public.open_documents "revoke select (title) on open_documents from saas_app"
hole definer-function "public.search_documents(text)" "alter function search_documents security definer"
hole definer-function "public.stats()" "alter function stats reset search_path"
hole undeclared-grant "public.stats()" "grant execute on function stats to public"
hole missing-grant "public.search_documents(text)" "revoke execute on function search_documents from saas_app"
hole missing-grant public.numbers "revoke usage on sequence numbers from saas_app"
hole rules-altered public.documents "update tenancy.rule set columns = columns || array['id'] where table_name = 'documents' and schema_name = 'public' and verb = 'update' and api_context = 'app'"
hole rules-altered public.documents "insert into tenancy.rule select application, schema_name, table_name, api_context, 'workspace.viewer', 'delete', null, hash
  from tenancy.rule where table_name = 'documents' and schema_name = 'public' limit 1"
hole rules-altered public.documents "delete from tenancy.managed_table where table_name = 'documents' and schema_name = 'public'"
hole rules-altered public.documents "update tenancy.managed_table set enforcement = 'report' where table_name = 'documents' and schema_name = 'public'"

sed -i 's/^application: saas$/&\ncolumns: orm/' "$policy"
apply
hole column-trigger "saas_written_columns on public.documents" "alter table documents disable trigger saas_written_columns"
hole column-trigger "saas_written_columns on public.documents" "drop trigger saas_written_columns on documents"
sed -i 's/^  invoices:$/&\n    enforce: report/' "$policy"
apply
sql "grant select on invoices to metabase; create policy metabase on invoices to metabase using (true)"
is "$(check)" "${clean/7 tables/10 tables}" "a table that only reports keeps its grants and policies"
hole policy-altered "saas_report_update on public.invoices" "alter policy saas_report_update on invoices using (true)"
hole policy-missing "saas_report_select on public.invoices" "drop policy saas_report_select on invoices"
hole rules-altered public.invoices "update tenancy.managed_table set enforcement = 'enforce' where table_name = 'invoices'"
sql "revoke select on invoices from metabase; drop policy metabase on invoices"
cp "$policy" "$work/with_report.yaml"
sed -i '/^    enforce: report$/d' "$policy"
apply
is "$(check)" "${clean/7 tables/10 tables}" "then it enforces"

# --- What is meant to be so ----------------------------------------------------------------------

accept() { "$TENANCY" check "$policy" --db dbname=saas --accept "$work/accepted.yaml" 2> "$work/errors"; }
printf 'accept:\n  - { check: publication, object: public.documents in news, reason: "the warehouse" }\n' > "$work/accepted.yaml"
accept > /dev/null
like "$(cat "$work/errors")" "warning[unused-acceptance]: nothing is found of publication on public.documents in news" "what nothing answers to is said"
sql "create publication news for table documents, invoices"
said=$(accept)
is "$? $(names_of "$said")" "1 error publication" "one is accepted, the other is not"
like "$said" "1 error, 0 warnings, 1 accepted" "and counted"
sql "drop publication news"
printf 'accept:\n  - { check: publications, object: x, reason: "y" }\n  - { check: publication, object: x }\n' > "$work/accepted.yaml"
accept > /dev/null
is "$? $(grep -c 'error\[\(unknown-check\|missing-key\)\]' "$work/errors")" "2 2" "a check that there is not, and no reason, are refused"

# --- Who looks, and what is left behind ----------------------------------------------------------

sql "create role auditor login in role tenancy_auditor; create role stranger login; grant temporary on database saas to auditor"
state() { pg_dump --schema-only saas 2> /dev/null | grep -v '^.\(un\)\?restrict'; sql "select count(*) from pg_class; select nspname from pg_namespace order by 1; select datname, temp_files from pg_stat_database where datname = 'saas'"; }
before=$(state)
is "$(check "dbname=saas user=auditor")" "${clean/7 tables/10 tables}" "an auditor with TEMP sees all"
is "$(state)" "$before" "and leaves nothing behind"
said=$(check "dbname=saas user=stranger")
is "$? $(names_of "$said")" "0 " "an ordinary role finds nothing that is not there"
is "$(grep -c '^not seen: ' <<< "$said")" 4 "and is told what it did not see"
sql "alter policy saas_app_floor on documents using (true)"
is "$(names_of "$(check "dbname=saas user=stranger")")" "" "as that a floor was altered"
is "$(names_of "$(check "dbname=saas user=auditor")")" "error floor-altered" "which the auditor sees"
sql "drop policy saas_app_floor on documents; alter table documents disable row level security; grant select on invoices to saas_app"
is "$(names_of "$(check "dbname=saas user=stranger")")" "error row-security-off
error floor-missing
error undeclared-grant" "what the catalog tells, everybody sees"
is "$(check)" "$(check)" "the same is said in the same order"
apply
psql --quiet --no-psqlrc --dbname saas > /dev/null --command "begin" --command "lock table documents in access exclusive mode" \
  --command "select pg_sleep(3)" &
sleep 0.5
is "$(names_of "$(PGOPTIONS='-c statement_timeout=2s' check)")" "" "a table that somebody has locked is looked at too"
wait $!
is "$(sql "update tenancy.pool set login_role = 'stranger' where login_role = 'saas_app_pool'; select 1")" 1 "a pool looks"
check "dbname=saas user=stranger" > /dev/null
is "$? $(grep "^tenancy:" "$work/errors")" "2 tenancy: SET search_path is not allowed to pool role \"stranger\"" "and may not even prepare to"
sql "update tenancy.pool set login_role = 'saas_app_pool' where login_role = 'stranger'"

all=$(sed -n '/all_checks\[\]/,/^};/s/^  {"\([a-z-]*\)".*/\1/p' policy/live/findings.cpp | sort)
is "$(grep -v '^pool-' <<< "$tried" | sort -u | sed '/^$/d')" "$all" "every check was tried"
finish
