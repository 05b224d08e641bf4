-- Sessions past the pool: dblink and postgres_fdw to the same server open none, or one without an identity.
\ir ../../support/attackers.sql
create extension postgres_fdw;
select format('create server beside foreign data wrapper postgres_fdw options (host %L, port %L, dbname %L)', current_setting('unix_socket_directories'), current_setting('port'), current_database()) \gexec
create user mapping for saas_pool server beside options (user 'saas_pool', password_required 'false');
create user mapping for postgres server beside options (user 'postgres', password_required 'false');
create foreign table documents_beside (id uuid, account_id uuid) server beside options (schema_name 'public', table_name 'documents');
grant select on documents_beside to saas_app;

begin;
select plan(8);

select refused('dblink to the same database',
         attempt('saas_pool', :'eve', format('select * from dblink(''dbname=%s user=postgres'', ''select 1'') as r (n int)', current_database())), '2F003: password%required',
         attempt('postgres', null, format('select * from dblink(''host=%s dbname=%s'', ''select 1'') as r (n int)', current_setting('unix_socket_directories'), current_database())), '(1)');
select refused('dblink_connect',
         attempt('saas_pool', :'eve', 'select dblink_connect(''c'', ''user=postgres'')'), '2F003: password%required',
         attempt('postgres', null, format('select dblink_connect(''c'', ''host=%s'')', current_setting('unix_socket_directories'))), '(OK)');
select refused('dblink_connect_u',
         attempt('saas_pool', :'eve', 'select dblink_connect_u(''c'', ''user=postgres'')'), '42501: permission denied for function dblink_connect_u',
         attempt('postgres', null, format('select dblink_connect_u(''c'', ''host=%s'')', current_setting('unix_socket_directories'))), '(OK)');
select refused('dblink through a foreign server that is not one''s own',
         attempt('saas_pool', :'eve', 'select dblink_connect(''c'', ''beside'')'), '42501: permission denied for foreign server beside',
         attempt('postgres', null, 'select dblink_connect(''c'', ''beside'')'), '(OK)');
select refused(statement,
         attempt('saas_pool', :'eve', statement), format('42501: %s is not allowed to pool role "saas_pool"', tag),
         attempt('postgres', null, statement), tag)
  from (values
    ('create server there foreign data wrapper postgres_fdw', 'CREATE SERVER'),
    ('create user mapping for saas_stranger server beside options (user ''postgres'')', 'CREATE USER MAPPING'),
    ('alter user mapping for saas_pool server beside options (set user ''postgres'')', 'ALTER USER MAPPING')
  ) as definition (statement, tag);
select refused('a foreign table that a DBA left: a session of the pool''s own, guarded and without an identity',
         attempt('saas_pool', :'eve', 'select count(*) from documents_beside'), '42501: SET search_path is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'select count(*) > 0 from documents_beside'), '(t)');

select * from finish();
rollback;
drop extension postgres_fdw cascade;
