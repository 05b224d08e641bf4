#!/usr/bin/env bash
# Attempts that only the protocol can make: the fast path, COPY to and from the client, prepared statements,
# a replication connection. eve of Acme is the attacker, gwen of Globex the victim.
set -uo pipefail
source tests/support/tap.sh
bin=$("${PG_CONFIG:-pg_config}" --bindir)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
g++ -std=c++20 -O1 -Wall -Wextra -Werror tests/support/fast_path.cpp -o "$work/fast_path" $(pkg-config --cflags --libs libpq)

eve=$(tests/support/mint.sh eve web-app)
gwen=$(tests/support/mint.sh gwen web-app)
acme=a0000000-0000-4000-8000-000000000001
globex=b0000000-0000-4000-8000-000000000001
steps() { local role=$1; shift; "$work/fast_path" "host=$PGHOST dbname=tenancy_saas user=$role" "$@" 2>&1; }
login_as() { printf 'select tenancy.login(%s)' "'$1'"; }
as() { local role=$1; shift; psql --username "$role" --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_saas "$@" 2>&1; }

# The fast path.
said=$(steps saas_pool begin "$(login_as "$eve")" "call set_config(text,text,boolean) tenancy.account $globex true")
like "$said" 'parameter "tenancy.account" cannot be changed' "fast path: tenancy.account is not set"
said=$(steps saas_pool begin "call set_config(text,text,boolean) work_mem 1MB true" "show work_mem")
like "$said" "1MB" "control: set_config can be called so"
said=$(steps saas_pool "call set_config(text,text,boolean) row_security off false" "show row_security")
is "$(tail -n 1 <<< "$said")" "on" "fast path: set_config leaves nothing in the connection"
said=$(steps saas_stranger "call set_config(text,text,boolean) row_security off false" "show row_security")
is "$(tail -n 1 <<< "$said")" "off" "control: where the role is no pool it does"
said=$(steps saas_pool "call tenancy.account_key()")
like "$said" "no identity is bound" "fast path: no account without a login"
said=$(steps saas_pool begin "$(login_as "$eve")" "call tenancy.account_key()")
like "$said" "$acme" "control: with one there is"
said=$(steps saas_pool begin "$(login_as "$eve")" "call tenancy.logout()" "call tenancy.account_key()")
like "$said" "no identity is bound" "fast path: nor after a logout"
said=$(steps saas_pool "call pg_notify(text,text) events forged")
like "$said" "permission denied for function pg_notify" "fast path: no event"
said=$(steps postgres "call pg_notify(text,text) events true")
unlike "$said" "permission denied" "control: a superuser sends one"
said=$(steps saas_pool "call tenancy.revoke_subject(text,text) x gwen")
like "$said" "permission denied for function revoke_subject" "fast path: nobody is revoked"

# Large objects, which clients reach by the fast path.
echo x > "$work/file"
like "$(as saas_pool --command "\\lo_import $work/file")" "permission denied for function lo_creat" "no large object"
like "$(as postgres --command "begin" --command "\\lo_import $work/file" --command "select 'there'")" "there" "control: a superuser makes one"

# COPY with the client.
copied() { as saas_pool --command begin --command "$(login_as "$1")" --command "$2" | sort -u | tail -n +2; }
is "$(copied "$eve" "copy documents (account_id) to stdout")" "$acme" "COPY gives the rows of one's own account"
is "$(copied "$gwen" "copy documents (account_id) to stdout")" "$globex" "control: and each his own"
is "$(copied "$eve" "copy (select account_id from documents where account_id = '$globex') to stdout")" "" "COPY of a query too"
like "$(as saas_pool --command "copy documents to stdout")" "no identity is bound" "COPY without a login gives none"
like "$(as saas_pool --command begin --command "$(login_as "$eve")" --command "\\copy comments (document_id, author_id, body) from '$work/file'")" \
  "COPY FROM not supported with row-level security" "COPY puts no rows past the policies"

# Prepared by the protocol.
prepared() {
  printf '%s\n' "$2" > "$work/script"
  "$bin/pgbench" --no-vacuum --username "$1" --protocol prepared --client 1 --transactions 2 --file "$work/script" tenancy_saas 2>&1
}
for statement in "create temp table documents (id int);" "prepare s as select 1;" "listen events;" "lock table documents;" \
                 "declare c cursor with hold for select 1;"; do
  like "$(prepared saas_pool "$statement")" 'is not allowed to pool role "saas_pool"' "prepared by the protocol: $statement"
done
like "$(prepared saas_stranger "listen events;")" "processed: 2/2" "control: where the role is no pool it runs"

# A replication connection runs SQL too.
like "$(psql --no-psqlrc "dbname=tenancy_saas user=saas_pool replication=database" --command "select 1" 2>&1)" "FATAL" \
  "no replication connection"
like "$(psql --no-psqlrc "dbname=tenancy_saas user=postgres replication=database" --command "IDENTIFY_SYSTEM" 2>&1)" "systemid" "control: a superuser has one"
finish
