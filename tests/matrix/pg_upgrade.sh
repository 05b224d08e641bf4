#!/usr/bin/env bash
# pg_upgrade of a protected database from this system's PostgreSQL to that of build/matrix/17: what was
# applied holds there, no rule is lost. Run as root, after run.sh has installed the extension there. The last
# line counts the tests.
set -uo pipefail
cd "$(dirname "$0")/../.."
source tests/support/tap.sh
new=17
old=$("${PG_CONFIG:-pg_config}" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
root=build/matrix/$new
server=build/test/upgraded
stage=$root/srv/upgrade
trap 'tests/support/server.sh stop "$server" > /dev/null; rm -rf "$stage"' EXIT
export TENANCY=$PWD/build/dev/tenancy TENANCY_KEYS=$PWD/build/test/keys
acme=a0000000-0000-4000-8000-000000000001
globex=b0000000-0000-4000-8000-000000000001

mkdir -p build/test
{ make --jobs "$(nproc)" all && make install && make tenancy && tests/support/keys.sh "$TENANCY_KEYS"; } \
  > build/test/upgraded.build 2>&1 || { tail -n 20 build/test/upgraded.build; exit 1; }

# --- the old cluster -------------------------------------------------------------------------------
tests/support/server.sh start "$server" > /dev/null || exit 1
eval "$(tests/support/server.sh env "$server")"
tests/support/application.sh tenancy_saas > /dev/null 2>&1 || exit 1
issuer=https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo
psql --quiet --dbname tenancy_saas --command "select tenancy.revoke_subject('$issuer', 'victor')" > /dev/null
facts="select 'policies', count(*), md5(string_agg(p::text, '' order by p::text)) from pg_policies p
       union all select 'rls', count(*), md5(string_agg(relname || relforcerowsecurity, '' order by oid::regclass::text))
                   from pg_class where relrowsecurity
       union all select 'grants', count(*), md5(string_agg(g::text, '' order by g::text)) from information_schema.column_privileges g
                  where grantee like 'saas%'
       union all select 'rules', count(*), md5(string_agg(r::text, '' order by r::text)) from tenancy.rule r
       union all select 'issuers', count(*), md5(string_agg(i::text, '' order by i::text)) from tenancy.issuer i
       union all select 'keys', count(*), md5(string_agg(jwk, '' order by jwk)) from tenancy.issuer_key
       union all select 'pools', count(*), md5(string_agg(p::text, '' order by p::text)) from tenancy.pool p
       union all select 'revocations', count(*), md5(string_agg(r::text, '' order by r::text)) from tenancy.revocation r
       order by 1"
ask() { psql --quiet --no-psqlrc --tuples-only --no-align --dbname tenancy_saas --command "$1"; }
ask "$facts" > build/test/upgraded.before
eve=$(tests/support/mint.sh eve web-app)
gwen=$(tests/support/mint.sh gwen web-app)
victor=$(tests/support/mint.sh victor web-app --claim-json "iat=$(($(date +%s) - 600))")
home=$(cd "$server" && pwd -P)
bin=$("${PG_CONFIG:-pg_config}" --bindir)
(cd / && runuser -u postgres -- "$bin/pg_ctl" stop --pgdata "$home/data" --mode fast --wait --silent)

# --- both in the folder: the old server's programs with the libraries that the newer Debian has not ---
rm -rf "$stage"
mkdir -p "$stage/usr/lib/postgresql" "$stage/usr/share/postgresql" "$stage/lib"
cp -a "/usr/lib/postgresql/$old" "$stage/usr/lib/postgresql/"
cp -aL "/usr/share/postgresql/$old" "$stage/usr/share/postgresql/"
cp -a "$home/data" "$stage/old"
sed -i '/^unix_socket_directories/d' "$stage/old/postgresql.conf"
needed() { ldd "$bin/postgres" "$("${PG_CONFIG:-pg_config}" --pkglibdir)"/*.so 2> /dev/null | awk '$3 ~ /^\// {print $3}' | sort -u; }
for library in $(needed); do
  [ -n "$(find "$root/usr/lib" -name "$(basename "$library")" -print -quit)" ] || cp -L "$library" "$stage/lib/"
done
cat > "$stage/upgrade.sh" << SH
set -eu
cd /srv/upgrade
chown -R postgres: .
as() { runuser -u postgres -- env LD_LIBRARY_PATH=/srv/upgrade/lib "\$@"; }
new=/usr/lib/postgresql/$new/bin
as \$new/initdb --pgdata new --username postgres --auth trust --encoding UTF8 --locale C --no-sync > initdb.log
printf '%s\n' "shared_preload_libraries = 'pg_tenancy'" "listen_addresses = ''" "fsync = off" >> new/postgresql.conf
as \$new/pg_upgrade --old-bindir /srv/upgrade/usr/lib/postgresql/$old/bin --new-bindir \$new --old-datadir old --new-datadir new \
  --username postgres --socketdir /srv/upgrade > upgrade.log 2>&1 || { cat upgrade.log; find new/pg_upgrade_output.d -name '*.log' -exec tail -n 5 {} +; exit 1; }
as \$new/pg_ctl start --pgdata new --log server.log --wait --silent --options "-c unix_socket_directories=/srv/upgrade"
trap 'as \$new/pg_ctl stop --pgdata new --mode immediate --silent' EXIT
export PGHOST=/srv/upgrade PGUSER=postgres PGDATABASE=tenancy_saas
psql --no-psqlrc --quiet --tuples-only --no-align --file facts.sql > after
for subject in eve gwen victor; do
  PGUSER=saas_pool psql --no-psqlrc --quiet --tuples-only --no-align --set "token=\$(cat \$subject)" --file rows.sql > rows.\$subject 2>&1 || true
done
PGUSER=saas_pool psql --no-psqlrc --quiet --tuples-only --no-align --command "select count(*) from documents" > rows.nobody 2>&1 || true
psql --no-psqlrc --quiet --tuples-only --no-align --command "select split_part(version(), ' ', 2)::numeric::int" > version
psql --no-psqlrc --quiet --tuples-only --no-align --command "select count(*) from tenancy.pool_findings() where role not like '%stranger'" > findings
SH
echo "$facts" > "$stage/facts.sql"
printf '%s\n' "begin;" "select tenancy.login(:'token') \\g /dev/null" "select account_id, count(*) > 0 from documents group by 1;" > "$stage/rows.sql"
for subject in eve gwen victor; do echo "${!subject}" > "$stage/$subject"; done
tests/matrix/folder.sh enter "$new" sh /srv/upgrade/upgrade.sh > build/test/upgraded.log 2>&1
is "$?" 0 "pg_upgrade from $old to $new runs" build/test/upgraded.log
is "$(cat "$stage/version" 2> /dev/null)" "$new" "the server is $new"
is "$(cat "$stage/after" 2> /dev/null)" "$(cat build/test/upgraded.before)" "policies, grants, rules, issuers, keys, pools, revocations are what they were"
is "$(cat "$stage/rows.eve")" "$acme|t" "eve sees Acme's rows"
is "$(cat "$stage/rows.gwen")" "$globex|t" "gwen sees Globex's"
like "$(cat "$stage/rows.victor")" "token expired or revoked" "who was revoked stays so"
like "$(cat "$stage/rows.nobody")" "no identity is bound" "without a login, no row"
echo "1..$tap_count"
echo "$((tap_count - tap_failed)) passed, $tap_failed failed"
[ "$tap_failed" -eq 0 ]
