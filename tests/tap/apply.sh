#!/usr/bin/env bash
# tenancy apply on a database that is in use: what the tables lack is made beside a running writer, a second run changes
# nothing, killed runs are gone on with, two do not run at once, and the removal leaves the privileges as they were.
set -uo pipefail
source tests/support/tap.sh
here=tests/tap/apply
work=build/test/apply
database=tenancy_applied
rows=${ROWS:-20000}
mkdir -p "$work"
rm -f "$work"/*
psql=(psql --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database")
sql() { "${psql[@]}" --command "$1"; }
apply() { "$TENANCY" apply "$here/tenancy.yaml" --db "dbname=$database" "$@" > "$work/out" 2> "$work/err"; }

writer=
clean() {
  touch "$work/stop"
  if [ -n "$writer" ]; then wait "$writer"; fi
  psql --quiet --no-psqlrc --dbname postgres --command "drop database if exists $database with (force)" \
    --command "drop role if exists applied_pool, applied_app, applied_dashboard, apply_legacy" > /dev/null 2>&1
}
trap clean EXIT

clean
rm -f "$work/stop"
writer=
psql --quiet --no-psqlrc --dbname postgres --command "create role apply_legacy login" --command "create database $database"
sql "create extension pg_tenancy"
"${psql[@]}" --set rows="$rows" --file "$here/schema.sql"
"${psql[@]}" --file "$here/catalog.sql" > "$work/before"

# --- prepare, beside a writer that knows no tenant columns

( n=0
  while [ ! -e "$work/stop" ]; do
    n=$((n + 1))
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username apply_legacy --dbname "$database" > /dev/null 2>> "$work/writer.err" <<SQL || break
insert into tasks (project_id, title) select 1 + ($n * 7) % 400, 'written $n';
update tasks set title = title || '.' where id = 1 + ($n * 7919) % $rows;
insert into notes (task_id, body) values (1 + ($n * 31) % $rows, 'written $n');
insert into readings values (1 + $n % 1000, date '2026-06-01' + $n, $n) on conflict do nothing;
SQL
    echo "$n" > "$work/written"
  done ) &
writer=$!

apply --dry-run
is $? 0 "a dry run succeeds"
like "$(cat "$work/err")" "Fill tasks.account_id, workspace_id" "it says what would be run"
is "$(sql "select count(*) from pg_attribute where attrelid = 'tasks'::regclass and attname = 'account_id'")" 0 "and runs nothing"

# Killed again and again, a little later each time, until a run comes through.
killed=0
for delay in 0.1 0.2 0.3 0.4 0.5 0.6 0.8 1.0; do
  "$TENANCY" apply "$here/tenancy.yaml" --db "dbname=$database" --phase prepare > "$work/killed.out" 2> "$work/killed.err" &
  run=$!
  sleep "$delay"
  if kill -9 "$run" 2> /dev/null; then killed=$((killed + 1)); fi
  wait "$run" 2> /dev/null
done
ok "$([ "$killed" -gt 0 ] && echo yes)" "prepare was killed ($killed times)"
apply --phase prepare
is $? 0 "and comes through in the end"
touch "$work/stop"
wait "$writer"
writer=
is "$(cat "$work/writer.err" 2> /dev/null)" "" "the writer met no error ($(cat "$work/written") rounds)"

is "$(sql "select string_agg(attrelid::regclass || '.' || attname, ' ' order by 1) from pg_attribute
            where attname in ('account_id', 'workspace_id') and attnotnull
              and attrelid in ('tasks'::regclass, 'notes'::regclass, 'readings'::regclass, 'readings_2026_1'::regclass)" | wc -w)" 8 \
  "children, grandchildren and partitions have tenant columns that are not null"
is "$(sql "select count(*) from tasks t join projects p on p.id = t.project_id
            where (t.account_id, t.workspace_id) is distinct from (p.account_id, p.workspace_id)")" 0 "each task has its project's tenant"
is "$(sql "select count(*) from notes n join tasks t on t.id = n.task_id
            where (n.account_id, n.workspace_id) is distinct from (t.account_id, t.workspace_id)")" 0 "each note has its task's"
is "$(sql "select count(*) from readings r join tasks t on t.id = r.task_id
            where (r.account_id, r.workspace_id) is distinct from (t.account_id, t.workspace_id)")" 0 "each reading has its task's"
is "$(sql "select string_agg(conrelid::regclass || ' ' || confdeltype::text || convalidated, ', ' order by conrelid::regclass::text)
             from pg_constraint where contype = 'f' and cardinality(conkey) = 3 and conparentid = 0")" \
  "notes rtrue, readings atrue, tasks ctrue" "composite keys are there, valid, and delete as the single ones do"
is "$(sql "select count(*) from pg_index where not indisvalid")" 0 "no index is invalid"
is "$(sql "select count(distinct i.indrelid) from pg_index i where i.indrelid in
            ('tasks'::regclass, 'notes'::regclass, 'projects'::regclass, 'readings'::regclass, 'readings_2025'::regclass,
             'readings_2026'::regclass, 'readings_2026_0'::regclass, 'readings_2026_1'::regclass)
            and pg_get_indexdef(i.indexrelid, 1, false) = 'account_id'")" 8 "each table and partition has an index that leads with the tenant"
is "$(sql "select count(*) from pg_constraint where contype = 'c' and conrelid in ('tasks'::regclass, 'notes'::regclass, 'readings'::regclass)")" 0 "no check is left"
like "$(cat "$work/err")" "alter table public.tasks drop constraint tasks_project_id_fkey;" "of the single-column key it is said what it tells"
"${psql[@]}" --file "$here/catalog.sql" > "$work/prepared"
is "$(diff "$work/before" "$work/prepared")" "" "prepare changes no privilege, policy, default or trigger of the application"

# What a CREATE INDEX CONCURRENTLY leaves that was broken off.
sql "update pg_index set indisvalid = false where indexrelid = 'tasks_tenant_idx'::regclass"
oid=$(sql "select 'tasks_tenant_idx'::regclass::oid")
apply --phase prepare
is "$(sql "select indisvalid::text || (indexrelid <> $oid) from pg_index where indexrelid = 'tasks_tenant_idx'::regclass")" truetrue \
  "an invalid index is dropped and made again"

# --- enforce

apply
is $? 0 "the policy is applied"
like "$(cat "$work/out")" "applied: 4 applied, 0 unchanged; 0 steps of prepare" "four tables" "$work/err"
like "$(cat "$work/err")" "left as they are: public.account_members, public.accounts, public.other" "tables that are not in the policy are listed"

fingerprint() {
  sql "select md5(string_agg(x, ',' order by x)) from (
         select 'c' || oid || xmin as x from pg_class union all select 'p' || oid || xmin from pg_policy union all
         select 'a' || attrelid || attname || xmin from pg_attribute union all select 'f' || oid || xmin from pg_proc union all
         select 't' || oid || xmin from pg_trigger union all select 'd' || oid || xmin from pg_attrdef union all
         select 'n' || oid || xmin from pg_namespace union all select 'e' || objoid || objsubid || xmin from pg_description union all
         select 'm' || table_name || xmin from tenancy.managed_table union all select 'r' || ctid || xmin from tenancy.rule union all
         select 'o' || id || xmin from tenancy.policy union all select 'i' || name || xmin from tenancy.application) s"
}
first=$(fingerprint)
# A reader holds a lock on every table: a run that wanted one of them for itself would have to wait.
mkfifo "$work/hold"
"${psql[@]}" < "$work/hold" > /dev/null &
holder=$!
exec 3> "$work/hold"
echo "begin; select 1 from projects, tasks, notes, readings limit 1;" >&3
sleep 0.3
apply --retries 0
is $? 0 "a second run succeeds beside a transaction that reads all tables"
like "$(cat "$work/out")" "applied: 0 applied, 4 unchanged; 0 steps of prepare" "and has nothing to do"
is "$(fingerprint)" "$first" "no row of the catalog was written"

sed 's/update: \[title\], //' "$here/tenancy.yaml" > "$work/tenancy.yaml"
"$TENANCY" apply "$work/tenancy.yaml" --db "dbname=$database" --retries 2 --lock-timeout 50ms > "$work/out" 2> "$work/err"
is $? 1 "a change of a table that is in use gives up after its retries"
like "$(cat "$work/err")" "public.tasks: rows of a workspace, under public.projects (tenancy.yaml:22): canceling statement" "and says at what"
like "$(cat "$work/err")" "held by process" "and behind whom it waited"
echo "commit;" >&3
exec 3>&-
wait "$holder"
"$TENANCY" apply "$work/tenancy.yaml" --db "dbname=$database" > "$work/out" 2> "$work/err"
like "$(cat "$work/out")" "applied: 1 applied, 3 unchanged" "once it is free, that table alone is changed"
apply
like "$(cat "$work/out")" "applied: 1 applied, 3 unchanged" "and changed back"

sql "grant insert on projects to public; alter table readings_2025 disable row level security"
apply
like "$(cat "$work/out")" "applied: 2 applied, 2 unchanged" "what has drifted, on a partition too, is applied again"
is "$(sql "select relrowsecurity from pg_class where relname = 'readings_2025'")$(sql "select has_table_privilege('apply_legacy', 'projects', 'insert')")" tt "as it should be"
is "$(sql "select count(*) from aclexplode((select relacl from pg_class where relname = 'projects')) where grantee = 0")" 0 "and PUBLIC has nothing"
is "$(sql "select string_agg(distinct relrowsecurity::text || relforcerowsecurity, '') from pg_class where relname like 'readings%' and relkind in ('r', 'p')")" truetrue \
  "row level security is forced on each partition"
is "$(sql "select count(*) from pg_policy where polrelid = 'readings_2026_1'::regclass and not polpermissive")" 2 "which have floors"
is "$(sql "select has_table_privilege('applied_app', 'readings_2026_1', 'select')")" f "and grant nothing"
is "$(sql "select obj_description(oid, 'pg_policy') from pg_policy where polname = 'applied_app_select' and polrelid = 'projects'::regclass")" \
  "tenancy.yaml:17; compiled by pg_tenancy" "policies say where they come from"

# Two at once.
"${psql[@]}" --command "select pg_advisory_lock(1952804449, 1), pg_sleep(6)" > /dev/null &
other=$!
sleep 0.3
apply
is $? 1 "a second run at once is refused"
like "$(cat "$work/err")" "another run works on this database: process " "and names the other"
wait "$other"

# --- one table is only watched, and enforced again; another leaves the policy and comes back

sed '/^  tasks:/a\    enforce: report' "$here/tenancy.yaml" > "$work/report.yaml"
state_of() { grep -E "^[a-z ]*\|(public\.)?$1(\.[a-z_]*)?\|" "$2" | grep -v '|policy\|^policy' | grep -v '^rls'; }
"$TENANCY" apply "$work/report.yaml" --db "dbname=$database" > "$work/out" 2> "$work/err"
like "$(cat "$work/out")" "applied: 1 applied, 3 unchanged" "a table is set to report"
"${psql[@]}" --file "$here/catalog.sql" > "$work/reported"
is "$(diff <(state_of tasks "$work/before") <(state_of tasks "$work/reported"))" "" "everyone has again what he had on it"
is "$(psql --username apply_legacy --dbname "$database" --no-psqlrc --tuples-only --no-align --command "select count(*) from tasks")" \
  "$(sql "select count(*) from tasks")" "and sees all of it"
is "$(sql "select sum(rows) from tenancy.report where relation = 'tasks'::regclass and verb = 'read'")" "$(sql "select count(*) from tasks")" \
  "which is counted"
apply
like "$(cat "$work/out")" "applied: 1 applied, 3 unchanged" "it is enforced again"
is "$(psql --username apply_legacy --dbname "$database" --no-psqlrc --tuples-only --no-align --command "select count(*) from tasks")" 0 \
  "and shows nothing to who is not the policy's"
sed '/^  notes:/,/read: all, insert/d' "$here/tenancy.yaml" > "$work/less.yaml"
"$TENANCY" apply "$work/less.yaml" --db "dbname=$database" > "$work/out" 2> "$work/err"
is $? 0 "a table leaves the policy"
is "$(sql "select count(*) from pg_policy where polrelid = 'notes'::regclass")$(sql "select has_table_privilege('applied_app', 'notes', 'select')")" 0f \
  "what it gave is taken back"
is "$(sql "select relforcerowsecurity from pg_class where oid = 'notes'::regclass")" t "and it stays closed"
apply
like "$(cat "$work/out")" "applied: 1 applied, 3 unchanged" "it comes back"

# --- the script for psql says the same

"$TENANCY" build "$here/tenancy.yaml" --db "dbname=$database" -o "$work/build.sql"
unlike "$(cat "$work/build.sql")" "gexec" "of a database that is prepared, the script has no prepare"
"$TENANCY" build "$here/tenancy.yaml" -o "$work/build.sql"
"${psql[@]}" --file "$work/build.sql" > "$work/out" 2>&1
is $? 0 "built without a schema, it runs through where all is there" "$work/out"
"${psql[@]}" --file "$work/build.sql" > "$work/out" 2>&1
is $? 0 "and again"
apply
like "$(cat "$work/out")" "applied: 0 applied, 4 unchanged" "what psql has applied, apply takes for applied"

# --- rows of tenants, by real logins

sql "select tenancy.add_oidc_issuer('https://apply.example', '{app}')" > /dev/null 2>&1 ||
  sql "insert into tenancy.issuer (issuer, audiences) values ('https://apply.example', '{app}')"
sql "create role applied_pool login; grant applied_app to applied_pool;
     insert into tenancy.pool (login_role, api_context, application, issuer) values ('applied_pool', 'app', 'applied', 'https://apply.example')"
"${psql[@]}" --set jwks="$(cat "$TENANCY_KEYS/jwks.json")" > /dev/null <<< "select tenancy.import_jwks('https://apply.example', :'jwks');"
token=$("$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer https://apply.example --subject "user 3" --audience app)
as_user() {
  psql --username applied_pool --dbname "$database" --quiet --no-psqlrc --tuples-only --no-align --set "token=$token" 2>&1 <<SQL
begin;
select tenancy.login(:'token') \\g /dev/null
$1
SQL
}
is "$(as_user "select count(*) from tasks;")" "$(sql "select count(*) from tasks where workspace_id = 3")" "a user sees the tasks of his workspace"
is "$(as_user "select count(*) from readings;")" "$(sql "select count(*) from readings where workspace_id = 3")" "and its readings"
like "$(as_user "select count(*) from readings_2025;")" "permission denied" "but no partition by its name"
like "$(as_user "insert into notes (task_id, body) select min(id), 'own' from tasks returning workspace_id;")" 3 "writes notes on them"
like "$(as_user "insert into notes (task_id, body) values ($(sql "select min(id) from tasks where workspace_id = 4"), 'x');")" \
  "violates foreign key constraint" "and none on another's"

# --- remove

sql "drop owned by applied_pool; delete from tenancy.pool; drop role applied_pool"
"$TENANCY" build "$here/tenancy.yaml" --remove -o "$work/remove.sql"
"${psql[@]}" --file "$work/remove.sql" > "$work/out" 2>&1
is $? 0 "the removal, as a script, runs" "$work/out"
"${psql[@]}" --file "$here/catalog.sql" > "$work/after"
is "$(diff "$work/before" "$work/after")" "" "what decides who may do what is as it was before"
apply
is $? 0 "and the policy can be applied again"
apply --remove
is $? 0 "and removed by apply"
"${psql[@]}" --file "$here/catalog.sql" > "$work/after"
is "$(diff "$work/before" "$work/after")" "" "with the same result"
like "$(cat "$work/err")" "alter table if exists public.notes drop constraint if exists notes_tenant_fkey;" "what prepare made is listed"
is "$(sql "select hash from tenancy.policy order by id desc limit 1")" removed "and the removal recorded"
finish
