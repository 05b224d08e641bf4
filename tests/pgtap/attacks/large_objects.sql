-- Large objects: row level security knows none, and the shared role would own those of all tenants. The
-- protocol's own calls are in tests/tap/wire.sh.
\ir ../../support/attackers.sql
select lo_from_bytea(0, 'all tenants') as object \gset
select format('grant all on large object %s to saas_app', :object) \gexec

begin;
select plan(9);

select refused(format('%s()', split_part(call, '(', 1)),
         attempt('saas_pool', :'eve', format('select %s', call)), format('42501: permission denied for function %s', split_part(call, '(', 1)),
         attempt('postgres', null, format('select %s is not null', call)), '(t)')
  from unnest(array['lo_create(0)', 'lo_creat(-1)', 'lo_from_bytea(0, ''x'')', format('lo_get(%s)', :object), format('lo_open(%s, 393216)', :object),
                    format('lo_put(%s, 0, ''x'')', :object), format('lo_unlink(%s)', :object)]) call;
select refused(statement,
         attempt('saas_pool', :'eve', format('%s large object %s %s', statement, :object, rest)), format('42501: %s is not allowed to pool role "saas_pool"', tag),
         attempt('postgres', null, format('%s large object %s %s', statement, :object, rest)), tag)
  from (values ('alter', 'owner to saas_pool', 'ALTER LARGE OBJECT'), ('grant all on', 'to saas_pool', 'GRANT')) as definition (statement, rest, tag);

select * from finish();
rollback;
select lo_unlink(:object) \g /dev/null
