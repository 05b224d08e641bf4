#!/usr/bin/env bash
# The whole path once, as a story: a server, the sample application, an identity provider, and clients
# that try what they may and what they may not.
#
#   demo.sh start    play it; the server stays up for a look around
#   demo.sh stop     stop the server and remove it
set -euo pipefail
cd "$(dirname "$0")/../../.."

export TENANCY=$PWD/build/dev/tenancy
export TENANCY_KEYS=$PWD/build/demo-keys
server=build/demo
example=policy/examples/saas
issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo

case ${1:-} in
  start) ;;
  stop)
    tests/support/server.sh stop "$server"
    rm -rf "$TENANCY_KEYS"
    exit 0
    ;;
  *)
    sed -n '5,6s/^# *//p' "$0" >&2
    exit 2
    ;;
esac

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold= red= green= plain=; fi
right=0
wrong=0

scene() { printf '\n%s%s%s\n' "$bold" "$1" "$plain"; }
step() {
  printf '  %-72s' "$1"
  shift
  "$@" > build/demo-step.log 2>&1 || { echo failed; cat build/demo-step.log; exit 1; }
  echo done
}

# expect WHAT PATTERN GOT: one line of the story; PATTERN is a glob.
expect() {
  local got=${3//$'\n'/, } verdict
  # shellcheck disable=SC2053
  if [[ $got == $2 ]]; then
    right=$((right + 1))
    verdict="${green}right${plain}"
  else
    wrong=$((wrong + 1))
    verdict="${red}WRONG, expected: $2${plain}"
  fi
  got=${got:-(no rows)}
  [ "${#got}" -le 64 ] || got="${got:0:61}..."
  printf '  %-60s %-65s %s\n' "$1" "$got" "$verdict"
}

mint() { tests/support/mint.sh "$@"; }

# client TOKEN STATEMENTS: what the backend gets that connects for this token's API context, in one
# transaction: rows, or the first error.
client() {
  local pool=saas_app_pool
  case " $dashboard_tokens " in *" $1 "*) pool=saas_dashboard_pool ;; esac
  transaction saas "$pool" "$1" "$2"
}
transaction() { # transaction DATABASE POOL TOKEN STATEMENTS
  PGUSER=$2 psql --quiet --no-psqlrc --tuples-only --no-align --dbname "$1" \
    --set VERBOSITY=verbose --set ON_ERROR_STOP=1 --set "token=$3" <<SQL 2>&1 | answer
begin;
${3:+select tenancy.login(:'token') \\g /dev/null}
$4
rollback;
SQL
}
answer() { awk '/(ERROR|FATAL):/ {sub(/^.*(ERROR|FATAL): */, ""); sub(/: /, " "); print; exit} /^(HINT|DETAIL|LOCATION|CONTEXT|LINE|NOTICE|WARNING|STATEMENT):/ {next} {print}'; }

echo "${bold}pg_tenancy: one database, two companies, no shared rows${plain} ($example)"

scene "Setting up"
step "a server of its own in $server, pg_tenancy preloaded" tests/support/server.sh start "$server"
eval "$(tests/support/server.sh env "$server")"
step "an identity provider: two RSA keys, as Amazon Cognito publishes" tests/support/keys.sh "$TENANCY_KEYS"
step "tables and rows of Acme and Globex: schema.sql, seed.sql" bash -ec "
  createdb saas
  psql -qX -v ON_ERROR_STOP=1 -d saas -c 'create extension pg_tenancy' -f $example/schema.sql -f $example/seed.sql"
step "the policy: tenancy build tenancy.yaml" bash -ec "
  $TENANCY build $example/tenancy.yaml | psql -qX -v ON_ERROR_STOP=1 -d saas"
step "who may come in: issuer, key set, a login role for each API context" psql -qX -v ON_ERROR_STOP=1 -d saas -f "$example/trust.sql"

eve=$(mint eve web-app) victor=$(mint victor web-app) gwen=$(mint gwen web-app)
adam=$(mint adam web-dashboard) ann=$(mint ann web-dashboard)
dashboard_tokens="$adam $ann"
titles='select title from documents order by title;'
count='select count(*) from documents;'
forbidden='42501 permission denied*'
no_identity='28000 no identity is bound in this transaction'
refused='28T01 token refused'

scene "Each user sees and writes what the roles in tenancy.yaml say"
expect "eve, editor at Acme, reads her workspace" "Acme: *, Acme: *, Acme: *, Acme: *" "$(client "$eve" "$titles")"
expect "victor, viewer at Acme: published ones and his own" "Acme: Handbook, Acme: Notes from the field, Acme: Roadmap" "$(client "$victor" "$titles")"
expect "gwen, editor at Globex, asks the same question" "Globex: *, Globex: *, Globex: *, Globex: *" "$(client "$gwen" "$titles")"
expect "eve writes a document; account and workspace fill themselves" "New|Acme" "$(client "$eve" "insert into documents (owner_id, title) values (tenancy.user_uuid(), 'New'); select d.title, a.name from documents d join accounts a on a.id = d.account_id where d.title = 'New';")"
expect "eve edits her own document" "Acme: Roadmap" "$(client "$eve" "update documents set body = 'v2' where title = 'Acme: Roadmap' returning title;")"
expect "eve edits a colleague's document" "" "$(client "$eve" "update documents set body = 'v2' where title = 'Acme: Handbook' returning title;")"
expect "eve writes a document in a colleague's name" '42501 new row violates row-level security*' "$(client "$eve" "insert into documents (owner_id, title) select id, 'Not mine' from users where name = 'Victor';")"
expect "victor, who only views, writes a document" "$forbidden" "$(client "$victor" "insert into documents (owner_id, title) values (tenancy.user_uuid(), 'New');")"
expect "eve reads invoices" "$forbidden" "$(client "$eve" "select number from invoices;")"
expect "ann, who owns Acme, reads invoices in the dashboard" "1|4900, 2|4900" "$(client "$ann" "select number, amount_cents from invoices order by 1;")"
expect "adam, admin at Acme, reads invoices in the dashboard" "$forbidden" "$(client "$adam" "select number from invoices;")"
expect "eve reads a colleague's e-mail address" "$forbidden" "$(client "$eve" "select email from users;")"
expect "adam reads it in the dashboard" "adam@acme.example, ann@*" "$(client "$adam" "select email from users order by 1;")"
expect "anyone reads the countries" "DE, IT, JP" "$(client "$victor" "select code from countries order by 1;")"

scene "Another account's rows are not there"
globex="'b0000000-0000-4000-8000-000000000001'"
theirs="'b3000000-0000-4000-8000-000000000001'"
expect "eve reads Globex's roadmap by its key" "" "$(client "$eve" "select title from documents where id = $theirs;")"
expect "control: gwen reads it" "Globex: Roadmap" "$(client "$gwen" "select title from documents where id = $theirs;")"
expect "eve inserts a document into Globex" "42501 new row violates row-level security*" "$(client "$eve" "insert into documents (account_id, workspace_id, owner_id, title) values ($globex, 'b1000000-0000-4000-8000-000000000001', tenancy.user_uuid(), 'Hello');")"
expect "eve moves her document to Globex" "$forbidden" "$(client "$eve" "update documents set account_id = $globex;")"
expect "eve deletes Globex's documents" "" "$(client "$eve" "delete from documents where id = $theirs returning title;")"
expect "eve comments on Globex's roadmap" "23503 *" "$(client "$eve" "insert into comments (document_id, author_id, body) values ($theirs, tenancy.user_uuid(), 'Hi');")"
expect "eve joins and counts her way around" "4|1" "$(client "$eve" "select count(*), count(distinct account_id) from documents;")"

scene "No login, no rows"
expect "a query without a login" "$no_identity" "$(client "" "$count")"
expect "a write without a login" "$no_identity" "$(client "" "delete from documents;")"

scene "Tokens that are refused"
expect "control: eve's own token" "4" "$(client "$eve" "$count")"
expect "claims of gwen under the signature of eve" "$refused" "$(client "${gwen%.*}.${eve##*.}" "$count")"
none=$(printf '{"alg":"none","kid":"access-key"}' | openssl base64 -A | tr '+/' '-_' | tr -d '=')
payload=${eve#*.}
expect "alg: none" "$refused" "$(client "$none.${payload%.*}." "$count")"
expect "expired a minute ago" "28T02 token expired or revoked" "$(client "$(mint eve web-app --claim-json "iat=$(($(date +%s) - 120))" --claim-json "exp=$(($(date +%s) - 60))")" "$count")"
expect "made for another application of the same provider" "$refused" "$(client "$(mint eve another-app)" "$count")"
expect "an ID token in place of an access token" "$refused" "$(client "$(mint eve web-app --claim token_use=id --claim aud=web-app --key="$TENANCY_KEYS/id.pem" --kid id-key)" "$count")"
expect "signed with a key that the provider never published" "$refused" "$(client "$(mint eve web-app --key="$TENANCY_KEYS/unpublished.pem" --kid my-key)" "$count")"
expect "signed by the provider: eve asks for Globex" "42501 no such account or workspace*" "$(client "$(mint eve web-app --claim custom:account=b0000000-0000-4000-8000-000000000001)" "$count")"

scene "eve, with any SQL she likes, tries to become Globex"
account='select distinct a.name from documents d join accounts a on a.id = d.account_id;'
expect "SET LOCAL tenancy.account" '55P02 *cannot be changed' "$(client "$eve" "set local tenancy.account = $globex;")"
expect "set_config('tenancy.account', ...)" '55P02 *cannot be changed' "$(client "$eve" "select set_config('tenancy.account', $globex, true);")"
expect "SET LOCAL tenancy.identity, the sealed value" '42501 permission denied*' "$(client "$eve" "set local tenancy.identity = 'x';")"
expect "SHOW tenancy.identity, to copy it" '42501 must be superuser*' "$(client "$eve" "show tenancy.identity;")"
expect "SET LOCAL ROLE to the dashboard's role" '42501 permission denied*' "$(client "$eve" "set local role saas_dashboard; $account")"
expect "SET LOCAL ROLE postgres" '42501 permission denied*' "$(client "$eve" "set local role postgres;")"
expect "PGOPTIONS='-c tenancy.account=...': no connection" '*parameter "tenancy.account" cannot be changed' "$(PGOPTIONS="-c tenancy.account=${globex//\'/}" client "$eve" "$account")"
expect "a second login, as gwen, in the same transaction" '28T04 *' "$(client "$eve" "select tenancy.login('$gwen');")"
expect "control: gwen in a transaction of her own" "Globex" "$(client "$gwen" "$account")"
expect "the next transaction on eve's connection" "$no_identity" "$(client "$eve" "commit; begin; $account")"

scene "eve leaves something in the connection, for whoever comes next"
not_allowed='42501 * is not allowed to pool role*'
expect "a temporary table documents" "$not_allowed" "$(client "$eve" "create temp table documents (like documents);")"
expect "an account_uuid() of her own, first in search_path" "$not_allowed" "$(client "$eve" "create function pg_temp.account_uuid() returns uuid language sql as \$f\$select $globex::uuid\$f\$;")"
expect "a statement of PREPARE under a driver's name" "$not_allowed" "$(client "$eve" "prepare s1 as select 'eve''s';")"
expect "a search_path" "$not_allowed" "$(client "$eve" "set search_path = pg_temp;")"
expect "the same by a function; the next transaction has" '"$user", public' "$(client "$eve" "do \$\$ begin perform set_config('search_path', 'pg_temp', false); end \$\$; commit; begin; show search_path;")"
expect "ALTER ROLE saas_app_pool SET ..." "$not_allowed" "$(client "$eve" "alter role saas_app_pool set statement_timeout = 1;")"
expect "cancelling a sister session" '42501 permission denied for function*' "$(client "$eve" "select pg_cancel_backend(pg_backend_pid());")"

source policy/examples/telemetry/scene.sh

echo
if [ "$wrong" -gt 0 ]; then
  echo "${red}$wrong of $((right + wrong)) came out wrong.${plain}"
  exit 1
fi
host=$PGHOST
cat <<END
All $right came out right. The server is up; to look around, in $PWD:

  export TENANCY=$TENANCY TENANCY_KEYS=$TENANCY_KEYS
  psql -h $host -U postgres saas       as a superuser, past all policies
  psql -h $host -U saas_app_pool saas  as the app's backend; then
    begin;
    \\set token \`tests/support/mint.sh eve web-app\`
    select tenancy.login(:'token');
    select * from documents;

Stop the server and remove it with: make demo-stop
END
