#!/usr/bin/env bash
# What the documentation says of settings and errors is what the server has.
set -euo pipefail
source tests/support/tap.sh

documented=$(sed -n 's/^| `\(tenancy\.[a-z_]*\)` | \([a-z]*\) | \([^|]*\)|.*/\1|\2|\3/p' docs/settings.md | sed 's/ *$//')
actual=$(psql --tuples-only --no-align --dbname tenancy_saas --command \
  "select name, context, setting from pg_settings where name like 'tenancy.%' order by name collate \"C\"")
is "$documented" "$actual" "docs/settings.md is pg_settings"

# Each class of the table can be met, and has a hint.
for state in 28000 28T01 28T02 28T03 28T04 42501 55000 58000; do
  like "$(cat docs/errors.md)" "| $state |" "docs/errors.md has $state"
done
finish
