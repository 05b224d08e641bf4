#!/usr/bin/env bash
# A thousand clients of two tenants over eight server connections, in transaction and in session mode, with
# errors, cancels, prepared statements, open cursors and DISCARD ALL mixed in: nobody sees a row that is not
# his, and nobody misses one. And the test sees rows where isolation is broken on purpose.
set -uo pipefail
source tests/bouncer/setup.bash
clients=${BOUNCER_CLIENTS:-1000}

# load [options of bouncer_load]: fills `counted`.
load() {
  counted=$(build/dev/bouncer_load "$(tests/support/bouncer.sh conninfo "$pooler") user=${role:-saas_pool} dbname=load" \
    "$identities" "$@")
}
count() { awk -F '\t' -v name="$1" '$1 == name {print $2}' <<< "$counted"; }
diagnose() { sed 's/^/# /' <<< "$counted"; }

mixed_load() {
  local version=$1 root=$2 mode=$3 named=()
  if has_named "$version" "$mode"; then named=(--named); fi
  tests/support/bouncer.sh start "$pooler" "$root" "pool_mode=$mode" || exit 1
  local before sampler started=$SECONDS
  before=$(sql "select count(*) from comments")
  while sleep 0.3; do sql "select count(*) from pg_stat_activity where usename = 'saas_pool'"; done > "$dir/connections" &
  sampler=$!
  load --clients "$clients" "${named[@]}"
  kill "$sampler"
  wait "$sampler" 2> /dev/null
  echo "# PgBouncer $version, $mode mode: $clients clients over $(sort -n "$dir/connections" | tail -n 1) server connections, $((SECONDS - started)) s"
  diagnose
  is "$(count foreign)" 0 "$version, $mode mode: not one foreign row"
  is "$(count missing)" 0 "$version, $mode mode: not one row missing"
  is "$(count unexpected)" 0 "$version, $mode mode: every error was provoked"
  # One that is being closed may still be there beside its successor.
  ok "$([ "$(sort -n "$dir/connections" | tail -n 1)" -le 12 ] && echo yes)" "$version, $mode mode: over few server connections" "$dir/connections"
  ok "$([ "$(count hand_overs)" -gt $((clients / 2)) ] && echo yes)" "$version, $mode mode: that pass from tenant to tenant"
  is "$(grep -c '^errand' <<< "$counted")" 13 "$version, $mode mode: errands of every kind"
  is "$(sql "select count(*) from comments")" "$((before + $(count comments)))" \
    "$version, $mode mode: what was written is there, what was deleted or abandoned is not"
  is "$(sql "select count(*) from comments c join users u on u.id = c.author_id where u.account_id <> c.account_id")" 0 \
    "$version, $mode mode: in the account of the one who wrote it"
  tests/support/bouncer.sh stop "$pooler"
}

# planted NAME SQL [options of bouncer_load]: with isolation broken by the SQL, foreign rows are seen.
planted() {
  local name=$1
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --single-transaction --command "$2" || exit 1
  shift 2
  tests/support/bouncer.sh start "$pooler" / pool_mode=transaction || exit 1
  load --clients 50 --visits 1 "$@"
  echo "# $name: $(count rows) rows judged, $(count foreign) foreign, $(count foreign_tenant) of another tenant"
  ok "$([ "$(count foreign_tenant)" -gt 0 ] && echo yes)" "$name is seen"
  tests/support/bouncer.sh stop "$pooler"
}

start_server
each_pooler mixed_load

planted "a table without a floor" "
  drop policy saas_app_floor on documents;
  drop policy saas_dashboard_floor on documents;
  create policy planted on documents for select to saas_app using (true)"
# What pg_tenancy replaces: the tenant in a setting of the session, which the next client inherits. As a role
# that is no pool, for which nothing takes it back.
role=plain planted "an identity that outlives its transaction" "
  alter table documents disable row level security;
  alter table documents rename to all_documents;
  delete from tenancy.rule where table_name = 'documents';
  delete from tenancy.managed_table where table_name = 'documents';
  create view documents as
    select * from all_documents where workspace_id::text = current_setting('planted.workspace', true);
  grant select on documents to saas_app;
  create function planted_login(token text, workspace text) returns text language sql as
    \$\$ select set_config('planted.workspace', workspace, false) \$\$" \
  --login 'select planted_login($1, $2)'
finish
