#!/usr/bin/env bash
# A help desk that knew nothing of row level security (policy/examples/helpdesk) is adopted, three tables at a time:
# before the first step its login works as ever; after each, which may be watched before it is enforced, the adopted
# tables are isolated and the others work as before; at the end users of two companies do what they may and no more, by
# an ORM that writes all columns; then the policy is taken off again. Each attempt has a control beside it.
set -uo pipefail
source tests/policy/setup.bash
make_helpdesk_before policy_helpdesk
trap 'drop_database policy_helpdesk "${helpdesk_roles[@]}"' EXIT
denied='42501 permission denied*'
violates='42501 new row violates row-level security*'

# --- what there is to count ----------------------------------------------------------------------------------------
# A key begins with the digits of its workspace, or of its company; these are the ones of a company.
of_company=" organizations custom_fields custom_field_values privacy_requests api_keys call_recordings company_settings webhooks webhook_deliveries
 invitations subscriptions invoices invoice_lines companies workspaces company_users workspace_users "
of_company=${of_company//$'\n'/}
left_out="audit_logs feature_flags jobs schema_migrations"
key_of() {
  case $1 in
    ticket_followers | ticket_tags) echo ticket_id ;;
    contact_list_entries) echo contact_list_id ;;
    company_settings) echo company_id ;;
    *) echo id ;;
  esac
}
# count_of TABLE COMPANY WORKSPACE: a query for the superuser.
count_of() {
  case $1 in
    plans) echo "select count(*) from plans" ;;
    users) echo "select count(*) from users u where exists (select from company_users c where c.user_id = u.id and left(c.id::text, 1) = '$2')" ;;
    *)
      case $of_company in
        *" $1 "*) echo "select count(*) from $1 where left($(key_of "$1")::text, 1) = '$2'" ;;
        *) echo "select count(*) from $1 where left($(key_of "$1")::text, 2) = '$3'" ;;
      esac
      ;;
  esac
}
# all_of QUERY-MAKER TABLE...: one statement that counts in all of them.
all_of() {
  local make=$1 table statement=
  shift
  for table in "$@"; do statement+="union all select '$table ' || ($($make "$table")) "; done
  echo "${statement#union all };"
}
plainly() { echo "select count(*) from $1"; }
at_initech() { count_of "$1" 1 11; }
at_hooli() { count_of "$1" 2 21; }
one_line() { paste --serial --delimiters '~' | sed 's/~/, /g'; }

mapfile -t every_table < <(sql "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1")
is "${#every_table[@]}" 60 "60 tables"
is "$(sql "$(all_of plainly "${every_table[@]}")" | grep ' 0$' | one_line)" "" "with rows in each"
mapfile -t adopted_tables < <(printf '%s\n' "${every_table[@]}" | grep -vxF "${left_out// /$'\n'}")
is "$(sql "$(all_of at_initech "${adopted_tables[@]}")$(all_of at_hooli "${adopted_tables[@]}")" | grep ' 0$' | one_line)" "" "of either company"

# --- before --------------------------------------------------------------------------------------------------------
# old QUERY: by the application's login, as ever: without a token.
old() { client nobody@app "$1"; }
before=$(sql "$(all_of plainly "${every_table[@]}")" | one_line)
is "$(old "$(all_of plainly "${every_table[@]}")")" "$before" "before: the application's login reads everything"
# touch_all TABLE...: writes all rows as they were.
declare -A last_column
while IFS='|' read -r table column; do last_column[$table]=$column; done < <(sql "select distinct on (c.relname) c.relname, a.attname from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by c.relname, a.attnum desc")
touch_all() {
  local table statement=
  for table in "$@"; do
    statement+="with touched as (update $table set ${last_column[$table]} = ${last_column[$table]} returning 1) select '$table ' || count(*) from touched;"
  done
  echo "$statement"
}
is "$(old "$(touch_all "${every_table[@]}")")" "$before" "and writes it"
may nobody@app "inserts for any company" "insert into tags (company_id, workspace_id, name) values (2, 21, 'new') returning name;" new
is "$(old "select count(*) from search_tickets('printer', 1000);")" "$(sql "select count(*) from tickets where subject ~ 'Printer' and deleted_at is null")" "searches in all of them"
may nobody@app "its views show all of them" "select count(distinct company_id) from open_tickets;" 2

superuser --file tests/policy/catalog.sql > "$work/helpdesk.before"

# --- in steps ------------------------------------------------------------------------------------------------------
must helpdesk.log superuser --command "create extension pg_tenancy" --file "$helpdesk/migrate.sql"
is "$(schema_is_described "$helpdesk")" "" "tenancy.schema.yaml describes the tables before the first step"
superuser --file tests/policy/catalog.sql > "$work/helpdesk.migrated"
must helpdesk.log superuser --file tests/policy/orm.sql
steps=$(grep -c '^  - tables/' "$helpdesk/tenancy.yaml")
adopted=()
for ((step = 1; step <= steps; step++)); do
  must helpdesk.adopt.log "$helpdesk/adopt.sh" "$step" "$work/step"
  # Before it is enforced, the second step is watched for a while.
  if [ "$step" -eq 2 ]; then
    must helpdesk.adopt.log "$helpdesk/adopt.sh" 2 "$work/report"
    sed -i 's/^    scope: .*/&\n    enforce: report/' "$work/report/tables/02_tickets.yaml"
    must helpdesk.report.log apply_policy "$work/report/tenancy.yaml"
    watched="tickets ticket_comments ticket_shares"
    # shellcheck disable=SC2086
    is "$(old "$(all_of plainly $watched)$(touch_all $watched)")" "$(sql "$(all_of plainly $watched)$(all_of plainly $watched)" | one_line)" \
      "step 2, reported only: without a login all is read and written as before"
    may alex@app "step 2, reported only: reads what will be hidden from him" "select count(distinct company_id) from tickets;" 2
    may gary@app "step 2, reported only: writes what will be refused" "update tickets set public = true where id = 21001 returning id;" 21001
    is "$(sql "select string_agg(distinct x, ', ' order by x) from (select format('%s %s %s', verb, what, login_role) from tenancy.report where relation = 'tickets'::regclass) r (x)")" \
      "read hidden_row helpdesk_rails, read no_identity helpdesk_rails, update hidden_row helpdesk_rails, update missing_right helpdesk_rails, update no_identity helpdesk_rails, update refused_row helpdesk_rails" \
      "step 2, reported only: and it was counted"
  fi
  must "helpdesk.apply.$step.log" apply_policy "$work/step/tenancy.yaml"
  revoke=$("$helpdesk/adopt.sh" "$step" "$work/step" --revoke)
  must helpdesk.adopt.log sql "$revoke"
  [ "$step" -gt 1 ] || must helpdesk.log superuser --file "$helpdesk/trust.sql"
  new=${revoke%% from*}
  new=${new#revoke all on table }
  # shellcheck disable=SC2206
  adopted+=(${new//,/})
  mapfile -t others < <(printf '%s\n' "${every_table[@]}" | grep -vxF "$(printf '%s\n' "${adopted[@]}")")
  is "$(client olivia@dashboard:initech/11 "$(all_of plainly "${adopted[@]}")")/$(client oscar@dashboard:hooli/21 "$(all_of plainly "${adopted[@]}")")" \
    "$(sql "$(all_of at_initech "${adopted[@]}")" | one_line)/$(sql "$(all_of at_hooli "${adopted[@]}")" | one_line)" \
    "step $step: $new and what came before are isolated"
  is "$(printf 'select count(*) from %s;\n' "${adopted[@]}" | psql --username helpdesk_rails --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" \
    --set VERBOSITY=sqlstate 2>&1 | sed 's/^.*ERROR:  *\(28000\|42501\)$/refused/' | sort | uniq --count | sed 's/^ *//')" "${#adopted[@]} refused" "step $step: none of them without a login"
  is "$(old "$(all_of plainly "${others[@]}")$(touch_all "${others[@]}")")" \
    "$(sql "$(all_of plainly "${others[@]}")$(all_of plainly "${others[@]}")" | one_line)" "step $step: the ${#others[@]} others are read and written as before"
  if [ "$step" -eq 2 ]; then
    may nobody@app "step 2: rows that refer to adopted ones are written as before" \
      "insert into time_entries (ticket_id, user_id, minutes) values (21001, 205, 5) returning minutes;" 5
  fi
done
is "$(printf '%s\n' "${adopted[@]}" | sort | one_line)" "$(printf '%s\n' "${adopted_tables[@]}" | one_line)" "all were adopted but $left_out"
is "$(sql "select string_agg(relname, ' ' order by relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relforcerowsecurity")" \
  "$left_out" "these are without row level security"
is "$(sql "select string_agg(distinct c.relname, ' ') from pg_class c where c.relkind = 'r' and c.relforcerowsecurity and c.relnamespace = 'public'::regnamespace and not exists (select from pg_attribute a
             where a.attrelid = c.oid and a.attname in ('company_id', 'tenant_id', 'org_id') and a.attnotnull) and c.relname not in ('users', 'companies', 'plans')")" "" \
  "every adopted table has its company, never null"
is "$(sql "$(all_of plainly "${every_table[@]}")" | one_line)" "$before" "and no row was lost"

# --- who belongs where ---------------------------------------------------------------------------------------------
attempt "dora, who was deleted" dora@app "select 1;" "42501 no such account or workspace*" alex@app "select tenancy.account_key();" 1
attempt "dean, who has not accepted" dean@app "select 1;" "42501 no such account or workspace*" ada@app "select tenancy.account_key();" 2
attempt "carla, of two companies, names none" carla@app "select 1;" "42501 this subject has several accounts" carla@app:hooli "select tenancy.workspace_key();" 21
attempt "alex asks for the other company" alex@app:hooli "select 1;" "42501 no such account or workspace*" ada@app:hooli "select tenancy.account_key();" 2
attempt "a company is named by its external_id, not its key" ada@app:2 "select 1;" "42501 no such account or workspace*" ada@app:hooli "select 1;" 1
sql "update company_users set role = null where user_id = 201"
attempt "oscar's role is taken from him" oscar@dashboard:hooli "select 1;" "42501 no such account or workspace*" olivia@dashboard:initech "select count(*) > 0 from invoices;" t
sql "update company_users set role = 2 where user_id = 201"
# 107 is agent in 12 and guest in 11.
may nina@app:initech/12 "agent there" "select count(*) from tickets;" 7
may nina@app:initech/11 "guest here: public tickets, and what was shared with her" "select string_agg(id::text, ' ' order by id) from tickets;" "11003 11005 11010 11015 11020"

# --- tickets: reading ----------------------------------------------------------------------------------------------
visible="select count(*) from tickets"
may alex@app "an agent: those of his workspace that are not deleted" "$visible;" 19
attempt "an agent reads deleted ones" alex@app "$visible where deleted_at is not null;" 0 lena@dashboard "$visible where deleted_at is not null;" 1
attempt "a guest reads what is neither public nor shared" gary@app "$visible where not public and id not in (11001, 11002);" 0 alex@app "$visible where not public and id not in (11001, 11002) and id < 11006;" 2
may gary@app "and what was shared with him" "$visible where not public;" 2
attempt "a share of another ticket opens no ticket of the other company" gil@app "$visible where company_id = 1;" 0 gary@app "$visible;" 6
attempt "the hidden column in the app" alex@app "select internal_priority from tickets;" "$denied" lena@dashboard "select count(internal_priority) from tickets;" 20
attempt "a guest reads internal comments" gary@app "select count(*) from ticket_comments where internal;" 0 alex@app "select count(*) > 0 from ticket_comments where internal;" t
may gary@app "and reads the others of tickets that were shared with him" "select count(*) from ticket_comments;" 2
is "$(client alex@app "select count(*) from open_tickets;")" "$(sql "select count(*) from open_tickets t where workspace_id = 11 and exists (select from tickets x join customers c on c.id = x.customer_id where x.id = t.id and c.deleted_at is null)")" \
  "the view shows his workspace, without the tickets of a deleted customer whom he does not see"
attempt "the view in the other company" alex@app "select count(*) from open_tickets where company_id = 2;" 0 ada@app "select count(*) > 0 from open_tickets where company_id = 2;" t
is "$(client alex@app "select count(*) from search_tickets('printer', 1000);")" "$(sql "select count(*) from tickets where workspace_id = 11 and subject ~ 'Printer' and deleted_at is null")" "search_tickets() searches what he may"
is "$(client lena@dashboard "select sum(tickets) from agent_workload;")" "$(sql "select count(*) from tickets where workspace_id = 11 and deleted_at is null")" "the workload is that of her workspace"

# --- an ORM that writes all columns --------------------------------------------------------------------------------
# orm_update TABLE KEY CHANGES [IGNORED], orm_insert TABLE VALUES [IGNORED]
orm_update() { echo "$(sql "select orm.update('$1', $2, '{${4:-}}', '$3')") returning id;"; }
orm_insert() { echo "$(sql "select orm.insert('$1', '{${3:-}}', '$2')") returning id;"; }
like "$(orm_update tickets 11001 '{"subject": "x"}' internal_priority)" "customer_id = '11001'" "the statement names what it does not change"
ticket() { orm_update tickets "$1" "$2" internal_priority; }
may alex@app "writes a ticket, all columns of it" "$(ticket 11001 '{"subject": "x", "updated_at": "2026-06-01"}')" 11001
attempt "another customer, among all columns" alex@app "$(ticket 11001 '{"subject": "x", "customer_id": "11002"}')" "42501 *" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
attempt "another number" alex@app "$(ticket 11001 '{"subject": "x", "number": "7"}')" "42501 *" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
attempt "made public by an agent" alex@app "$(ticket 11001 '{"public": "true"}')" "42501 *" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
attempt "deleted by an agent" alex@app "$(ticket 11001 '{"deleted_at": "2026-06-01"}')" "42501 *" lena@dashboard "update tickets set deleted_at = now() where id = 11001 returning id;" 11001
attempt "moved to the other company" alex@app "$(ticket 11001 '{"company_id": "2", "workspace_id": "21"}')" "42501 *" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
attempt "moved to another workspace" alex@app "$(ticket 11001 '{"workspace_id": "12"}')" "42501 *" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
attempt "a ticket of the other company" alex@app "$(ticket 21001 '{"subject": "x"}')" "" ada@app "$(ticket 21001 '{"subject": "x"}')" 21001
attempt "a closed ticket" alex@app "$(ticket 11003 '{"subject": "x"}')" "" alex@app "$(ticket 11001 '{"status": "closed"}')" 11001
attempt "a guest" gary@app "$(ticket 11001 '{"subject": "x"}')" "$denied" alex@app "$(ticket 11001 '{"subject": "x"}')" 11001
may alex@app "what his update changed, and nothing else" "$(ticket 11001 '{"subject": "x"}') select subject, customer_id, number, company_id, workspace_id, public, metadata from tickets where id = 11001;" \
  "11001, x|11001|$(sql "select number from tickets where id = 11001")|1|11|f|{\"row\": 1}"
may alex@app "the trigger writes the history as he does" "$(ticket 11001 '{"status": "solved"}') select kind, company_id, workspace_id from ticket_events where ticket_id = 11001 order by id desc limit 1;" "11001, status|1|11"
new='"subject": "New", "body": "b", "customer_id": "11001", "company_id": "1", "workspace_id": "11", "status": "open", "created_at": "2026-06-01", "updated_at": "2026-06-01"'
ticket_new() { orm_insert tickets "{$new${1:+, $1}}" internal_priority; }
may alex@app "opens a ticket, all columns of it" "$(ticket_new)" "9*"
attempt "one of the other company" alex@app "$(ticket_new '"company_id": "2", "workspace_id": "21"')" "42501 *" alex@app "$(ticket_new)" "9*"
attempt "a number of one's own" alex@app "$(ticket_new '"number": "7"')" "42501 *" alex@app "$(ticket_new)" "9*"
attempt "one that is closed at once" alex@app "$(ticket_new '"status": "closed"')" "42501 *" alex@app "$(ticket_new)" "9*"
attempt "one that is public" alex@app "$(ticket_new '"public": "true"')" "42501 *" alex@app "$(ticket_new)" "9*"
attempt "one for a customer of the other company" alex@app "$(ticket_new '"customer_id": "21001"')" "$violates" ada@app "$(orm_insert tickets "{${new//1100/2100}, \"company_id\": \"2\", \"workspace_id\": \"21\"}" internal_priority)" "9*"
attempt "one for a customer of another workspace" alex@app "$(ticket_new '"customer_id": "12001"')" "$violates" alex@app "$(ticket_new)" "9*"
attempt "one by a guest" gary@app "$(ticket_new)" "$denied" alex@app "$(ticket_new)" "9*"

# --- children that had no tenant columns ---------------------------------------------------------------------------
comment="insert into ticket_comments (ticket_id, author_id, body) values"
may alex@app "comments; company and workspace fill themselves" "$comment (11001, 105, 'x') returning company_id, workspace_id;" "1|11"
attempt "comments on a ticket of the other company" alex@app "$comment (21001, 105, 'x');" "23503 *" ada@app "$comment (21001, 205, 'x') returning company_id;" 2
attempt "comments in a colleague's name" alex@app "$comment (11001, 104, 'x');" "$violates" alex@app "$comment (11001, 105, 'x') returning author_id;" 105
attempt "moves a comment to another ticket" alex@app "$(orm_update ticket_comments 110011 '{"ticket_id": "11002"}')" "42501 *" alex@app "$(orm_update ticket_comments 110011 '{"body": "x"}')" 110011
attempt "edits a colleague's comment" alex@app "$(orm_update ticket_comments 110012 '{"body": "x"}')" "" alex@app "$(orm_update ticket_comments 110011 '{"body": "x"}')" 110011
attempt "an attachment two levels below a foreign ticket" alex@app "insert into comment_attachments (ticket_comment_id, filename, byte_size, storage_key) values (210011, 'f', 1, 'k');" "23503 *" \
  ada@app "insert into comment_attachments (ticket_comment_id, filename, byte_size, storage_key) values (210011, 'f', 1, 'k') returning company_id, workspace_id;" "2|21"
attempt "a link to a foreign ticket" alex@app "insert into ticket_links (ticket_id, linked_id) values (11001, 21001);" "$violates" alex@app "insert into ticket_links (ticket_id, linked_id) values (11001, 11003) returning kind;" related
attempt "a foreign tag" alex@app "insert into ticket_tags (ticket_id, tag_id) values (11001, 21001);" "$violates" alex@app "insert into ticket_tags (ticket_id, tag_id) values (11001, 11001) returning tag_id;" 11001
attempt "a tag of one's own on a foreign ticket" alex@app "insert into ticket_tags (ticket_id, tag_id) values (21001, 11001);" "23503 *" alex@app "insert into ticket_tags (ticket_id, tag_id) values (11001, 11001) returning tag_id;" 11001
attempt "time that a colleague worked" alex@app "insert into time_entries (ticket_id, user_id, minutes) values (11001, 104, 5);" "$violates" alex@app "insert into time_entries (ticket_id, user_id, minutes) values (11001, 105, 5) returning minutes;" 5

# --- tables with names of their own --------------------------------------------------------------------------------
may alex@app "tenant_id and space_id" "select count(*), min(tenant_id), max(space_id) from inbound_messages;" "20|1|11"
send="insert into outbound_messages (ticket_id, recipient, body) values"
may alex@app "they fill themselves too" "$send (11001, 'r', 'b') returning tenant_id, space_id, state;" "1|11|queued"
attempt "an answer on a foreign ticket" alex@app "$send (21001, 'r', 'b');" "$violates" ada@app "$send (21001, 'r', 'b') returning tenant_id;" 2
attempt "a message is marked as sent" alex@app "update outbound_messages set state = 'sent' where id = 11001;" "$violates" alex@app "update outbound_messages set state = 'cancelled' where id = 11001 returning state;" cancelled
may arthur@dashboard:initech "org_id, an integer" "select count(*), max(org_id) from call_recordings;" "9|1"

# --- account roles, integers in company_users ----------------------------------------------------------------------
attempt "an admin reads invoices" arthur@dashboard:initech "select count(*) from invoices;" "$denied" bea@dashboard:initech "select count(*) from invoices;" 9
may olivia@dashboard:initech "an owner includes both" "select (select count(*) from invoices), (select count(*) from api_keys);" "9|3"
attempt "billing reads keys" bea@dashboard:initech "select count(*) from api_keys;" "$denied" arthur@dashboard:initech "select count(*) from api_keys;" 3
attempt "billing reads tickets" bea@dashboard:initech/11 "select 1;" "42501 no such account or workspace*" arthur@dashboard:initech/11 "select count(*) from tickets;" 20
attempt "a paid invoice is disputed" bea@dashboard:initech "update invoices set state = 'disputed' where id = 1002 returning id;" "" bea@dashboard:initech "update invoices set state = 'disputed' where id = 1001 returning id;" 1001
attempt "an open invoice is paid by hand" bea@dashboard:initech "update invoices set state = 'paid' where id = 1001;" "$violates" bea@dashboard:initech "update invoices set state = 'disputed' where id = 1001 returning id;" 1001
attempt "the digest of a key" arthur@dashboard:initech "select token_digest from api_keys;" "$denied" arthur@dashboard:initech "select count(name) from api_keys;" 3
give="insert into company_users (user_id, role) values"
attempt "an admin makes an owner" arthur@dashboard:initech "$give (204, 2);" "$violates" olivia@dashboard:initech "$give (204, 2) returning role;" 2
attempt "an admin makes himself an owner" arthur@dashboard:initech "update company_users set role = 2 where user_id = 102;" "42501 *" arthur@dashboard:initech "$give (204, 1) returning role;" 1
attempt "an admin, who is not billing, gives that" arthur@dashboard:initech "$give (204, 0);" "$violates" olivia@dashboard:initech "$give (204, 0) returning role;" 0
attempt "an admin takes the owner's role" arthur@dashboard:initech "update company_users set role = 1 where user_id = 101 returning role;" "" olivia@dashboard:initech "update company_users set role = 1 where user_id = 101 returning role;" 1
attempt "an agent gives roles" alex@app "insert into workspace_users (workspace_id, user_id, role) values (11, 101, 1);" "42501 *" \
  arthur@dashboard:initech "insert into workspace_users (workspace_id, user_id, role) values (11, 101, 1) returning role;" 1
attempt "an admin gives a role in a workspace of the other company" arthur@dashboard:initech "insert into workspace_users (workspace_id, user_id, role) values (21, 101, 1);" "$violates" \
  amy@dashboard:hooli "insert into workspace_users (workspace_id, user_id, role) values (21, 101, 1) returning role;" 1

# --- users, who have no company ------------------------------------------------------------------------------------
is "$(client alex@app "select count(*) from users;")" "$(sql "select count(*) from users u join company_users c on c.user_id = u.id where c.company_id = 1 and u.deleted_at is null")" "one sees one's colleagues"
may carla@app:hooli "she is one in both companies" "select string_agg(name, ' ' order by id) filter (where id > 206) from users;" "Nora Dean Carla"
attempt "a user of the other company" alex@app "select name from users where id = 205;" "" ada@app "select name from users where id = 205;" Ada
attempt "a password" alex@app "select encrypted_password from users;" "$denied" alex@app "select name from users where id = 105;" Alex
attempt "the subject of a token is changed" arthur@dashboard:initech "update users set auth_subject = 'arthur' where id = 101;" "$denied" arthur@dashboard:initech "select email from users where id = 101;" "olivia@*"
attempt "the other company" alex@app "select name from companies where id = 2;" "" alex@app "select name from companies;" Initech
attempt "the owner names the other company" olivia@dashboard:initech "update companies set name = 'x' where id = 2 returning id;" "" olivia@dashboard:initech "update companies set name = 'x' returning id;" 1

# --- what is not the policy's --------------------------------------------------------------------------------------
is "$(psql --username helpdesk_worker --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" --command "select count(*) from tickets")" \
  "$(sql "select count(*) from tickets")" "the worker works for all companies as before"
is "$(psql --username metabase --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" --command "select count(*) from invoices")" \
  "$(sql "select count(*) from invoices")" "reports are made as before"
is "$(psql --username helpdesk_worker --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" --command "begin; insert into ticket_comments (ticket_id, author_id, body, company_id, workspace_id) values (21001, 205, 'by a job', 2, 21) returning company_id, workspace_id; rollback")" \
  "2|21" "the worker, who has no identity, names company and workspace"

# --- a second time, and away again ---------------------------------------------------------------------------------
superuser --file tests/policy/catalog.sql > "$work/helpdesk.applied"
must helpdesk.again.log apply_policy "$helpdesk/tenancy.yaml"
is "$(superuser --file tests/policy/catalog.sql | diff "$work/helpdesk.applied" -)" "" "applied once more, from the folder itself, the policy changes nothing"
# What is said of other databases is the test server's; keys without a tenant column are told of by apply, and tried in leaks.sh.
is "$("$TENANCY" check "$helpdesk/tenancy.yaml" --db "dbname=$database user=postgres" 2> /dev/null | grep -E '(error|warning)\[' | grep -vE 'pool-other-database|without-tenant' |
    sed 's/.*: public\.\([a-z_]*\): .*/\1/' | sort | one_line)" \
  "audit_logs, audit_logs_id_seq, feature_flags, feature_flags_id_seq, jobs, jobs_id_seq, schema_migrations" "what is open are the tables that were left out"
must helpdesk.remove.log apply_policy "$helpdesk/tenancy.yaml" --remove
must helpdesk.log sql "grant select, insert, update, delete on all tables in schema public to helpdesk_rails; grant usage, select on all sequences in schema public to helpdesk_rails"
superuser --file tests/policy/catalog.sql > "$work/helpdesk.removed"
# What prepare added stays: columns, the triggers that fill them, keys and indexes.
rights() { grep -E '^(relation|policy|function|default)' "$1" | grep -v '^function helpdesk_fill_'; }
is "$(diff <(rights "$work/helpdesk.migrated") <(rights "$work/helpdesk.removed"))" "" \
  "removed: rights, row level security, policies and functions are what they were"
is "$(comm -23 <(grep '^column' "$work/helpdesk.migrated") <(grep '^column' "$work/helpdesk.removed"))" "" "and so are the columns that there were, and their defaults"
is "$(old "$(all_of plainly "${every_table[@]}")")" "$before" "the application's login reads everything again"
is "$(old "$(touch_all "${every_table[@]}")")" "$before" "and writes it"
may nobody@app "inserts for any company" "insert into tags (company_id, workspace_id, name) values (2, 21, 'new') returning name;" new
grep -E '^(alter table|drop (index|trigger|function)) .*;$' "$work/helpdesk.remove.log" > "$work/helpdesk.drop.sql"
is "$(superuser --file "$work/helpdesk.drop.sql" 2>&1)" "" "what removal leaves is dropped by the statements that it prints"
is "$(superuser --file tests/policy/catalog.sql | diff "$work/helpdesk.migrated" -)" "" "and then all is as it was"
finish
