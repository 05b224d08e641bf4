# For the tests in this directory: source it. Makes the applications of policy/examples on the server of the
# environment, and acts in them as their users, with real tokens.
source tests/support/tap.sh
export PGOPTIONS='--client-min-messages=warning'
work=build/test/policy
mkdir -p "$work"
declare -A pools clients
database=

superuser() { psql --username postgres --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$database" "$@"; }
sql() { superuser --command "$1"; }

# The tables as the policy's own description of them has them, but for the server's version.
schema_is_described() { # schema_is_described FOLDER
  "$TENANCY" schema dump --db "dbname=$database user=postgres" | diff <(grep -v '^postgresql:' "$1/tenancy.schema.yaml") <(grep -v '^postgresql:' -)
}

# apply_policy FILE [OPTION...]
apply_policy() {
  local file=$1
  shift
  "$TENANCY" apply "$file" --db "dbname=$database user=postgres" "$@"
}

# new_database NAME ROLE...: of an example, whose roles go with it.
new_database() {
  local role
  database=$1
  shift
  drop_database "$database" "$@" && psql --username postgres --quiet --no-psqlrc --dbname postgres --command "create database $database"
}
drop_database() {
  local name=$1 role
  shift
  psql --username postgres --quiet --no-psqlrc --dbname postgres --command "drop database if exists $name" || return
  for role in "$@"; do psql --username postgres --quiet --no-psqlrc --dbname postgres --command "drop role if exists $role" || return; done
}

helpdesk=policy/examples/helpdesk
helpdesk_roles=(helpdesk_rails helpdesk_worker helpdesk_owner metabase helpdesk_dashboard_pool helpdesk_app helpdesk_dashboard)
telemetry=policy/examples/telemetry
telemetry_roles=(telemetry_app_pool telemetry_dashboard_pool telemetry_app telemetry_dashboard)

use_helpdesk() {
  database=$1
  pools=([app]=helpdesk_rails [dashboard]=helpdesk_dashboard_pool)
  clients=([app]=helpdesk-web [dashboard]=helpdesk-dashboard)
  account_claim=custom:company workspace_claim=custom:workspace
}
use_telemetry() {
  database=$1
  pools=([app]=telemetry_app_pool [dashboard]=telemetry_dashboard_pool)
  clients=([app]=plant-app [dashboard]=plant-dashboard)
  account_claim=custom:organization workspace_claim=custom:project
}

# token WHO: WHO is SUBJECT@CONTEXT[:[ACCOUNT][/WORKSPACE]], as the claims of the token have it.
token() {
  local subject=${1%%@*} context=${1#*@} tenant= options=()
  case $context in *:*) tenant=${context#*:} context=${context%%:*} ;; esac
  case $tenant in */*) options+=(--claim "$workspace_claim=${tenant#*/}") tenant=${tenant%%/*} ;; esac
  [ -z "$tenant" ] || options+=(--claim "$account_claim=$tenant")
  tests/support/mint.sh "$subject" "${clients[$context]}" "${options[@]}"
}

# client WHO STATEMENTS: what the backend gets that connects for WHO, in one transaction that is rolled back: rows, or
# the SQLSTATE and message of the first error. nobody@CONTEXT does not log in.
client() {
  local context=${1#*@} token= login=
  context=${context%%:*}
  if [ "${1%%@*}" != nobody ]; then
    token=$(token "$1")
    login="select tenancy.login(:'token') \\g /dev/null"
  fi
  psql --username "${pools[$context]}" --no-psqlrc --quiet --tuples-only --no-align --dbname "$database" \
    --set VERBOSITY=verbose --set ON_ERROR_STOP=1 --set "token=$token" <<SQL 2>&1 | answer
begin;
$login
$2
rollback;
SQL
}
answer() {
  awk '/(ERROR|FATAL):/ {sub(/^.*(ERROR|FATAL): */, ""); sub(/: /, " "); print; exit}
       /^(HINT|DETAIL|LOCATION|CONTEXT|LINE|NOTICE|WARNING|STATEMENT):/ {next} {print}' | paste --serial --delimiters '~' | sed 's/~/, /g'
}

# may WHO WHAT STATEMENTS PATTERN: what he gets; PATTERN is a glob.
may() { matches "$1 $2" "$(client "$1" "$3")" "$4"; }

# attempt WHAT WHO STATEMENTS PATTERN CONTROL-WHO CONTROL-STATEMENTS CONTROL-PATTERN: what must not succeed, and its
# control, which shows that the same does where it may, as one test.
attempt() {
  local got control good=yes
  got=$(client "$2" "$3")
  control=$(client "$5" "$6")
  # shellcheck disable=SC2053
  [[ $got == $4 && $control == $7 ]] || good=
  ok "$good" "$1"
  [ -n "$good" ] || printf '# attempt got: %s\n#  expected: %s\n# control got: %s\n#  expected: %s\n' "$got" "$4" "$control" "$7"
}
matches() {
  # shellcheck disable=SC2053
  ok "$([[ $2 == $3 ]] && echo yes)" "$1"
  # shellcheck disable=SC2053
  [[ $2 == $3 ]] || printf '# got:      %s\n# expected: %s\n' "$2" "$3"
}

# must FILE COMMAND...: what the rest of a test stands on; its output goes to FILE and is shown if it fails.
must() {
  local log="$work/$1"
  shift
  "$@" > "$log" 2>&1 && return
  ok "" "$*" "$log"
  finish
}

make_helpdesk_before() {
  use_helpdesk "$1"
  must helpdesk.log new_database "$1" "${helpdesk_roles[@]}"
  must helpdesk.log superuser --file "$helpdesk/schema.sql" --file "$helpdesk/seed.sql"
}
make_telemetry() {
  use_telemetry "$1"
  must telemetry.log new_database "$1" "${telemetry_roles[@]}"
  must telemetry.log superuser --command "create extension pg_tenancy" --file "$telemetry/schema.sql" --file "$telemetry/seed.sql"
  is "$(schema_is_described "$telemetry")" "" "telemetry: tenancy.schema.yaml describes these tables"
  must telemetry.apply.log apply_policy "$telemetry/tenancy.yaml"
  must telemetry.log superuser --file "$telemetry/trust.sql"
}
