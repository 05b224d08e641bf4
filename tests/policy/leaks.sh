#!/usr/bin/env bash
# Known ways in which rows leak past row level security, tried against the compiled policies of policy/examples. The
# numbers are those of the list of 36 classes that the project goes by; each that a policy can answer is here:
#
#    1 a cached plan and another role                16 a function with its owner's rights
#    2 a membership is revoked under a kept plan     17 TRUNCATE
#    3 a unique key as an oracle                     18 WITH CHECKs that add up
#    4 an exclusion constraint as an oracle          19 a row leaves one's own sight
#    5 a foreign key of one column                   20 a leaky function in WHERE
#    6 a cascade past row level security             21 column privileges
#    9 counters and statistics in the catalog        22 settings in a policy
#   10 a sequence                                    23 what the login role itself holds
#   11 a view with its owner's rights                27 COPY
#   12 a materialized view                           28 a dump
#   13 a partition by its name                       30 MERGE, FOR UPDATE, RETURNING, ON CONFLICT
#   14 an inheritance parent                         31 a table that a policy reads
#   15 a rule                                        32 pg_read_all_data
#   34 copies of a table                             35 a role that is gone from the directory
#                                                    36 principals
#
# The extension's, tested elsewhere: 22 settings that are forged (tests/pgtap/attacks/settings.sql), 23 roles
# (attacks/roles.sql), 24 what stays in a connection (attacks/cursors.sql, residue.sql, prepared_statements.sql,
# tests/bouncer/residue.sh), 25 LISTEN (attacks/listen.sql), 26 locks and other sessions (attacks/shared_role.sql,
# other_sessions.sql), 33 changes under a running statement and 35 tokens older than the directory (tests/isolation:
# login_against_role_change, bound_session_against_revocation, write_against_tenants).
# Answered by neither: 7 and 8, EXPLAIN, tells what a plan expects and how many rows a filter removed; 29, what is
# replicated is filtered by its publication.
set -uo pipefail
source tests/policy/setup.bash
trap 'drop_database leaks_telemetry "${telemetry_roles[@]}"; drop_database leaks_helpdesk "${helpdesk_roles[@]}"' EXIT
key() { printf "'%s%s%s%05d-0000-4000-8000-000000000000'" "$1" "$2" "$3" "$4"; }
denied='42501 permission denied*'
violates='42501 new row violates row-level security*'

# --- in every application: what the catalog says -------------------------------------------------------------------
# catalog_of APPLICATION APP-POOL: `role` are the context roles and the login roles of pools.
catalog_of() {
  local app=$1
  sql "drop schema if exists leak cascade; create schema leak;
    create view leak.role as select oid, rolname from pg_roles where rolname in ('${app}_app', '${app}_dashboard') or rolname in (select login_role from tenancy.pool where application = '$app');
    create view leak.managed as select c.oid, c.relname, c.relkind from pg_class c where c.relrowsecurity and c.relnamespace = 'public'::regnamespace"
  is "$(sql "select string_agg(distinct c.relname, ' ') from pg_class c, leak.role r where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
               and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
               and has_any_column_privilege(r.oid, c.oid, 'select, insert, update') and not coalesce('security_invoker=on' = any (c.reloptions) or 'security_invoker=true' = any (c.reloptions), false)")" "" \
    "$app, 11: no view that reads with its owner's rights is open"
  is "$(sql "select string_agg(distinct c.oid::regclass::text, ' ') from pg_class c, leak.role r where c.relkind in ('m', 'f') and has_any_column_privilege(r.oid, c.oid, 'select')")" "" \
    "$app, 12: no materialized view and no foreign table is"
  is "$(sql "select string_agg(distinct i.inhrelid::regclass::text, ' ') from pg_inherits i join leak.managed p on p.oid = i.inhparent join pg_class c on c.oid = i.inhrelid
              where c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy f where f.polrelid = c.oid and not f.polpermissive))")" "" \
    "$app, 13: every partition of a managed table has row level security, forced, and a floor"
  is "$(sql "select string_agg(distinct i.inhrelid::regclass::text, ' ') from pg_inherits i, leak.role r where has_any_column_privilege(r.oid, i.inhrelid, 'select, insert, update') or has_table_privilege(r.oid, i.inhrelid, 'delete')")" "" \
    "$app, 13: and no rights"
  is "$(sql "select string_agg(i.inhparent::regclass::text, ' ') from pg_inherits i join leak.managed c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent and p.relkind in ('r', 'p') and not p.relrowsecurity")" "" \
    "$app, 14: no managed table is read through an unprotected parent"
  is "$(sql "select string_agg(r.rulename, ' ') from pg_rewrite r join leak.managed m on m.oid = r.ev_class")" "" "$app, 15: no rule rewrites a managed table"
  is "$(sql "select string_agg(distinct c.oid::regclass::text, ' ') from pg_class c, leak.role r where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and has_table_privilege(r.oid, c.oid, 'truncate, references, trigger')")" "" \
    "$app, 17: nobody may TRUNCATE, refer to, or put triggers on a table"
  is "$(sql "select string_agg(p.polname, ' ') from pg_policy p where p.polpermissive group by p.polrelid, p.polcmd, p.polroles having count(*) > 1")" "" "$app, 18: one permissive policy for a command, table and role"
  is "$(sql "select string_agg(p.polname, ' ') from pg_policy p where p.polpermissive and 0 = any (p.polroles)")" "" "$app, 18: and none for PUBLIC"
  is "$(sql "select string_agg(m.relname || '.' || p.polname, ' ') from pg_policy p join leak.managed m on m.oid = p.polrelid
              where concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'current_setting|current_user|session_user'")" "" "$app, 22: no policy asks a setting or the name of a role"
  is "$(sql "select string_agg(distinct m.relname, ' ') from leak.managed m where not exists (select from pg_class c where c.oid = m.oid and c.relforcerowsecurity)")" "" "$app: row level security is forced wherever it is on"
  is "$(sql "select string_agg(distinct m.relname, ' ') from leak.managed m join pg_class c on c.oid = m.oid, leak.role r where pg_has_role(r.oid, c.relowner, 'member')")" "" "$app, 23: no pool reaches the owner of a managed table"
  is "$(sql "select string_agg(format('%s: %s', x.grantee::regrole, c.relname), ', ') from pg_class c, aclexplode(c.relacl) x join leak.role r on r.oid = x.grantee
              where c.oid in (select oid from leak.managed) and r.rolname not in ('${app}_app', '${app}_dashboard')")" "" "$app, 23: a login role holds nothing on managed tables but by its context role"
  is "$(sql "select string_agg(r.rolname, ' ') from pg_roles r, leak.role l where pg_has_role(l.oid, r.oid, 'member') and (r.rolbypassrls or r.rolsuper)")" "" "$app, 23: nor can one become a role that bypasses row level security"
  # A key without a tenant column answers for all tenants, if one may choose what it holds.
  is "$(sql "select string_agg(i.indexrelid::regclass::text, ' ' order by i.indexrelid::regclass::text collate \"C\") from pg_index i join leak.managed m on m.oid = i.indrelid
              where (i.indisunique or i.indisexclusion)
                and not exists (select from unnest(i.indkey::int2[]) k join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k
                                 where pg_get_expr((select d.adbin from pg_attrdef d where d.adrelid = i.indrelid and d.adnum = k), i.indrelid) ~ 'account_|workspace_')
                and not exists (select from unnest(i.indkey::int2[]) k where k > 0
                                   and not exists (select from tenancy.rule w where w.application = '$app' and w.table_name = m.relname and w.verb in ('insert', 'update')
                                                      and (w.columns is null or (select attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = k) = any (w.columns))))")" "$2" \
    "$app, 3: keys without a tenant column that a rule lets somebody fill in"
}

# The sample application, which tests/support/application.sh has made on this server.
database=leaks_saas
psql --username postgres --quiet --no-psqlrc --dbname postgres --command "drop database if exists leaks_saas" --command "create database leaks_saas template tenancy_saas"
catalog_of saas ""
psql --username postgres --quiet --no-psqlrc --dbname postgres --command "drop database leaks_saas"

make_telemetry leaks_telemetry
catalog_of telemetry ""

# --- 1: the same plans, in one session, under another identity and another role -------------------------------------
# In one connection, which a pool would hand from one user to the next.
sql "create function public.kept_plan() returns text language plpgsql as \$\$ begin return (select format('%s of %s', count(*), string_agg(distinct organization_id, ' ')) from public.devices); end \$\$;
     create function public.kept_view() returns text language plpgsql as \$\$ begin return (select format('%s of %s', count(*), string_agg(distinct organization_id, ' ')) from public.device_status); end \$\$;
     create function public.kept_srf() returns text language plpgsql as \$\$ begin return (select count(*)::text from public.device_history($(key a 4 1 1), '2026-01-01', '2027-01-01')); end \$\$;
     create function public.kept_cte() returns text language plpgsql as \$\$ begin return (with d as materialized (select id from public.devices) select count(*)::text from d join public.readings r on r.device_id = d.id); end \$\$;
     grant execute on function kept_plan(), kept_view(), kept_srf(), kept_cte() to telemetry_app, telemetry_dashboard"
answers="select kept_plan(), kept_view(), kept_srf(), kept_cte();"
fresh=
interleaved=
for who in olga otto carlo olga; do fresh+="$(client "$who@app" "$answers")/"; done
one_connection="$(for who in otto carlo olga; do printf 'rollback; begin;\nselect tenancy.login($t$%s$t$) \\g /dev/null\n%s\n' "$(token "$who@app")" "$answers"; done)"
interleaved=$(client olga@app "$(for _ in {1..7}; do echo "${answers%;} \\g /dev/null"; done)
$answers
$one_connection")
is "${interleaved//, //}/" "$fresh" "1: kept plans of functions give each user what fresh ones do"
is_not "${fresh%%/*}" "$(cut -d/ -f2 <<< "$fresh")" "1: (and the users differ)"
# One pool with both API contexts, and a session that changes between their roles.
sql "create role telemetry_both_pool login; grant telemetry_app, telemetry_dashboard to telemetry_both_pool;
     insert into tenancy.pool (login_role, application, api_context, issuer, audiences) select 'telemetry_both_pool', application, api_context, issuer, audiences from tenancy.pool;
     select tenancy.protect_pool('telemetry_both_pool')" > /dev/null
pools[app]=telemetry_both_pool
may olga@app "1: the plan of one role is not the other's" \
  "set local role telemetry_app; select kept_plan(); set local role telemetry_dashboard; select kept_plan();" "8 of alpine-power, 0 of "
may olga@app "1: control: and back to her own" "set local role telemetry_app; select kept_plan(); set local role telemetry_dashboard; set local role telemetry_app; select kept_plan();" \
  "8 of alpine-power, 8 of alpine-power"
pools[app]=telemetry_app_pool
# --- 2: membership is revoked between two executions of one plan ----------------------------------------------------
revoke() { printf '\\! psql --username postgres --no-psqlrc --quiet --dbname %s --command "%s"\n' "$database" "$1"; }
# `client` is one transaction, and a GRANT waits for nobody.
may olga@app "2: the context role is taken from the pool under a kept plan" "select kept_plan();
$(revoke "revoke telemetry_app from telemetry_app_pool")
select kept_plan();" "8 of alpine-power, 42501 permission denied*"
sql "grant telemetry_app to telemetry_app_pool"
may olga@app "2: control: it is given back" "select kept_plan();" "8 of alpine-power"
may carlo@app "2: a share is revoked under a kept plan" "select kept_plan();
$(revoke "update device_shares set revoked = true where device_id = $(key a 4 1 2)")
select kept_plan();" "2 of alpine-power, 1 of alpine-power"
sql "update device_shares set revoked = false where device_id = $(key a 4 1 2)"

# --- 3, 4, 5: what an error tells ----------------------------------------------------------------------------------
sql "insert into devices (organization_id, project_id, site_id, serial, label) values ('bay-water', $(key b 1 0 1), $(key b 3 1 1), 'SN-secret', 'x');"
new_device="insert into devices (site_id, serial, label) values ($(key a 3 1 1),"
attempt "3: a serial number that only the other organization has is free" olga@app "$new_device 'SN-secret', 'x') returning label;" x otto@app "${new_device/a31/b31} 'SN-secret', 'x');" "23505 *"
attempt "3: and ON CONFLICT DO NOTHING meets nothing" olga@app "$new_device 'SN-secret', 'x') on conflict do nothing returning label;" x otto@app "${new_device/a31/b31} 'SN-secret', 'x') on conflict do nothing returning label;" ""
window="insert into maintenance_windows (device_id, during, reason) values"
attempt "4: a window over that of a foreign device tells nothing of it" olga@app "$window ($(key b 4 1 1), '[2026-05-02, 2026-05-03)', 'x');" "23503 *" otto@app "$window ($(key b 4 1 1), '[2026-05-02, 2026-05-03)', 'x');" "23P01 *"
# told TABLE-STATEMENT KEY: the error without the key that was tried.
told() { client "$1" "$2" | sed 's/[0-9a-f]\{8\}-[0-9a-f-]*//g'; }
for statement in "$window (KEY, '[2027-05-02, 2027-05-03)', 'x');" "insert into commands (device_id, requested_by, kind) values (KEY, tenancy.user_uuid(), 'restart');" \
  "insert into device_keys (device_id, name, secret_hash) values (KEY, 'x', 'x');"; do
  table=$(cut -d' ' -f3 <<< "$statement")
  is "$(told olga@app "${statement/KEY/$(key b 4 1 1)}")" "$(told olga@app "${statement/KEY/$(key f 4 1 1)}")" "5: $table: a foreign parent is told from a missing one by nothing"
  is "$(told olga@app "${statement/KEY/$(key a 4 2 1)}")" "$(told olga@app "${statement/KEY/$(key f 4 1 1)}")" "5: $table: nor one of another project"
  is "$(client olga@app "${statement/KEY/$(key a 4 1 2)} select 'written';")" written "5: $table: control: one's own is taken"
done

for n in 1 5; do
  attempt "3: whether a foreign device is shared with a foreign person, device $n" olga@app "insert into device_shares (device_id, site_id, person_id) values ($(key b 4 1 $n), $(key b 3 1 $((1 + n % 2))), $(key b 2 0 5));" "$violates" \
    otto@app "insert into device_shares (device_id, site_id, person_id) values ($(key b 4 1 $n), $(key b 3 1 $((1 + n % 2))), $(key b 2 0 5)) on conflict do nothing; select 'no error';" "no error"
done

# --- 6: cascades ---------------------------------------------------------------------------------------------------
others="select (select count(*) from device_keys where organization_id = 'bay-water'), (select count(*) from device_shares where organization_id = 'bay-water'),
  (select count(*) from commands where organization_id = 'bay-water'), (select count(*) from maintenance_windows where organization_id = 'bay-water')"
before=$(sql "$others")
sql "delete from readings where device_id = $(key a 4 1 8); delete from alerts where device_id = $(key a 4 1 8)"
abel="abel@dashboard:/$(key a 1 0 1 | tr -d "'")"
is "$(client "$abel" "delete from devices where id = $(key a 4 1 8) returning serial; commit; begin;")" "SN-1008" "6: a manager deletes a device, and what hangs on it goes with it"
is "$(sql "select count(*) from device_keys where device_id = $(key a 4 1 8)")/$(sql "$others")" "0/$before" "6: but nothing of the other organization"
attempt "6: a foreign device, to take its children along" "$abel" "delete from devices where id = $(key b 4 1 4) returning serial;" "" "beth@dashboard:/$(key b 1 0 1 | tr -d "'")" "delete from devices where id = $(key b 4 1 4) returning serial;" "23503 *"

# --- 9, 10 ---------------------------------------------------------------------------------------------------------
sql "analyze devices"
is "$(client olga@app "select count(*) from pg_stats where tablename in ('devices', 'readings');")/$(sql "select count(*) > 0 from pg_stats where tablename = 'devices'")" "0/t" "9: statistics of values are the superuser's to read"
attempt "10: where the sequence stands" ines@app "select last_value from report_number_seq;" "$denied" ines@app "select nextval('report_number_seq') is not null;" t
attempt "10: a sequence that the policy does not name" "$abel" "select nextval('report_number_seq');" "$denied" ines@app "select nextval('report_number_seq') is not null;" t

# --- 11 to 17: other ways to the same rows -------------------------------------------------------------------------
sql "create view everything as select * from devices; create materialized view copied as select * from devices; create table devices_backup as select * from devices;
     create table like_devices (like devices including all);"
for copy in everything copied devices_backup like_devices; do
  attempt "11, 12, 34: $copy, made by a DBA, is open to nobody" olga@app "select count(*) from $copy;" "$denied" olga@app "select count(*) > 0 from devices;" t
done
sql "grant select on everything to telemetry_app"
printf 'views:\n  everything: { context: [app], read: all }\n' | cat "$telemetry/tenancy.yaml" - > "$work/definer_view.yaml"
mkdir -p "$work/tables"; cp "$telemetry"/tables/*.yaml "$work/tables"
like "$(apply_policy "$work/definer_view.yaml" 2>&1)" "security_invoker" "11: a policy that names a view with its owner's rights is refused"
sql "drop view everything; drop materialized view copied; drop table devices_backup, like_devices"
for leaf in $(sql "select inhrelid::regclass from pg_inherits i join pg_class c on c.oid = inhrelid and c.relkind in ('r', 'p') order by 1"); do
  attempt "13: $leaf by its name, read and written" olga@app "select count(*) from $leaf;" "$denied" olga@app "select count(*) > 0 from ${leaf%%_*};" t
done
is "$(sql "grant select on readings_2026_01 to telemetry_app")$(client olga@app "select count(*) from readings_2026_01 where organization_id <> 'alpine-power';")" 0 "13: and granted by mistake it has a floor of its own"
sql "revoke all on readings_2026_01 from telemetry_app"
definers=$(sql "select string_agg(p.oid::regprocedure::text, ' ' order by p.oid::regprocedure::text collate \"C\") from pg_proc p
  where p.prosecdef and p.pronamespace = 'public'::regnamespace and (has_function_privilege('telemetry_app', p.oid, 'execute') or has_function_privilege('telemetry_dashboard', p.oid, 'execute'))")
is "$definers" "organization_quota() telemetry_device_on_site() telemetry_rule_of_alert() telemetry_shared_alert() telemetry_shared_command() telemetry_shared_device() telemetry_shared_reading() telemetry_shared_site()" \
  "16: of the functions with their owner's rights the contexts may call those that the policy gives a reason for, and its relations"
for relation in shared_device shared_site shared_reading shared_alert shared_command; do
  attempt "16: telemetry_$relation() tells nothing of others" "$([ $relation = shared_device ] && echo olga || echo ines)@app" "select count(*) from telemetry_$relation();" 0 carlo@app "select count(*) from telemetry_$relation();" 2
done
attempt "16: telemetry_rule_of_alert() nothing of the other organization" olga@app "select count(*) from telemetry_rule_of_alert() r where r::text like '%b51%';" 0 otto@app "select count(*) from telemetry_rule_of_alert() r where r::text like '%b51%';" 2
attempt "16: it answers for the caller's own" ines@app "select devices_allowed from organization_quota();" 20 ivan@app "select devices_allowed from organization_quota();" 10
attempt "17: TRUNCATE" olga@app "truncate commands;" "$denied" olga@app "delete from device_keys where false; select 'deleted';" deleted

# --- 18: every value, by every role --------------------------------------------------------------------------------
written=
for who in olga ines carlo gate-a; do
  for kind in restart calibrate switch_off; do
    for device in 1 4; do
      [[ $(client "$who@app" "insert into commands (device_id, requested_by, kind) values ($(key a 4 1 $device), tenancy.user_uuid(), '$kind'); select 'written';") != written ]] || written+="$who:$kind:$device "
    done
  done
done
is "$written" "olga:restart:1 olga:restart:4 olga:calibrate:1 olga:calibrate:4 olga:switch_off:1 olga:switch_off:4 carlo:restart:1 " "18: conditions of two roles for one verb do not mix"
written=
for from in open acknowledged closed; do
  for to in open acknowledged closed; do
    sql "update alerts set state = '$from', acknowledged_by = null where id = $(key a 6 1 1)"
    [ "$(client olga@app "update alerts set state = '$to', acknowledged_by = tenancy.user_uuid() where id = $(key a 6 1 1) returning 'written';")" != written ] || written+="$from:$to "
  done
done
is "$written" "open:acknowledged open:closed acknowledged:acknowledged acknowledged:closed " "18: what was, and what becomes: each is held by itself"

# --- 19, 20, 21 ----------------------------------------------------------------------------------------------------
me='tenancy.user_uuid()'
for form in "" "where device_id = $(key a 4 1 1)"; do
  attempt "19: rows are moved out of sight ${form:+by key }" sami@app:/"$(key a 1 0 2 | tr -d "'")" "update commands set project_id = $(key a 1 0 1) $form;" "$denied" olga@app "update device_shares set revoked = true $form; select 'written';" written
done
attempt "19: a share is given away to hide it" olga@app "update device_shares set person_id = $(key b 2 0 5);" "$denied" olga@app "update device_shares set revoked = true where device_id = $(key a 4 1 1) returning revoked;" t
sql "create function public.peek(text) returns boolean language plpgsql cost 0.0000001 as \$\$ begin if \$1 like 'Bay%' then raise exception 'seen: %', \$1; end if; return true; end \$\$; grant execute on function public.peek(text) to telemetry_app"
attempt "20: a cheap function sees no foreign row" olga@app "select count(*) > 0 from devices where peek(label);" t otto@app "select count(*) from devices where peek(label);" "P0001 seen: Bay*"
attempt "20: nor does a division" olga@app "select count(*) > 0 from devices where 1 / (case organization_id when 'bay-water' then 0 else 1 end) = 1;" t otto@app "select count(*) from devices where 1 / (case organization_id when 'bay-water' then 0 else 1 end) = 1;" "22012 *"
attempt "20: nor in a partitioned table, where a partition is pruned or not" olga@app "select count(*) > 0 from readings where 1 / (case organization_id when 'bay-water' then 0 else 1 end) = 1;" t otto@app "select count(*) from readings where 1 / (case organization_id when 'bay-water' then 0 else 1 end) = 1;" "22012 *"
for form in "select count(*) from devices where install_code > 'a'" "select d from devices d" "select row_to_json(d) from devices d" "select label from devices order by install_code" "update devices set label = install_code" \
  "update devices set label = 'x' where id = $(key a 4 1 1) returning install_code" "select count(*) from devices d join devices e using (install_code)" "select (d).install_code from (select d from devices d) x" "table devices" \
  "insert into devices (site_id, serial, label, install_code) values ($(key a 3 1 1), 's', 'l', 'c')"; do
  attempt "21: a hidden column: $form" olga@app "$form;" "$denied" "abel@dashboard:/$(key a 1 0 1 | tr -d "'")" "select count(install_code) > 0 from devices where install_code > '';" t
done
attempt "21: count(*) reads no column" olga@app "select count(*) > 0 from devices;" t abel@dashboard "select count(*) from devices;" 0

# --- 27, 28 --------------------------------------------------------------------------------------------------------
is "$(client olga@app "copy (select organization_id from readings) to stdout;" | tr ',' '\n' | sort -u | sed 's/ //g' | sort -u)" "alpine-power" "27: COPY TO gives one's own rows"
attempt "27: COPY FROM" olga@app "copy device_keys (device_id, name, secret_hash) from stdin;
\\." "0A000 COPY FROM not supported*" olga@app "insert into device_keys (device_id, name, secret_hash) values ($(key a 4 1 1), 'x', 'x'); select 'written';" written
attempt "28: a dump, which wants all rows or an error" olga@app "set local row_security = off; select count(*) from devices;" "42501 *" olga@app "set local row_security = on; select count(*) > 0 from devices;" t

# --- 30: each form of each verb ------------------------------------------------------------------------------------
foreign="organization_id = 'bay-water'"
for form in "update devices set label = 'x' where $foreign returning 1" "update devices d set label = 'x' from sites s where s.id = d.site_id and d.$foreign returning 1" \
  "with w as (update devices set label = 'x' where $foreign returning 1) select * from w" "delete from device_keys where $foreign returning 1" "delete from device_keys k using devices d where d.id = k.device_id and k.$foreign returning 1" \
  "select 1 from devices where $foreign for share" "select 1 from devices where $foreign" "select 1 from devices where $foreign for key share" "with w as (delete from device_keys where $foreign returning 1) select * from w"; do
  attempt "30: ${form//$foreign/foreign}" olga@app "$form;" "" otto@app "select count(*) > 0 from ($([[ $form == select* ]] && echo "${form% for*}" || echo "select 1 from devices where $foreign")) x;" t
done
merge() { echo "merge into devices d using (select $(key "$1" 4 1 1)::uuid as id) s on d.id = s.id when matched then update set label = 'merged' when not matched then insert (site_id, serial, label) values ($(key "$2" 3 1 1), 'SN-merged', 'merged');"; }
attempt "30: MERGE meets no foreign row, and inserts none" olga@app "$(merge b b)" "23503 *" olga@app "$(merge a a) select label from devices where id = $(key a 4 1 1);" merged
attempt "30: MERGE that deletes" olga@app "merge into device_keys k using (select 1) s on k.organization_id = 'bay-water' when matched then delete; select 'none';" none otto@app "merge into device_keys k using (select 1) s on k.organization_id = 'bay-water' when matched then delete; select count(*) from device_keys;" 0
upsert() { echo "insert into devices (site_id, serial, label) values ($(key "$1" 3 1 1), 'SN-secret', 'upserted') on conflict (organization_id, serial) do update set label = 'updated' returning label, organization_id;"; }
attempt "30: ON CONFLICT DO UPDATE does not meet the foreign row of the same serial number" olga@app "$(upsert a)" "upserted|alpine-power" otto@app "update devices set state = 'active' where serial = 'SN-secret'; $(upsert b)" "updated|bay-water"
attempt "30: an insert that returns what one may not read" gate-a@app "insert into readings (device_id, metric, recorded_at, value) values ($(key a 4 1 1), 'power', now(), 1) on conflict do nothing returning value;" "$denied" \
  gate-a@app "insert into readings (device_id, metric, recorded_at, value) values ($(key a 4 1 1), 'power', now(), 1); select 'written';" written

# --- 31, 32, 35, 36 ------------------------------------------------------------------------------------------------
is "$(client carlo@app "select (select count(*) from devices), (select count(*) from device_shares);")" "2|3" "31: policies of two tables that read each other do not recurse"
attempt "31: the tables of the directory, read" carlo@app "select count(*) from project_people;" "$denied" abel@dashboard:/"$(key a 1 0 1 | tr -d "'")" "select count(*) > 0 from project_people;" t
attempt "31: a membership of one's own" abel@dashboard "update organization_people set role = 'owner' where person_id = tenancy.user_uuid();" "$violates" anna@dashboard "insert into organization_people (person_id, role) values ($(key a 2 0 4), 'owner') returning role;" owner
sql "drop role if exists leak_reader; create role leak_reader login; grant pg_read_all_data to leak_reader"
is "$(psql --username leak_reader --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" --command "select count(*) from devices" 2>&1)/$(sql "select count(*) > 0 from devices")" "0/t" "32: pg_read_all_data does not pass by row level security"
sql "drop role leak_reader"
sql "delete from project_people where person_id = $(key a 2 0 3)"
attempt "35: a role that was taken away is gone at the next login, whatever the token" olga@app "select count(*) from devices;" "42501 no such account or workspace*" ines@app "select count(*) > 0 from devices;" t
for word in "principals: { support: { reach: granted } }" "services: { jobs: { login_role: x } }"; do
  cp -r "$telemetry"/tables "$work/"; { cat "$telemetry/tenancy.yaml"; echo "$word"; } > "$work/principals.yaml"
  like "$("$TENANCY" check "$work/principals.yaml" 2>&1)" "not supported by this version" "36: ${word%%:*} are refused by name"
done
pools[app]=telemetry_app_pool
sql "drop owned by telemetry_both_pool; drop role telemetry_both_pool"
drop_database leaks_telemetry "${telemetry_roles[@]}"

# --- the help desk: keys of one column, and tables that were not made for this --------------------------------------
make_helpdesk_before leaks_helpdesk
must helpdesk.log superuser --command "create extension pg_tenancy" --file "$helpdesk/migrate.sql"
must helpdesk.apply.log apply_policy "$helpdesk/tenancy.yaml"
# The keys of one column, which composite ones have replaced: apply says which, and that they tell.
must helpdesk.log superuser --file <(grep '^alter table .* drop constraint .*;$' "$work/helpdesk.apply.log")
for ((step = 1; step <= $(grep -c '^  - tables/' "$helpdesk/tenancy.yaml"); step++)); do must helpdesk.log sql "$("$helpdesk/adopt.sh" "$step" "$work/step" --revoke)"; done
must helpdesk.log superuser --file "$helpdesk/trust.sql"
# Each of these is asked for in new_row by a relation, which is judged before the key: see 3 below.
catalog_of helpdesk "contact_list_entries_pkey kb_articles_kb_category_id_slug_key team_members_team_id_user_id_key ticket_followers_pkey \
ticket_links_ticket_id_linked_id_key ticket_shares_ticket_id_user_id_key ticket_tags_pkey workspace_users_workspace_id_user_id_key"

attempt "3: a tag that only another workspace has" alex@app "insert into tags (name) values ('only-here') returning name;" only-here alex@app "insert into tags (name) values ('billing');" "23505 *"
while IFS='|' read -r who table columns there missing own; do
  statement="insert into $table ($columns) values"
  is "$(client "$who" "$statement ($there);")" "$(client "$who" "$statement ($missing);")" "3: $table: a foreign row is told from none by nothing"
  is "$(client "$who" "$statement ($own); select 'written';")" written "3: $table: control: one's own is taken"
done <<'ROWS'
alex@app|ticket_shares|ticket_id, user_id|21001, 206|21004, 206|11004, 106
alex@app|ticket_links|ticket_id, linked_id|21004, 21003|21005, 21003|11005, 11003
alex@app|ticket_tags|ticket_id, tag_id|21001, 21002|21001, 21004|11001, 11004
alex@app|contact_list_entries|contact_list_id, customer_id|21002, 21001|21001, 21001|11001, 11001
alex@app|kb_articles|kb_category_id, slug, title, author_id|21001, 'article-2', 'x', 105|21001, 'none', 'x', 105|11001, 'none', 'x', 105
lena@dashboard|team_members|team_id, user_id|21001, 204|21001, 101|11001, 101
arthur@dashboard:initech|workspace_users|workspace_id, user_id, role|21, 205, 1|21, 101, 1|11, 101, 1
ROWS
for statement in "insert into ticket_comments (ticket_id, author_id, body) values (KEY, 105, 'x');" "insert into ticket_links (ticket_id, linked_id) values (11001, KEY);" "insert into ticket_shares (ticket_id, user_id) values (KEY, 105);" \
  "insert into ticket_events (ticket_id, kind) values (KEY, 'x');" "insert into time_entries (ticket_id, user_id, minutes) values (KEY, 105, 1);" "insert into outbound_messages (ticket_id, recipient, body) values (KEY, 'r', 'b');" \
  "insert into tickets (subject, customer_id) values ('x', KEY);" "insert into customer_notes (customer_id, author_id, body) values (KEY, 105, 'x');" "insert into customer_emails (customer_id, email) values (KEY, 'x');"; do
  table=$(cut -d' ' -f3 <<< "$statement")
  foreign=$(told alex@app "${statement/KEY/21004}" | sed 's/21004//g')
  is "$foreign" "$(told alex@app "${statement/KEY/99004}" | sed 's/99004//g')" "5: $table: a foreign parent is told from a missing one by nothing"
  is "$(told alex@app "${statement/KEY/12004}" | sed 's/12004//g')" "$foreign" "5: $table: nor one of another workspace"
  is "$(client alex@app "${statement/KEY/11004} select 'written';")" written "5: $table: control: one's own is taken"
done
children="ticket_comments ticket_shares ticket_events ticket_followers ticket_links ticket_tags satisfaction_ratings time_entries sla_breaches inbound_messages outbound_messages"
hooli_children() { for table in $children; do sql "select count(*) from $table where left(ticket_id::text, 1) = '2'"; done; }
others=$(hooli_children)
sql "delete from inbound_messages where ticket_id = 11004; delete from outbound_messages where ticket_id = 11004"
is "$(client lena@dashboard "delete from tickets where id = 11004 returning id; commit; begin;")" 11004 "6: a lead deletes a ticket, and what hangs on it goes with it"
is "$(sql "select count(*) from ticket_comments where ticket_id = 11004")/$(hooli_children)" "0/$others" "6: but nothing of the other company"
for form in "" "where id = 11001"; do
  attempt "19: tickets are deleted softly out of sight ${form:+by key}" alex@app "update tickets set deleted_at = now() $form;" "42501 *" lena@dashboard "update tickets set deleted_at = now() where id = 11001 returning id;" 11001
done
sql "set role helpdesk_owner; create table customers_backup as select * from customers"
attempt "34: a copy that the application's owner makes" alex@app "select count(*) from customers_backup;" "$denied" alex@app "select count(*) > 0 from customers;" t
is "$(client alex@app "select merge_customers(11001, 21001);")/$(sql "begin; select merge_customers(21002, 21001); rollback")" "0/1" "16: merge_customers() works with the rights of its caller"
definers=$(sql "select string_agg(p.oid::regprocedure::text, ' ' order by 1) from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace and p.proname not like 'helpdesk\_%' and has_function_privilege('helpdesk_app', p.oid, 'execute')")
is "$definers" "" "16: no other function with its owner's rights"
finish
