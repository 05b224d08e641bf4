#!/usr/bin/env bash
# Who belongs where: in the extension's tables, where roles are stored without what they include, and in the
# application's own where a user's issuer is whichever his account admits. And what a context may use besides
# tables: views, functions, sequences.
set -euo pipefail
source tests/support/tap.sh
export PGOPTIONS='--client-min-messages=warning'
work=build/test/directories
mkdir -p "$work"

# fresh APPLICATION: a database of that name with the extension.
fresh() {
  psql --quiet --command "drop database if exists $1" --command "create database $1"
  psql --quiet --dbname "$1" --set ON_ERROR_STOP=1 --command "create extension pg_tenancy"
}
# apply APPLICATION: builds and applies its policy; prints the error with its detail and hint.
apply() {
  "$TENANCY" build "$work/$1.yaml" -o "$work/$1.policy.sql"
  psql --quiet --no-psqlrc --dbname "$1" --set ON_ERROR_STOP=1 --file "$work/$1.policy.sql" 2>&1 | sed 's/^psql:[^ ]* //'
}
# pool APPLICATION ISSUER...: a login role for its app context, and the issuers.
pool() {
  local app=$1 issuer
  shift
  psql --quiet --dbname "$app" --command "drop role if exists ${app}_pool" --command "create role ${app}_pool login" \
    --command "grant ${app}_app to ${app}_pool"
  for issuer in "$@"; do
    psql --quiet --dbname "$app" --set ON_ERROR_STOP=1 --set jwks="$(cat "$TENANCY_KEYS/jwks.json")" --set "issuer=$issuer" > /dev/null <<SQL
insert into tenancy.issuer (issuer, audiences) values (:'issuer', '{$app}');
select tenancy.import_jwks(:'issuer', :'jwks');
insert into tenancy.pool (login_role, api_context, application, issuer) values ('${app}_pool', 'app', '$app', :'issuer');
SQL
  done
}
# as APPLICATION ISSUER SUBJECT ACCOUNT WORKSPACE STATEMENT: rows in one line, or the error.
as() {
  local token
  token=$("$TENANCY" token mint --key "$TENANCY_KEYS/access.pem" --kid access-key --issuer "$2" --subject "$3" --audience "$1")
  psql --username "$1_pool" --dbname "$1" --quiet --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --set "token=$token" --set "account=$4" --set "workspace=$5" <<SQL 2>&1 | sed 's/^psql:[^ ]* //' | paste --serial --delimiters ,
begin;
select tenancy.login(:'token', nullif(:'account', ''), nullif(:'workspace', '')) \\g /dev/null
$6
SQL
}
a() { printf '%08d-0000-4000-8000-000000000000' "$1"; }

# --- the extension's directory ---
ext=directories_ext
fresh $ext
psql --quiet --dbname $ext --set ON_ERROR_STOP=1 <<SQL
insert into tenancy.account (id, external_id, name) values ('$(a 1)', 'acme', 'Acme'), ('$(a 2)', null, 'Beta');
insert into tenancy.workspace (id, account_id, external_id, name) values
  ('$(a 11)', '$(a 1)', 'east', 'East'), ('$(a 12)', '$(a 1)', 'west', 'West'), ('$(a 21)', '$(a 2)', null, 'Only');
insert into tenancy.app_user (id, issuer, subject) values
  ('$(a 101)', 'https://ext.example', 'owner'), ('$(a 102)', 'https://ext.example', 'editor'), ('$(a 103)', 'https://ext.example', 'viewer'),
  ('$(a 201)', 'https://ext.example', 'foreign');
insert into tenancy.membership (user_id, account_id, workspace_id, role) values
  ('$(a 101)', '$(a 1)', null, 'account.owner'), ('$(a 102)', '$(a 1)', '$(a 11)', 'workspace.editor'),
  ('$(a 103)', '$(a 1)', '$(a 11)', 'workspace.viewer'), ('$(a 201)', '$(a 2)', null, 'account.owner');
create table notes (id int primary key, firm uuid not null, desk uuid not null, body text);
insert into notes values (1, '$(a 1)', '$(a 11)', 'east'), (2, '$(a 1)', '$(a 12)', 'west'), (3, '$(a 2)', '$(a 21)', 'beta');
SQL
cat > "$work/$ext.yaml" <<YAML
tenancy: 1
application: $ext
directory: extension
hierarchy:
  account:   { column: firm }
  workspace: { column: desk }
roles:
  account.owner:    { includes: [workspace.editor] }
  workspace.editor: { includes: [workspace.viewer] }
  workspace.viewer: {}
tables:
  notes:
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all }
      - { role: workspace.editor, context: [app], update: [body] }
YAML
is "$(apply $ext)" "" "a policy over the extension's directory is applied"
is "$(apply $ext)" "" "and again"
pool $ext https://ext.example
e() { as $ext https://ext.example "$@"; }
is "$(e viewer "" "" "select body from notes;")" "east" "a viewer reads his workspace"
like "$(e viewer "" "" "update notes set body = 'x' returning id;")" 'permission denied to update table "notes"' "and writes nothing"
is "$(e editor "" "" "select body from notes;")" "east" "an editor reads by what his role includes"
is "$(e editor "" "" "update notes set body = 'x' returning id;")" "1" "and writes"
is "$(e owner acme west "select body from notes;")" "west" "an owner opens any workspace of his account by what his role includes"
is "$(e owner "" "" "select tenancy.has_role('account.owner'), tenancy.has_role('workspace.editor');")" "t|f" "without a workspace no workspace role counts"
is "$(e owner "$(a 1)" "$(a 11)" "update notes set body = 'x' returning id;")" "1" "keys name tenants as well as external ids do"
like "$(e owner "$(a 2)" "" "select 1;")" "ERROR" "nobody opens an account that is not his"
is "$(e foreign "" "" "select body from notes;")" "beta" "the other account's owner sees his own"
is "$(psql --quiet --dbname $ext -Atc "update tenancy.account set active = false where external_id = 'acme'")" "" "an account is closed"
like "$(e editor "" "" "select 1;")" "ERROR" "and nobody logs in to it"

# --- a user's issuer is any that his account admits ---
any=directories_any
shared=https://shared.example
fresh $any
psql --quiet --dbname $any --set ON_ERROR_STOP=1 <<'SQL'
create table accounts (id bigint primary key);
create table workspaces (id bigint primary key, account_id bigint not null);
create table users (id bigint primary key, subject text not null, deleted_at timestamptz);
create table account_members (user_id bigint, account_id bigint, role text);
create table workspace_members (user_id bigint, workspace_id bigint, role text);
create table notes (id int primary key, account_id bigint not null, workspace_id bigint not null);
insert into accounts values (1), (2);
insert into workspaces values (11, 1), (21, 2);
insert into users values (5, 'ann'), (6, 'bob'), (7, 'both');
insert into account_members values (5, 1, 'owner'), (6, 2, 'owner'), (7, 1, 'owner'), (7, 2, 'owner');
insert into notes values (1, 1, 11), (2, 2, 21);
SQL
cat > "$work/$any.yaml" <<YAML
tenancy: 1
application: $any
hierarchy:
  account:   { table: accounts, key: id, type: bigint }
  workspace: { table: workspaces, key: id, type: bigint }
  user:      { table: users, key: id, type: bigint, subject: subject, issuer: any_of_account, active: deleted_at is null }
membership:
  account:   { table: account_members,   user: user_id, of: account_id,   role: role }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }
roles:
  account.owner:    { includes: [workspace.viewer] }
  workspace.viewer: {}
tables:
  notes:
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all }
YAML
is "$(apply $any)" "" "a policy without a column for the issuer is applied"
pool $any $shared https://idp-of-1.example
psql --quiet --dbname $any --command "update tenancy.issuer set account = '1' where issuer = 'https://idp-of-1.example'"
n() { as $any "$@" "" "" "select id from notes;"; }
is "$(n https://idp-of-1.example ann)" "1" "an account's own issuer opens it"
is "$(n $shared bob)" "2" "the only issuer without an account opens an account without an issuer"
like "$(n https://idp-of-1.example bob)" "ERROR" "an account's issuer opens no other account, whoever it says it speaks of"
like "$(n $shared ann)" "ERROR" "nor does another issuer open an account that has its own"
is "$(n https://idp-of-1.example both)" "1" "whoever is in two accounts comes into the one whose issuer speaks"
pool_of_two() { psql --quiet --dbname $any --set ON_ERROR_STOP=1 <<SQL
insert into tenancy.issuer (issuer, audiences) values ('https://second.example', '{$any}');
$1
SQL
}
pool_of_two ""
is "$(n $shared bob)" "2" "an issuer that no pool of the application admits changes nothing"
psql --quiet --dbname $any --command "insert into tenancy.pool (login_role, api_context, application, issuer) values ('${any}_pool', 'app', '$any', 'https://second.example')"
like "$(n $shared bob)" "ERROR" "two issuers without an account could both know a bob: neither opens anything"
is "$(n https://idp-of-1.example ann)" "1" "an account's own issuer still does"
psql --quiet --dbname $any --command "delete from tenancy.pool where issuer = 'https://second.example'" \
  --command "insert into users values (66, 'bob')"
like "$(n $shared bob)" "ERROR" "a subject that is two users is nobody"
psql --quiet --dbname $any --command "update users set deleted_at = now() where id = 66"
is "$(n $shared bob)" "2" "one who is gone does not count"

# --- views, functions, sequences ---
psql --quiet --dbname $any --set ON_ERROR_STOP=1 <<'SQL'
create schema api;
create view api.seen as select id, workspace_id from notes;
create function api.answer(integer, text default 'x') returns integer language sql as 'select $1';
create function api.total() returns bigint language sql security definer as 'select count(*) from public.notes';
create sequence api.numbers;
SQL
cat >> "$work/$any.yaml" <<'YAML'
views:
  api.seen: { context: [app], read: [id] }
functions:
  "api.answer(int, text)": { context: [app] }
  api.total(): { context: [app] }
sequences:
  api.numbers: { context: [app] }
YAML
said=$(apply $any || true)
like "$said" "view api.seen shows its owner's rows, not the caller's" "a view with its owner's rights is refused"
like "$said" "function api.total() acts with its owner's rights" "so is such a function, if no reason is given"
like "$said" "alter view api.seen set (security_invoker = true);" "and the hint holds the remedy"
sed -i 's/api.total(): { context: \[app\] }/api.total(): { context: [app], definer: "a count of all tenants, which the front page shows" }/' "$work/$any.yaml"
psql --quiet --dbname $any --command "alter view api.seen set (security_invoker = true)"
is "$(apply $any)" "" "with both mended it is applied"
b() { as $any $shared bob "" "" "$1"; }
is "$(b "select id from api.seen;")" "2" "a view shows one's own rows"
like "$(b "select workspace_id from api.seen;")" "permission denied" "and the columns that are listed"
is "$(b "select api.answer(7), api.total(), nextval('api.numbers');")" "7|2|1" "functions and sequences may be used"
is "$(psql --dbname $any -Atc "select has_function_privilege('public', 'api.answer(int, text)', 'execute'), has_function_privilege('${any}_dashboard', 'api.total()', 'execute')")" \
  "f|f" "by nobody else"
sed -i '/^views:/,$d' "$work/$any.yaml"
is "$(apply $any)" "" "they leave the policy"
like "$(b "select id from api.seen;")" "permission denied" "and the view is taken back"
like "$(b "select api.answer(7);")" "permission denied" "the function too"
like "$(b "select nextval('api.numbers');")" "permission denied" "and the sequence"

for app in $ext $any; do
  psql --quiet --command "drop database $app" --command "drop role ${app}_pool, ${app}_app, ${app}_dashboard"
done
finish
