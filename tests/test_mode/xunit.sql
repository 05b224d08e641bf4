-- pgTAP's other style: test functions, which runtests() calls and rolls back one by one.
\set QUIET 1
\pset format unaligned
\pset tuples_only true
\pset pager off

set search_path = public, tenancy_test;  -- of the session: login_as does not reset it
begin;
create schema cases;
grant usage on schema cases to public;

create function cases.test_eve() returns setof text language plpgsql as $$
begin
  perform login_as('eve', 'saas_app_pool');
  return next sees_only('documents', 'account_id');
  delete from documents where owner_id = tenancy.user_uuid();
  return next is((select count(*) from documents where owner_id = tenancy.user_uuid()), 0::bigint, 'eve has deleted her documents');
end
$$;
create function cases.test_eve_again() returns setof text language plpgsql as $$
begin
  return next is(session_user, 'postgres', 'each function starts as the tester');
  return next throws_ok('select tenancy.subject()', '28000', null, 'without an identity');
  perform login_as('eve', 'saas_app_pool');
  return next can_delete('documents', 'owner_id = tenancy.user_uuid()', 'eve''s documents are there again');
end
$$;
create function cases.test_gwen() returns setof text language plpgsql as $$
begin
  perform logged_out('saas_app_pool');
  return next cannot_read('documents');
  perform login_as('gwen');
  return next sees_only('documents', 'account_id');
end
$$;

select * from runtests('cases'::name, '^test');
rollback;
