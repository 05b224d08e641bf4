#!/usr/bin/env bash
# No way to keep the rows after the token's time: by an error, by idling, by catching the cancel. The attempts
# run side by side, each against its control: the same with a token that lives on.
set -uo pipefail
source tests/support/tap.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
now=$(date +%s)
short=$(tests/support/mint.sh eve web-app --claim-json "exp=$((now - 22))" --claim-json "iat=$((now - 60))")
long=$(tests/support/mint.sh eve web-app)

# Waits until a token of the short kind has expired; long enough for the statements before it on a busy machine.
wait="select true as waited from pg_sleep($now + 8.2 - extract(epoch from clock_timestamp()));"
names=()

# dodge NAME EXPECTED CONTROL: runs the script of standard input with both tokens. With the short one it is told
# EXPECTED and its last line is not CONTROL, which the last line is with the long one.
dodge() {
  local n=${#names[@]} script
  script=$(cat)
  names+=("$1" "$2" "$3")
  for token in short long; do
    PGUSER=saas_pool psql --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_saas > "$work/$n.$token" 2>&1 \
      --command "begin" --command "select tenancy.login('${!token}')" --file <(printf '%s\n' "$script") &
  done
}
expired="token expired or revoked"
rows="select distinct account_id from documents;"
acme=a0000000-0000-4000-8000-000000000001

dodge "idling in the transaction" "$expired" "$acme" <<< "$rows $wait $rows"
dodge "idling with a cursor open" "$expired" "$acme" <<< \
  "declare c cursor for select account_id from documents; fetch 1 from c; $wait fetch 1 from c;"
dodge "a cursor, through a function that reads it" "$expired" "gave rows" <<< \
  "declare c cursor for select account_id from documents; $wait select 'gave rows' where cursor_to_xml('c', 1, true, true, '')::text like '%account_id%';"
dodge "an error and a rollback to a savepoint, which drop the timer" "$expired" "0" <<< \
  "$rows savepoint s; select 1 / 0; rollback to s; select 0 * count(*) from documents, pg_sleep(12);"
dodge "catching the cancel, and reading on" "$expired" "$acme" <<< \
  "do \$\$ begin perform count(*) from documents, pg_sleep(12); exception when query_canceled then null; end \$\$; $rows"
dodge "catching all, and reading on in the block" "28T02" "read" <<< \
  "do \$\$ begin
     begin perform count(*) from documents, pg_sleep(12); exception when query_canceled or others then null; end;
     perform from documents; raise notice 'read';
   exception when others then raise notice '%', sqlstate; end \$\$;"
dodge "a rollback to a savepoint from before the expiry" "$expired" "$acme" <<< \
  "savepoint s; $wait $rows rollback to s; $rows"
dodge "COPY of a query that takes long" "$expired" "0" <<< \
  "copy (select 0 * count(*) from documents, pg_sleep(12)) to stdout;"
wait

for ((n = 0; n < ${#names[@]}; n += 3)); do
  last() { grep -v '^HINT\|^CONTEXT\|^SQL \|^PL/' "$work/$n.$1" | tail -n 1; }
  like "$(cat "$work/$n.short")" "${names[n + 1]}" "${names[n]}"
  unlike "$(last short)" "${names[n + 2]}" "and nothing more: ${names[n]}"
  like "$(last long)" "${names[n + 2]}" "control: ${names[n]}"
done
finish
