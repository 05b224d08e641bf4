#!/usr/bin/env bash
# On a table of some size the tenant floor is an index condition, in the plan of an app user.
set -euo pipefail
source tests/support/tap.sh
psql=(psql --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_plan)

psql --quiet --command "drop database if exists tenancy_plan" --command "create database tenancy_plan template tenancy_saas"
"${psql[@]}" <<'SQL'
insert into accounts (id, name) select md5('a' || n)::uuid, 'Account ' || n from generate_series(1, 200) n;
insert into workspaces (id, account_id, name) select md5('w' || n)::uuid, md5('a' || n)::uuid, 'Only' from generate_series(1, 200) n;
insert into users (id, account_id, issuer, subject, name, email)
select md5('u' || n)::uuid, md5('a' || n)::uuid, 'i', 's' || n, 'U', 'e' from generate_series(1, 200) n;
insert into documents (account_id, workspace_id, owner_id, title, published)
select md5('a' || n)::uuid, md5('w' || n)::uuid, md5('u' || n)::uuid, 'Document', true
  from generate_series(1, 200) n, generate_series(1, 100);
analyze;
-- A pool's session may not prepare in SQL; planned again for whoever executes it.
create function prepare_newest() returns void language plpgsql security definer
as 'begin execute ''prepare newest as select * from public.documents''; end';
SQL
token=$(tests/support/mint.sh victor web-app)
explain() {
  PGUSER=saas_app_pool "${psql[@]}" --set "token=$token" <<SQL
begin;
select tenancy.login(:'token') \\g /dev/null
$1
SQL
}
plan=$(explain "explain (costs off) select * from documents order by created_at desc limit 10;")
sed 's/^/# /' <<< "$plan"
like "$plan" "Index Cond: ((account_id = tenancy.account_uuid()) AND (workspace_id = tenancy.workspace_uuid()))" "documents: account and workspace are the index condition"
unlike "$plan" "Seq Scan" "and no sequential scan"
plan=$(explain "set local plan_cache_mode = force_generic_plan; select prepare_newest() \\g /dev/null
 explain (costs off) execute newest;")
like "$plan" "(account_id = tenancy.account_uuid())" "in a generic plan too"
unlike "$plan" "Seq Scan" "without a sequential scan"
psql --quiet --command "drop database tenancy_plan"
finish
