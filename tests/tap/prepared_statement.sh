#!/usr/bin/env bash
# A statement that the protocol prepared serves two tenants in turn with one generic plan.
set -uo pipefail
source tests/support/tap.sh
bench=$("${PG_CONFIG:-pg_config}" --bindir)/pgbench
script=$(mktemp)
admin() { psql --quiet --no-psqlrc --dbname tenancy_saas --command "$1"; }
trap 'rm -f "$script"; admin "drop function plans_of_documents"' EXIT
# A pool may not read what its session has prepared.
admin "create function plans_of_documents(out generic_plans bigint, out custom_plans bigint) language sql security definer as
       'select generic_plans, custom_plans from pg_prepared_statements where statement like ''%from documents%'' limit 1'"

# Division by zero is how a script of pgbench fails.
turn() {
  printf '%s\n' "begin;" "select tenancy.login(:$1);" \
    "select count(*) as rows, count(*) filter (where account_id <> '$2') as foreign_rows from documents \\gset" \
    "commit;" "select 1 / (:rows > 0)::int;" "select 1 / (:foreign_rows = 0)::int;"
}
acme=a0000000-0000-4000-8000-000000000001
globex=b0000000-0000-4000-8000-000000000001

# run EVES GWENS: 20 times one after the other, each with the account that his rows must have.
run() {
  {
    turn eve "$1"
    turn gwen "$2"
    echo "select generic_plans, custom_plans from plans_of_documents() \\gset"
    echo "select 1 / (:custom_plans = 0)::int;"
    echo "select 1 / (:generic_plans > 0)::int;"
  } > "$script"
  "$bench" --no-vacuum --username saas_pool --protocol prepared --client 1 --transactions 20 \
    --define "eve=$(tests/support/mint.sh eve web-app)" --define "gwen=$(tests/support/mint.sh gwen web-app)" \
    --file "$script" tenancy_saas 2>&1
}
like "$(run $acme $globex)" "number of transactions actually processed: 20/20" \
  "two tenants in turn, 20 times, each with his own rows alone and no custom plan"
like "$(run $globex $acme)" "division by zero" "control: the script fails where a row is foreign"
finish
