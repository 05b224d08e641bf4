#!/usr/bin/env bash
# The tests of this directory, by pg_prove, on a server of their own with tenancy.test_mode: the sample
# application with pg_tenancy_test. They are what a policy author writes (docs/testing.md).
set -uo pipefail
cd "$(dirname "$0")/../.."
server=build/test/test_mode
export PGOPTIONS=--client-min-messages=warning

trap 'tests/support/server.sh stop "$server" > /dev/null' EXIT
tests/support/server.sh start "$server" tenancy.test_mode=on > /dev/null || exit 1
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh tenancy_saas || exit 1
psql --quiet --dbname tenancy_saas --command "create extension pg_tenancy_test" || exit 1
pg_prove --dbname tenancy_saas "${@:-tests/test_mode}" --ext .sql
