-- The identity itself: one in a transaction, none after it; nothing brings back one that has ended.
\ir ../../support/attackers.sql
select format('select tenancy.login(%L)', :'eve') as login_eve, format('select tenancy.login(%L)', :'gwen') as login_gwen \gset

begin;
select plan(16);

select refused('rows without a login',
         attempt('saas_pool', null, :'tenants'), :'nobody',
         attempt('saas_pool', :'gwen', :'tenants'), :'globex_row');
select refused('an accessor without a login',
         attempt('saas_pool', null, 'select tenancy.account_key()'), :'nobody',
         attempt('saas_pool', :'gwen', 'select tenancy.account_key()'), format('(%s)', :'globex'));
select refused('another account''s rows by name',
         attempt('saas_pool', :'eve', format('select count(*) from documents where account_id = %L', :'globex')), '(0)',
         attempt('saas_pool', :'gwen', format('select count(*) > 0 from documents where account_id = %L', :'globex')), '(t)');
select refused('a table without rules',
         attempt('saas_pool', :'eve', 'select from account_members'), '42501: permission denied for table account_members',
         attempt('postgres', null, 'select count(*) > 0 from account_members'), '(t)');
select refused('a second, different login',
         attempt('saas_pool', :'eve', :'login_gwen'), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', :'login_eve', :'tenants'), :'acme_row');
select refused('a different login after the first was rolled back to a savepoint',
         attempt('saas_pool', null, 'savepoint s', :'login_eve', 'rollback to s', :'login_gwen'), '28T04: this session cannot take the identity',
         attempt('saas_pool', null, 'savepoint s', :'login_eve', 'rollback to s', :'login_eve', :'tenants'), :'acme_row');
select refused('the same inside a block that catches its errors',
         attempt('saas_pool', null, format('do $$ begin begin perform tenancy.login(%L); raise exception ''x''; exception when others then null; end; perform tenancy.login(%L); end $$', :'eve', :'gwen')), '28T04: this session cannot take the identity',
         attempt('saas_pool', null, format('do $$ begin begin perform tenancy.login(%L); raise exception ''x''; exception when others then null; end; perform tenancy.login(%L); end $$', :'eve', :'eve'), :'tenants'), :'acme_row');
select refused('two logins in one statement',
         attempt('saas_pool', null, format('select tenancy.login(%L), tenancy.login(%L)', :'eve', :'gwen')), '28T04: this session cannot take the identity',
         attempt('saas_pool', null, format('select tenancy.login(%L), tenancy.login(%L)', :'gwen', :'gwen'), :'tenants'), :'globex_row');
select refused('the identity, after a rollback of the logout',
         attempt('saas_pool', :'eve', 'savepoint s', 'select tenancy.logout()', 'rollback to s', :'tenants'), :'nobody',
         attempt('saas_pool', :'eve', 'savepoint s', 'select tenancy.subject()', 'rollback to s', :'tenants'), :'acme_row');
select refused('a login after the logout',
         attempt('saas_pool', :'eve', 'select tenancy.logout()', :'login_eve'), '28T04: this session cannot take the identity',
         attempt('saas_pool', :'eve', 'select tenancy.logout()', 'commit', 'begin', :'login_eve', :'tenants'), :'acme_row');
select refused('the identity, after RESET ALL',
         attempt('saas_pool', :'eve', 'reset all', :'tenants'), :'nobody',
         attempt('saas_pool', :'eve', 'reset work_mem', :'tenants'), :'acme_row');
select refused('the identity, after a rollback of RESET ALL',
         attempt('saas_pool', :'eve', 'savepoint s', 'reset all', 'rollback to s', :'tenants'), :'nobody',
         attempt('saas_pool', :'eve', 'savepoint s', 'reset work_mem', 'rollback to s', :'tenants'), :'acme_row');
select refused('the identity, in the next transaction',
         attempt('saas_pool', :'eve', 'commit', 'begin', :'tenants'), :'nobody',
         attempt('saas_pool', :'eve', 'commit', 'begin', :'login_gwen', :'tenants'), :'globex_row');
select refused('the identity, in a chained transaction',
         attempt('saas_pool', :'eve', 'commit and chain', :'tenants'), :'nobody',
         attempt('saas_pool', :'eve', 'commit and chain', :'login_gwen', :'tenants'), :'globex_row');
select refused('the identity, after a COMMIT inside a block',
         attempt('saas_pool', :'eve', 'commit', format('do $$ begin perform tenancy.login(%L); commit; perform from documents; end $$', :'eve')), :'nobody',
         attempt('saas_pool', :'eve', 'commit', format('do $$ begin perform tenancy.login(%L); perform from documents; commit; end $$', :'eve')), 'DO');
select refused('an identity for the connection, which no superuser has allowed',
         attempt('saas_pool', null, format('select tenancy.login(%L, for_connection => true)', :'eve')), '28T03: this login role may not log in for the connection',
         attempt('saas_pool', null, format('select tenancy.login(%L, for_connection => false)', :'eve'), :'tenants'), :'acme_row');

select * from finish();
rollback;
