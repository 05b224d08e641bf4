-- Functions: those of the extension that are not the pool's, and those that run SQL for their caller.
\ir ../../support/attackers.sql

begin;
select plan(17);

select refused(format('tenancy.%s', call),
         attempt('saas_pool', :'eve', format('select tenancy.%s', call)), format('42501: permission denied for function %s', split_part(call, '(', 1)),
         substr(attempt('postgres', null, format('select tenancy.%s', call)), 1, length(works)), works)
  from (values
    ('import_jwks(''x'', ''{}'')', '22023'),
    ('add_secret_key(''x'', ''k'', ''HS256'', ''s'')', '22023'),
    ('revoke_subject(''x'', ''gwen'')', '23503'),
    ('protect_pool(''saas_pool'')', ''),
    ('verify(''x'')', '(')
  ) as administrators (call, works);
select refused('the directory function',
         attempt('saas_pool', :'eve', 'select * from saas_directory(''x'', ''gwen'', null, null)'), '42501: permission denied for function saas_directory',
         attempt('postgres', null, 'select why_not from saas_directory(''x'', ''gwen'', null, null)'), '(unknown_subject)');
select refused(format('tenancy.%s', name),
         attempt('saas_pool', :'eve', format('select from tenancy.%I', name)), format('42501: permission denied for table %s', name),
         attempt('postgres', null, format('select count(*) >= 0 from tenancy.%I', name)), '(t)')
  from unnest(array['issuer', 'issuer_key', 'issuer_secret', 'pool', 'membership', 'app_user', 'revocation']) name;
select refused(format('%s runs SQL for its caller: rows of one''s own', split_part(call, '(', 1)),
         attempt('saas_pool', :'eve', format('select count(*) from %s answer where answer::text ilike ''%%globex%%''', call)), '(0)',
         attempt('saas_pool', :'gwen', format('select count(*) > 0 from %s answer where answer::text ilike ''%%globex%%''', call)), '(t)')
  from (values
    ('query_to_xml(''select title from documents'', true, true, '''')'),
    ('ts_stat(''select to_tsvector(''''simple'''', title) from documents'')')
  ) as runs_sql (call);
select refused('table_to_xml of a table with other columns',
         attempt('saas_pool', :'eve', 'select table_to_xml(''users'', true, true, '''')'), '42501: permission denied for table users',
         attempt('saas_pool', :'gwen', 'select query_to_xml(''select name from users'', true, true, '''')::text like ''%Gwen%'''), '(t)');
select refused('statistics of a protected table, row_security off',
         attempt('saas_pool', :'eve', 'set local row_security = off', 'select count(*) from pg_stats where tablename in (''documents'', ''users'')'), '(0)',
         attempt('postgres', null, 'analyze documents', 'select count(*) > 0 from pg_stats where tablename = ''documents'''), '(t)');

select * from finish();
rollback;
