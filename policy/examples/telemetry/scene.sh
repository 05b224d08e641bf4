# A scene of the demo, sourced by policy/examples/saas/demo.sh: measurements of plants, where tables are partitioned,
# parents go two levels deep, and much goes through views and functions.
example=policy/examples/telemetry

scene "Readings of devices on sites: partitions, parents of parents, views, functions ($example)"
step "tables and rows of Alpine Power and Bay Water" bash -ec "
  createdb telemetry
  psql -qX -v ON_ERROR_STOP=1 -d telemetry -c 'create extension pg_tenancy' -f $example/schema.sql -f $example/seed.sql"
step "the policy: tenancy apply tenancy.yaml, and who may come in" bash -ec "
  $TENANCY apply $example/tenancy.yaml --db 'dbname=telemetry user=postgres'
  psql -qX -v ON_ERROR_STOP=1 -d telemetry -f $example/trust.sql"
olga=$(mint olga plant-app) otto=$(mint otto plant-app) carlo=$(mint carlo plant-app) gate=$(mint gate-a plant-app)
plant() { transaction telemetry telemetry_app_pool "$@"; }
readings='select count(*), min(organization_id), max(organization_id) from readings;'
reading_of() { echo "insert into readings (device_id, metric, recorded_at, value) values ('$1', 'power', '2026-02-15 13:00+00', 42); select 'written';"; }
command_of() { echo "select queue_command('a4100001-0000-4000-8000-000000000000', '$1') is not null;"; }
expect "olga, operator at Alpine Power: six partitions, her project" "1208|alpine-power|alpine-power" "$(plant "$olga" "$readings")"
expect "otto, operator at Bay Water, asks the same" "755|bay-water|bay-water" "$(plant "$otto" "$readings")"
expect "olga names a partition" "$forbidden" "$(plant "$olga" "select * from readings_2026_02_0;")"
expect "a gateway writes a reading of its own device" written "$(plant "$gate" "$(reading_of a4100001-0000-4000-8000-000000000000)")"
expect "it writes one of Bay Water's device" "23503 *" "$(plant "$gate" "$(reading_of b4100001-0000-4000-8000-000000000000)")"
expect "carlo, a contractor: the view shows what was shared with him" "2 of 8" "$(plant "$carlo" "select count(distinct id) || ' of 8' from device_status;")"
expect "he restarts a device by the API" t "$(plant "$carlo" "$(command_of restart)")"
expect "he switches it off" "42501 new row violates row-level security*" "$(plant "$carlo" "$(command_of switch_off)")"
