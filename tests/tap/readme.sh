#!/usr/bin/env bash
# README's "A first table of your own", command by command as it is written there; but for the build,
# which has been done.
set -euo pipefail
source tests/support/tap.sh
unset PGHOST PGPORT PGUSER PGDATABASE
trap 'tests/support/server.sh stop build/notes > /dev/null' EXIT
kept=
[ ! -e notes ] || { kept=build/test/notes.kept; rm -rf "$kept"; mv notes "$kept"; }

# block N: the Nth fenced block of that section.
block() {
  awk -v wanted="$1" '
    /^## / {inside = /A first table of your own/}
    inside && /^```/ {open = !open; count += open; next}
    inside && open && count == wanted' README.md
}

block 1 > build/test/readme.1
ok "$(grep -q 'server.sh start build/notes' build/test/readme.1 && echo yes)" "the section is where it was"
eval "$(sed -n '/^mkdir/,$p' build/test/readme.1)" > build/test/readme.log 2>&1
ok yes "a server is started"
block 2 > notes/notes.sql
said=$(psql notes -v ON_ERROR_STOP=1 -f notes/notes.sql 2>&1)
unlike "$said" "ERROR" "the tables are made"
block 3 > notes/notes.yaml
said=$(eval "$(block 4)" 2>&1)
unlike "$said" "ERROR" "the policy is checked, compiled and applied"
unlike "$said" "warning" "without a warning"
like "$said" "ok" "and found right"
said=$(eval "$(block 5)" 2>&1)
unlike "$said" "ERROR" "the issuer, its keys and the pool are there"
said=$(eval "$(block 6)" 2>&1)
like "$said" "ERROR:  no identity is bound in this transaction" "without a login there is an error"
like "$said" "company and team fill themselves" "a row is written"
like "$said" "ERROR:  permission denied" "and cannot be moved"
like "$said" "UPDATE 0" "nor can another tenant's be changed"
is "$(grep -c ERROR <<< "$said")" 2 "nothing else went wrong"
is "$(grep -oE "Acme's [a-z]+|Globex's [a-z]+" <<< "$said" | paste -sd ,)" "Acme's research,Globex's secret,Acme's sales" \
  "each sees his own rows and no others"
rm -rf notes
[ -z "$kept" ] || mv "$kept" notes
finish
