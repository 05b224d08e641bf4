#!/usr/bin/env bash
# What exists(relation), new_row and the rules on membership tables let users do, with real tokens:
# related rows of one's own tenant and no other's, and no role that one has not.
set -euo pipefail
source tests/support/tap.sh
export PGOPTIONS='--client-min-messages=warning'
work=build/test/relations
app=relations
issuer=https://relations.example
mkdir -p "$work"

# Two accounts: 1 with the workspaces 11 and 12, 2 with 21.
cat > "$work/schema.sql" <<'SQL'
create table accounts (id bigint primary key);
create table workspaces (id bigint primary key, account_id bigint not null, unique (id, account_id));
create table users (id bigint primary key, issuer text not null, subject text not null);
create table account_members (account_id bigint not null, user_id bigint, role smallint, primary key (account_id, user_id));
create table workspace_members (account_id bigint not null, workspace_id bigint, user_id bigint, role text, primary key (workspace_id, user_id),
  foreign key (workspace_id, account_id) references workspaces (id, account_id));
create table tickets (id bigint primary key, account_id bigint not null, workspace_id bigint not null, parent_id bigint, book text, page int,
  state text not null default 'open');
create table shares (account_id bigint not null, workspace_id bigint not null, ticket_id bigint, user_id bigint not null);
create table marks (account_id bigint not null, book text, page int);
create table invoices (id bigint primary key, account_id bigint not null, payer bigint);
create table payers (account_id bigint not null, id bigint, good boolean not null);
insert into accounts values (1), (2);
insert into workspaces values (11, 1), (12, 1), (21, 2);
insert into users select id, 'https://relations.example', name from (values
  (1, 'owner'), (2, 'admin'), (3, 'billing'), (4, 'lead'), (5, 'guest'), (6, 'lead of both'), (9, 'guest of two'), (99, 'nobody')) as u (id, name);
insert into account_members values (1, 1, 2), (1, 2, 1), (1, 3, 0);
insert into workspace_members values (1, 11, 4, 'lead'), (1, 11, 5, 'guest'), (1, 11, 6, 'lead'), (1, 12, 6, 'guest'), (2, 21, 9, 'guest');
-- 101 is shared with the guest, 102 with somebody else, 103 has no place in a book; 201 is account 2's, and
-- the rows that share it with account 1's guest are of another tenant or another workspace each.
insert into tickets (id, account_id, workspace_id, parent_id, book, page) values
  (101, 1, 11, null, 'a', 1), (102, 1, 11, 101, 'a', 2), (103, 1, 11, 101, null, 3), (121, 1, 12, null, 'a', 1), (201, 2, 21, null, 'a', 1);
insert into shares values (1, 11, 101, 5), (1, 11, null, 5), (1, 11, 102, 4), (1, 12, 103, 5), (2, 21, 102, 5), (2, 21, 103, 5), (2, 21, 201, 9);
insert into marks values (1, 'a', 2), (1, null, 3), (2, 'a', 1);
insert into invoices values (1001, 1, 7), (1002, 1, 8), (1003, 1, null), (2001, 2, 7);
insert into payers values (1, 7, true), (1, 8, false), (2, 8, true), (2, 7, true), (1, null, true);
create index on tickets (account_id, workspace_id, id);
SQL
cat > "$work/tenancy.yaml" <<'YAML'
tenancy: 1
application: relations
hierarchy:
  account:   { table: accounts, key: id, type: bigint }
  workspace: { table: workspaces, key: id, type: bigint }
  user:      { table: users, key: id, type: bigint, subject: subject, issuer: issuer }
membership:
  account:   { table: account_members, user: user_id, of: account_id, role: role, values: { 0: billing, 1: admin, 2: owner } }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }
roles:
  account.owner:   { includes: [account.admin, account.billing] }
  account.admin:   { includes: [workspace.lead] }
  account.billing: {}
  workspace.lead:  { includes: [workspace.guest] }
  workspace.guest: {}
relations:
  shared:   { table: shares, match: "shares.ticket_id = tickets.id and shares.user_id = session.user_id" }
  marked:   { table: marks, match: "marks.book = tickets.book and marks.page = tickets.page" }
  part:     { table: tickets, as: part, match: "part.parent_id = tickets.id" }
  good:     { table: payers, match: "payers.id = invoices.payer and payers.good" }
tables:
  tickets:
    scope: workspace
    rules:
      - { role: workspace.guest, context: [app], read: [id], rows: "RULE" }
      - { role: workspace.lead, context: [app], read: [id] }
      - { role: workspace.lead, context: [app], update: [state], rows: "state = 'open'", new_row: "state in ('open', 'closed')" }
      - { role: workspace.lead, context: [app], insert: [id, state], new_row: "state = 'open'" }
  shares:
    scope: workspace
    rules: []
  marks:
    scope: account
    rules: []
  payers:
    scope: account
    rules: []
  invoices:
    scope: account
    rules:
      - { role: account.billing, context: [app], read: [id], rows: "exists(good)" }
  account_members:
    scope: account
    key: [account_id, user_id]
    rules:
      - { role: account.admin, context: [app], read: all, insert: [user_id, role], update: [role], delete: rows }
  workspace_members:
    scope: SCOPE
    key: [workspace_id, user_id]
    rules:
      - { role: ROLE, context: [app], read: all, insert: [workspace_id, user_id, role], update: [role, user_id], delete: rows }
YAML

psql --quiet --command "drop database if exists $app" --command "create database $app"
psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --command "create extension pg_tenancy" --file "$work/schema.sql"
psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --set jwks="$(cat "$TENANCY_KEYS/jwks.json")" > /dev/null <<SQL
insert into tenancy.issuer (issuer, audiences) values ('$issuer', '{relations}');
select tenancy.import_jwks('$issuer', :'jwks');
SQL

# apply RULE [SCOPE ROLE]: RULE for the guests' tickets, scope and writers of workspace memberships.
apply() {
  local rule=$1
  [ "${rule:0:1}" = "{" ] || rule="\"$1\""
  sed -e "s/\"RULE\"/$rule/; s/SCOPE/${2:-workspace}/; s/ROLE/${3:-workspace.lead}/" "$work/tenancy.yaml" > "$work/applied.yaml"
  "$TENANCY" build "$work/applied.yaml" -o "$work/applied.sql" 2> "$work/build.log"
  psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --file "$work/applied.sql"
}
# as SUBJECT ACCOUNT WORKSPACE STATEMENT: rows in one line, or the error's state; nothing of it stays.
as() {
  local token
  token=$("$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer "$issuer" --subject "$1" --audience relations)
  psql --username "${app}_pool" --dbname "$app" --quiet --no-psqlrc --tuples-only --no-align \
    --set VERBOSITY=sqlstate --set ON_ERROR_STOP=1 --set "token=$token" <<SQL 2>&1 | sed 's/^psql:[^ ]* //' | paste --serial --delimiters ,
begin;
select tenancy.login(:'token', account => '$2', workspace => $3) \\g /dev/null
$4
rollback;
SQL
}
guest() { as guest 1 "'11'" "$1"; }

apply "exists(shared)"
psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 <<SQL
drop role if exists ${app}_pool;
create role ${app}_pool login;
grant ${app}_app to ${app}_pool;
insert into tenancy.pool (login_role, api_context, application, issuer) values ('${app}_pool', 'app', '$app', '$issuer');
SQL
tickets="select id from tickets order by id;"

is "$(guest "$tickets")" "101" "related rows are read: of this tenant, this workspace, this user"
is "$(as lead 1 "'11'" "$tickets")" "101,102,103" "beside a rule without a condition"
is "$(as 'guest of two' 2 "'21'" "$tickets")" "201" "the other tenant's by its own"
is "$(guest "select relations_shared();")" "101" "the function gives no other tenant's links, and no null"
is "$(guest "select count(*) from shares;")" "ERROR:  42501" "the relation's table itself is not opened by it"
is "$(psql --dbname "$app" -Atc "select string_agg(distinct a.grantee::regrole::text, ',' order by a.grantee::regrole::text) from pg_proc p, aclexplode(p.proacl) a where p.proname in ('relations_shared', 'relations_marked', 'relations_good', 'relations_part')")" \
  "postgres,relations_app" "EXECUTE is the context role's, where a rule asks for the relation"
apply "exists(shared)"
is "$(guest "$tickets")" "101" "applied again, the same"

apply "not exists(shared)"
is "$(guest "$tickets")" "102,103" "not: the others"
apply "exists(marked)"
is "$(guest "$tickets")" "102" "two links are compared together, and a null in one is no match"
is "$(psql --dbname "$app" -Atc "select count(*) from pg_proc where proname = 'relations_shared'")" "0" "the function of a relation that no rule asks for is gone"
apply "not exists(marked)"
is "$(guest "$tickets")" "101,103" "not: a row whose own link is null has no match, and is seen"
apply "exists(part)"
is "$(guest "$tickets")" "101" "a table related to itself"
apply "not (exists(part) or exists(shared))"
is "$(guest "$tickets")" "102,103" "not over several"
is "$(as billing 1 null "select id from invoices order by id;")" "1001" "in a table of the account, without a workspace"

apply "{ sql: \"pg_catalog.mod(id, 2) = 1 and (select tenancy.has_role('workspace.guest'))\", reviewer: ann }"
is "$(guest "$tickets")" "101,103" "plain SQL, as it was reviewed"

# A rule by itself finds its rows by the index on the linked column, on a table of some size.
psql --quiet --dbname "$app" --command "insert into tickets (id, account_id, workspace_id) select 10000 + n, 1, 11 from generate_series(1, 20000) n" \
  --command "insert into shares select 1, 11, 10000 + n, 5 from generate_series(1, 20) n" --command "analyze"
cp "$work/tenancy.yaml" "$work/whole.yaml"
sed -i '/role: workspace.lead, context: \[app\], read/d' "$work/tenancy.yaml"
apply "exists(shared)"
like "$(guest "explain (costs off) select id from tickets;")" "(id = ANY (" "the plan has the links"
like "$(guest "explain (costs off) select id from tickets;" | grep -o 'Index Cond: [^,]*ANY')" "Index Cond" "as a condition of an index"
cp "$work/whole.yaml" "$work/tenancy.yaml"
psql --quiet --dbname "$app" --command "delete from tickets where id > 10000" --command "delete from shares where ticket_id > 10000"

# The type of a link changes: the function follows.
apply "exists(part)"
psql --quiet --dbname "$app" --command "alter table shares alter column ticket_id type integer"
apply "exists(shared)"
is "$(guest "$tickets")" "101" "a link of another type"
apply "exists(marked)"
psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --command "alter table marks alter column page type bigint"
apply "exists(marked)"
is "$(guest "$tickets")" "102" "a link that changes its type under the function"

# new_row
is "$(as lead 1 "'11'" "update tickets set state = 'closed' where id = 101 returning id;")" "101" "new_row lets a row become what rows would not have found"
is "$(as lead 1 "'11'" "update tickets set state = 'lost' where id = 101;")" "ERROR:  42501" "but nothing else"
is "$(as lead 1 "'11'" "insert into tickets (id, state) values (110, 'open') returning id;")" "110" "a new row as new_row wants it"
is "$(as lead 1 "'11'" "insert into tickets (id, state) values (110, 'closed');")" "ERROR:  42501" "and no other"

# Memberships of the account: nobody gives or takes what he has not.
members() { as "$1" 1 null "$2"; }
is "$(members admin "insert into account_members (user_id, role) values (99, 1) returning role;")" "1" "an admin makes an admin"
is "$(members admin "insert into account_members (user_id, role) values (99, 2);")" "ERROR:  42501" "and no owner"
is "$(members admin "insert into account_members (user_id, role) values (99, 0);")" "ERROR:  42501" "nor what he has not beside it"
is "$(members admin "insert into account_members (user_id, role) values (99, 7);")" "ERROR:  42501" "nor what the policy does not know"
is "$(members admin "insert into account_members (user_id, role) values (99, null);")" "ERROR:  42501" "nor nothing"
is "$(members admin "update account_members set role = 2 where user_id = 2;")" "ERROR:  42501" "himself he makes no owner"
is "$(members admin "update account_members set role = 1 where user_id = 1 returning 1;")" "" "an owner he does not demote"
is "$(members admin "delete from account_members where user_id = 1 returning 1;")" "" "nor remove"
is "$(members admin "delete from account_members where user_id = 2 returning 1;")" "1" "himself he removes"
is "$(members owner "insert into account_members (user_id, role) values (99, 0), (98, 2) returning role;")" "0,2" "an owner gives all"
is "$(members owner "update account_members set role = 0 where user_id = 2 returning role;")" "0" "and changes what others have"

# Memberships of one workspace.
is "$(as lead 1 "'11'" "insert into workspace_members (user_id, role) values (99, 'lead') returning workspace_id;")" "11" "a lead makes a lead of his workspace"
is "$(as lead 1 "'11'" "insert into workspace_members (workspace_id, user_id, role) values (12, 99, 'guest');")" "ERROR:  42501" "of no other"
is "$(as 'lead of both' 1 "'12'" "insert into workspace_members (user_id, role) values (99, 'guest');")" "ERROR:  42501" "where he is a guest, he gives nothing"
is "$(as lead 1 "'11'" "update workspace_members set user_id = 99 where user_id = 5 returning role;")" "guest" "a row that gives what he has may be another's"
is "$(as lead 1 "'11'" "delete from workspace_members where user_id = 5 returning role;")" "guest" "and be removed"

# Memberships of all workspaces of the account, in one table.
apply "exists(shared)" account account.admin
is "$(as admin 1 null "insert into workspace_members (workspace_id, user_id, role) values (12, 99, 'lead') returning role;")" "lead" \
  "what an account role holds in every workspace may be given in any"
is "$(as admin 1 null "insert into workspace_members (workspace_id, user_id, role) values (21, 99, 'lead');")" "ERROR:  23503" "in the account's own"
apply "exists(shared)" account account.billing
psql --quiet --dbname "$app" --command "insert into workspace_members values (1, 11, 3, 'lead')"
is "$(as billing 1 "'11'" "insert into workspace_members (workspace_id, user_id, role) values (12, 99, 'guest');")" "ERROR:  42501" \
  "what one is in one workspace may not be given in another"
psql --quiet --dbname "$app" --command "alter table workspace_members drop constraint workspace_members_workspace_id_account_id_fkey"
if apply "exists(shared)" account account.admin 2> "$work/apply.log"; then said=applied; else said=$(cat "$work/apply.log"); fi
like "$said" "lacks the foreign key" "without the key that holds a membership to its account's workspaces, nothing is applied"

psql --quiet --command "drop database $app" --command "drop role ${app}_pool, ${app}_app, ${app}_dashboard"
finish
