-- EXPLAIN and COPY: ways around the statements that the guard and row level security judge. COPY to and from
-- the client is in tests/tap/wire.sh.
\ir ../../support/attackers.sql

begin;
select plan(8);

select refused('EXPLAIN ANALYZE of CREATE TABLE AS',
         attempt('saas_pool', :'eve', 'explain analyze create temp table documents as select 1'), '42501: EXPLAIN is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'explain (analyze, costs off, timing off, summary off) create temp table documents as select 1'), 'Result (actual rows=1%');
select refused('the same, with options that contradict each other',
         attempt('saas_pool', :'eve', 'explain (analyze off, analyze on) create temp table documents as select 1'), '42501: EXPLAIN is not allowed to pool role "saas_pool"',
         attempt('saas_pool', :'eve', 'explain (analyze off, costs off) select 1'), 'Result');
select refused('EXPLAIN ANALYZE of a second login',
         attempt('saas_pool', :'eve', format('explain analyze select tenancy.login(%L)', :'gwen')), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', format('explain (analyze, costs off, timing off, summary off) select tenancy.login(%L)', :'eve')), 'Result (actual rows=1%');
select refused('COPY to a file',
         attempt('saas_pool', :'eve', 'copy (select 1) to ''/tmp/tenancy_attack'''), '42501: % to a file',
         attempt('postgres', null, 'copy (select 1) to ''/dev/null'''), 'COPY 1');
select refused('COPY from a file',
         attempt('saas_pool', :'eve', 'copy comments (body) from ''/etc/passwd'''), '42501: % from a file',
         attempt('postgres', null, 'create temp table lines (line text)', 'copy lines from ''/dev/null'''), 'COPY 0');
select refused('COPY to a program',
         attempt('saas_pool', :'eve', 'copy (select 1) to program ''true'''), '42501: % external program',
         attempt('postgres', null, 'copy (select 1) to program ''cat > /dev/null'''), 'COPY 1');
select refused('COPY into a table with row level security',
         attempt('saas_pool', :'eve', 'copy comments (document_id, author_id, body) from stdin'), '0A000: COPY FROM not supported with row-level security',
         attempt('saas_pool', :'eve', 'insert into comments (document_id, author_id, body) select id, tenancy.user_uuid(), ''x'' from documents where false'), 'INSERT 0 0');
select refused('COPY of secrets',
         attempt('saas_pool', :'eve', 'copy tenancy.issuer_secret to stdout'), '42501: permission denied for table issuer_secret',
         attempt('postgres', null, 'copy tenancy.issuer_secret to ''/dev/null'''), 'COPY 0');

select * from finish();
rollback;
