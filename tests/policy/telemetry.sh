#!/usr/bin/env bash
# Measurements of plants (policy/examples/telemetry): what each role of two organizations may and may not do, through
# tables, partitions, views and functions. Each attempt has a control beside it.
set -uo pipefail
source tests/policy/setup.bash
make_telemetry policy_telemetry
trap 'drop_database policy_telemetry "${telemetry_roles[@]}"' EXIT

key() { printf "'%s%s%s%05d-0000-4000-8000-000000000000'" "$1" "$2" "$3" "$4"; }
denied='42501 permission denied*'
violates='42501 new row violates row-level security*'

# --- who belongs where -------------------------------------------------------------------------------------------
may olga@app "acts in her organization and project" "select tenancy.account_key(), tenancy.workspace_uuid();" "alpine-power|a1000001-*"
may otto@app "acts in his" "select tenancy.account_key(), tenancy.workspace_uuid();" "bay-water|b1000001-*"
may sami@app "must say which of his projects, or has none" "select tenancy.account_key(), tenancy.workspace_key() is null;" "alpine-power|t"
may "sami@app:/$(key a 1 0 2 | tr -d "'")" "says it" "select tenancy.has_role('workspace.operator');" "t"
attempt "sami asks for a project of the other organization" "sami@app:/$(key b 1 0 2 | tr -d "'")" "select 1;" "42501 no such account or workspace*" \
  "sven@app:/$(key b 1 0 2 | tr -d "'")" "select 1;" 1
attempt "nobody reads" nobody@app "select count(*) from readings;" "28000 no identity is bound*" ines@app "select count(*) > 0 from readings;" t
sql "update organizations set state = 'suspended' where id = 'bay-water'"
attempt "who belongs to a suspended organization is not let in" otto@app "select 1;" "42501 no such account or workspace*" olga@app "select 1;" 1
sql "update organizations set state = 'active' where id = 'bay-water'"
sql "update projects set archived = true where id = $(key b 1 0 1)"
may otto@app "has nothing to say in an archived project" "select count(*) from readings;" "42501 no such account or workspace*"
sql "update projects set archived = false where id = $(key b 1 0 1)"

# --- every table, every organization: as many rows as a superuser counts -------------------------------------------
project_tables="sites devices device_keys device_shares readings alert_rules alerts alert_comments commands maintenance_windows reports"
counts() { # counts SUFFIX
  local table
  for table in $project_tables; do printf "select '%s', count(*) from %s %s union all " "$table" "$table" "$1"; done
  printf "select 'firmware', count(*) from firmware order by 1;"
}
for who in olga:a:alpine-power otto:b:bay-water; do
  IFS=: read -r subject letter organization <<< "$who"
  is "$(client "$subject@app" "$(counts "")")" "$(superuser --command "$(counts "where organization_id = '$organization' and project_id = $(key "$letter" 1 0 1)" )" | paste -sd, | sed 's/,/, /g')" \
    "$subject counts in every table what is of his project, and nothing else"
done
is_not "$(client olga@app "$(counts "")")" "$(client otto@app "$(counts "")")" "the two projects differ in what there is to count"
is "$(sql "select count(*) from pg_class where relkind in ('r', 'p') and not relispartition and relnamespace = 'public'::regnamespace
             and relname <> all (string_to_array('contracts organizations projects people organization_people project_people firmware $project_tables', ' '))")" 0 "and no table was forgotten"
project="project_id = $(key a 1 0 1)"
for view in device_status open_alerts site_overview; do
  is "$(client olga@app "select count(*) from $view;")" "$(sql "select count(*) from $view where $project")" "view $view: as many as of her project"
  is "$(client otto@app "select count(*) from $view;")" "$(sql "select count(*) from $view where ${project/a1/b1}")" "view $view: and of his"
done
attempt "a contractor through the view sees what was shared with him" carlo@app "select count(*) from device_status;" 2 ines@app "select count(*) from device_status;" 8
attempt "a view for the app is not one for the dashboard" abel@dashboard:/"$(key a 1 0 1 | tr -d "'")" "select * from open_alerts;" "$denied" ines@app "select count(*) > 0 from open_alerts;" t

# --- partitions ----------------------------------------------------------------------------------------------------
month="recorded_at >= '2026-02-01 00:00+00' and recorded_at < '2026-03-01 00:00+00'"
is "$(client olga@app "select count(*) from readings where $month;")" "$(sql "select count(*) from readings_2026_02 where $project")" "February, which is partitioned again"
is "$(client olga@app "select min(recorded_at) < '2026-01-01' from readings;")" t "the partition for the rest"
for partition in readings_2026_01 readings_2026_02 readings_2026_02_0 readings_2026_02_1 readings_2026_03 readings_rest alerts_0 alerts_1 alerts_2 alerts_3; do
  attempt "partition $partition by its name" olga@app "select count(*) from $partition;" "$denied" olga@app "select count(*) > 0 from ${partition%%_*};" t
done
new_reading="insert into readings (device_id, metric, recorded_at, value) values"
attempt "a gateway writes a reading of a foreign device" gate-a@app "$new_reading ($(key b 4 1 1), 'power', '2026-02-15 01:00+00', 1);" "23503 *" \
  gate-b@app "$new_reading ($(key b 4 1 1), 'power', '2026-02-15 01:00+00', 1); select 'written';" written
for day in 2026-01-15 2026-02-15 2026-03-15 2031-01-01; do
  may gate-a@app "writes one of $day into its partition" "$new_reading ($(key a 4 1 1), 'power', '$day 01:30+00', 1); select 'written';" written
done
attempt "a gateway gives it another project" gate-a@app "insert into readings (project_id, device_id, metric, recorded_at, value) values ($(key a 1 0 2), $(key a 4 2 1), 'power', now(), 1);" "$violates" \
  gate-a@app "insert into readings (project_id, device_id, metric, recorded_at, value) values ($(key a 1 0 1), $(key a 4 1 1), 'power', now(), 1); select 'written';" written
attempt "a gateway gives it a quality that is none" gate-a@app "insert into readings (device_id, metric, recorded_at, value, quality) values ($(key a 4 1 1), 'power', now(), 1, 7);" "$violates" \
  gate-a@app "insert into readings (device_id, metric, recorded_at, value, quality) values ($(key a 4 1 1), 'power', now(), 1, 2); select 'written';" written
attempt "a gateway reads" gate-a@app "select count(*) from readings;" "$denied" ines@app "select count(*) > 0 from readings;" t
attempt "a gateway reads by RETURNING" gate-a@app "$new_reading ($(key a 4 1 1), 'power', now(), 1) returning value;" "$denied" \
  gate-a@app "$new_reading ($(key a 4 1 1), 'power', now(), 1); select 'written';" written
attempt "an analyst writes a reading" ines@app "$new_reading ($(key a 4 1 1), 'power', now(), 1);" "$denied" gate-a@app "$new_reading ($(key a 4 1 1), 'power', now(), 1); select 'written';" written
attempt "a reading moves to another partition, and project" gate-a@app "update readings set recorded_at = '2026-01-01', project_id = $(key a 1 0 2);" "$denied" \
  gate-a@app "$new_reading ($(key a 4 1 1), 'power', now(), 1); select 'written';" written

# --- shared access: relations --------------------------------------------------------------------------------------
labels='select right(label, 1) from devices order by 1;'
may carlo@app "sees the devices that were shared with him, not the revoked one" "$labels" "1, 2"
may carlo@app "and their sites" "select count(*) from sites;" 2
is "$(client carlo@app "select count(*) from readings;")" "$(sql "select count(*) from readings where device_id in ($(key a 4 1 1), $(key a 4 1 2))")" "and their readings"
may carlo@app "and their alerts" "select count(*) from alerts;" 2
attempt "carlo reads shares of others" carlo@app "select count(*) from device_shares where person_id <> tenancy.user_uuid();" 0 olga@app "select count(*) from device_shares;" 3
sql "update device_shares set revoked = true where device_id = $(key a 4 1 2)"
may carlo@app "no longer what is revoked" "$labels" 1
sql "update device_shares set revoked = false where device_id = $(key a 4 1 2)"
attempt "a share with a person of the other organization opens nothing there" carlo@app "select count(*) from devices where organization_id <> 'alpine-power';" 0 cleo@app "select count(*) from devices;" 2
share="insert into device_shares (device_id, site_id, person_id) values"
attempt "a device is shared under a site that is not its own" olga@app "$share ($(key a 4 1 4), $(key a 3 1 2), $(key a 2 0 5));" "$violates" \
  olga@app "$share ($(key a 4 1 4), $(key a 3 1 1), $(key a 2 0 5)); select 'shared';" shared
attempt "a device of the other organization is shared" olga@app "$share ($(key b 4 1 4), $(key b 3 1 1), $(key a 2 0 5));" "$violates" \
  otto@app "$share ($(key b 4 1 4), $(key b 3 1 1), $(key b 2 0 5)); select 'shared';" shared
attempt "a device is shared with a person of the other organization" olga@app "$share ($(key a 4 1 4), $(key a 3 1 1), $(key b 2 0 5));" "23503 *" \
  olga@app "$share ($(key a 4 1 4), $(key a 3 1 1), $(key a 2 0 7)); select 'shared';" shared
attempt "a contractor shares with himself" carlo@app "$share ($(key a 4 1 4), $(key a 3 1 1), $(key a 2 0 5));" "$denied" \
  olga@app "$share ($(key a 4 1 4), $(key a 3 1 1), $(key a 2 0 5)); select 'shared';" shared
attempt "a contractor takes back the revocation" carlo@app "update device_shares set revoked = false where device_id = $(key a 4 1 3) returning revoked;" "$denied" \
  olga@app "update device_shares set revoked = false where device_id = $(key a 4 1 3) returning revoked;" f

# --- new_row: from which state to which ----------------------------------------------------------------------------
command="insert into commands (device_id, requested_by, kind) values"
me='tenancy.user_uuid()'
attempt "a contractor switches a device off" carlo@app "$command ($(key a 4 1 1), $me, 'switch_off');" "$violates" carlo@app "$command ($(key a 4 1 1), $me, 'restart'); select 'queued';" queued
attempt "a contractor restarts a device that was not shared" carlo@app "$command ($(key a 4 1 4), $me, 'restart');" "$violates" olga@app "$command ($(key a 4 1 4), $me, 'restart'); select 'queued';" queued
attempt "a command in a colleague's name" olga@app "$command ($(key a 4 1 4), $(key a 2 0 4), 'restart');" "$violates" olga@app "$command ($(key a 4 1 4), $(key a 2 0 3), 'restart'); select 'queued';" queued
queued="$command ($(key a 4 1 4), $me, 'restart');"
attempt "a command is sent by hand" olga@app "$queued update commands set state = 'done' where state = 'queued';" "$violates" \
  olga@app "$queued update commands set state = 'cancelled' where state = 'queued' returning state;" cancelled
attempt "a command that was done is cancelled" olga@app "update commands set state = 'cancelled' where state = 'done' returning state;" "" \
  olga@app "$queued update commands set state = 'cancelled' where state = 'queued' returning state;" cancelled
attempt "the state of a new one is written" olga@app "insert into commands (device_id, requested_by, kind, state) values ($(key a 4 1 4), $me, 'restart', 'queued');" "$denied" \
  olga@app "$queued select 'queued';" queued
attempt "a device goes back to planned" olga@app "update devices set state = 'planned' where id = $(key a 4 1 1);" "$violates" olga@app "update devices set state = 'retired' where id = $(key a 4 1 1) returning state;" retired
attempt "a retired device is changed" olga@app "update devices set label = 'x' where id = $(key a 4 1 3) returning label;" "" olga@app "update devices set label = 'x' where id = $(key a 4 1 1) returning label;" x
new_device="insert into devices (site_id, serial, label) values"
attempt "a device on a foreign site" olga@app "$new_device ($(key b 3 1 1), 'SN-new', 'x');" "23503 *" olga@app "$new_device ($(key a 3 1 1), 'SN-new', 'x') returning organization_id, state;" "alpine-power|planned"
attempt "its serial number is changed" olga@app "update devices set serial = 'x' where id = $(key a 4 1 1);" "$denied" olga@app "update devices set label = 'x' where id = $(key a 4 1 1) returning label;" x
alert="insert into alerts (device_id, rule_id, metric, severity) values"
attempt "an alert by a rule for another metric" gate-a@app "$alert ($(key a 4 1 1), $(key a 5 1 1), 'power', 'info');" "$violates" gate-a@app "$alert ($(key a 4 1 1), $(key a 5 1 1), 'temperature', 'info'); select 'raised';" raised
attempt "an alert by a foreign rule" gate-a@app "$alert ($(key a 4 1 1), $(key b 5 1 1), 'temperature', 'info');" "$violates" gate-b@app "$alert ($(key b 4 1 1), $(key b 5 1 1), 'temperature', 'info'); select 'raised';" raised
attempt "an alert is acknowledged in a colleague's name" olga@app "update alerts set state = 'acknowledged', acknowledged_by = $(key a 2 0 4) where id = $(key a 6 1 1);" "$violates" \
  olga@app "update alerts set state = 'acknowledged', acknowledged_by = $me where id = $(key a 6 1 1) returning state;" acknowledged
attempt "an alert is opened again" olga@app "update alerts set state = 'open', acknowledged_by = $me where id = $(key a 6 1 1);" "$violates" \
  olga@app "update alerts set state = 'closed', acknowledged_by = $me where id = $(key a 6 1 1) returning state;" closed

# --- columns -------------------------------------------------------------------------------------------------------
attempt "a hidden column" olga@app "select install_code from devices;" "$denied" "abel@dashboard:/$(key a 1 0 1 | tr -d "'")" "select count(install_code) from devices;" 8
attempt "a secret is written, never read" olga@app "select secret_hash from device_keys;" "$denied" \
  olga@app "insert into device_keys (device_id, name, secret_hash) values ($(key a 4 1 1), 'second', 'hash') returning name;" second
attempt "an address in the app" ines@app "select email from people;" "$denied" abel@dashboard "select count(email) from people;" 7

# --- functions -----------------------------------------------------------------------------------------------------
history="select count(*) from device_history($(key a 4 1 1), '2026-01-01', '2027-01-01');"
is "$(client ines@app "$history")" "$(sql "select count(*) from readings where device_id = $(key a 4 1 1) and recorded_at >= '2026-01-01'")" "device_history() reads what its caller may"
attempt "device_history() of a foreign device" otto@app "$history" 0 ines@app "${history/count(\*)/count(*) > 0}" t
attempt "queue_command() for a foreign device" olga@app "select queue_command($(key b 4 1 1), 'restart');" "23503 *" olga@app "select queue_command($(key a 4 1 1), 'restart') is not null;" t
attempt "queue_command() by an analyst" ines@app "select queue_command($(key a 4 1 1), 'restart');" "$denied" olga@app "select queue_command($(key a 4 1 1), 'restart') is not null;" t
attempt "acknowledge_alert() of a foreign alert" olga@app "select acknowledge_alert($(key b 6 1 1), 'mine');" "P0002 no open alert*" \
  olga@app "select acknowledge_alert($(key a 6 1 1), 'mine'); select state from alerts where id = $(key a 6 1 1);" ", acknowledged"
attempt "acknowledge_alert() by an analyst" ines@app "select acknowledge_alert($(key a 6 1 1), 'mine');" "$denied" \
  olga@app "select acknowledge_alert($(key a 6 1 1), 'mine'); select count(*) from alert_comments where body = 'mine';" ", 1"
may ines@app "organization_quota() answers for the caller's organization" "select devices_allowed, devices_used from organization_quota();" "20|8"
may ivan@app "and for the other's" "select devices_allowed, devices_used from organization_quota();" "10|6"
attempt "what it reads is not for reading" ines@app "select * from contracts;" "$denied" ines@app "select devices_allowed from organization_quota();" 20
attempt "a function for the app is not one for the dashboard" "abel@dashboard:/$(key a 1 0 1 | tr -d "'")" "select queue_command($(key a 4 1 1), 'restart');" "42501 permission denied for function*" \
  olga@app "select queue_command($(key a 4 1 1), 'restart') is not null;" t

# --- a child that had one tenant column, and got the other ---------------------------------------------------------
is "$(sql "select count(*) from alert_comments c join alerts a on a.organization_id = c.organization_id and a.id = c.alert_id where c.project_id is distinct from a.project_id")" 0 "alert_comments: filled from their alerts"
is "$(sql "select attnotnull from pg_attribute where attrelid = 'alert_comments'::regclass and attname = 'project_id'")" t "and not null"
note="insert into alert_comments (alert_id, author_id, body) values"
attempt "a comment on a foreign alert" olga@app "$note ($(key b 6 1 1), $me, 'x');" "23503 *" olga@app "$note ($(key a 6 1 1), $me, 'x') returning project_id = $(key a 1 0 1);" t
attempt "a comment on an alert of another project of one's own organization" olga@app "$note ($(key a 6 2 1), $me, 'x');" "23503 *" \
  "sami@app:/$(key a 1 0 2 | tr -d "'")" "$note ($(key a 6 2 1), $me, 'x') returning project_id = $(key a 1 0 2);" t

# --- reports and their numbers -------------------------------------------------------------------------------------
report="insert into reports (author_id, title) values ($me, 'x')"
may ines@app "a report is numbered by the sequence" "$report returning number > 0;" t
attempt "the sequence is read" ines@app "select last_value from report_number_seq;" "$denied" ines@app "select nextval('report_number_seq') > 0;" t
attempt "the sequence is set" ines@app "select setval('report_number_seq', 1);" "$denied" ines@app "select nextval('report_number_seq') > 0;" t
attempt "the sequence is drawn from in the dashboard" abel@dashboard "select nextval('report_number_seq');" "$denied" ines@app "select nextval('report_number_seq') > 0;" t
attempt "a report in a colleague's name" ines@app "insert into reports (author_id, title) values ($(key a 2 0 3), 'x');" "$violates" ines@app "$report returning title;" x

# --- managers, and roles that they may give ------------------------------------------------------------------------
north="/$(key a 1 0 1 | tr -d "'")"
give="insert into organization_people (person_id, role) values"
attempt "a manager makes an owner" abel@dashboard "$give ($(key a 2 0 4), 'owner');" "$violates" anna@dashboard "$give ($(key a 2 0 4), 'owner') returning role;" owner
attempt "a manager makes himself an owner" abel@dashboard "update organization_people set role = 'owner' where person_id = $(key a 2 0 2);" "$violates" abel@dashboard "$give ($(key a 2 0 4), 'manager') returning role;" manager
attempt "a manager takes the owner's role" abel@dashboard "delete from organization_people where role = 'owner' returning role;" "" anna@dashboard "delete from organization_people where role = 'owner' returning role;" owner
attempt "a manager makes a manager of a person of the other organization" abel@dashboard "$give ($(key b 2 0 4), 'manager');" "23503 *" abel@dashboard "$give ($(key a 2 0 4), 'manager') returning role;" manager
attempt "a manager gives a role in the other organization" abel@dashboard "insert into organization_people (organization_id, person_id, role) values ('bay-water', $(key b 2 0 4), 'manager');" "$violates" \
  beth@dashboard "insert into organization_people (organization_id, person_id, role) values ('bay-water', $(key b 2 0 4), 'manager') returning role;" manager
may "abel@dashboard:$north" "gives a role in a project that his own includes" "update project_people set role = 'operator' where person_id = $(key a 2 0 4) returning role;" operator
attempt "an operator gives roles" olga@app "insert into project_people (person_id, role) values ($(key a 2 0 2), 'operator');" "$denied" \
  "abel@dashboard:$north" "insert into project_people (person_id, role) values ($(key a 2 0 2), 'operator') returning role;" operator
may "anna@dashboard" "names her organization" "update organizations set name = 'Alpine' returning id, name;" "alpine-power|Alpine"
attempt "an owner names the other organization" anna@dashboard "update organizations set name = 'x' where id = 'bay-water' returning id;" "" bruno@dashboard "update organizations set name = 'x' returning id;" bay-water

# --- a second time, and away again ---------------------------------------------------------------------------------
catalog() { superuser --file tests/policy/catalog.sql; }
catalog > "$work/telemetry.first"
must telemetry.again.log apply_policy "$telemetry/tenancy.yaml"
catalog > "$work/telemetry.second"
is "$(diff "$work/telemetry.first" "$work/telemetry.second")" "" "applied a second time, the policy changes nothing"
# What is said of other databases is the test server's.
is "$("$TENANCY" check "$telemetry/tenancy.yaml" --db "dbname=$database user=postgres" 2> /dev/null | grep -E '(error|warning)\[' | grep -v 'pool-other-database')" "" "and nothing is open"
sql "grant select on contracts to telemetry_app"
like "$("$TENANCY" check "$telemetry/tenancy.yaml" --db "dbname=$database user=postgres" 2> /dev/null)" "public.contracts: telemetry_app has select" "control: what is opened is found"
finish
