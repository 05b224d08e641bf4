-- An identity ends at its time: for the next statement, inside a long one, in a cursor. The tokens live
-- for three seconds, with the leeway of the issuer.
\set short `tests/support/mint.sh bob web --claim-json exp=$(($(date +%s) - 27)) --claim-json iat=$(($(date +%s) - 60))`
create function whose() returns text language plpgsql as $$
declare
  answer text;
begin
  answer := tenancy.account_key();
  return answer;
end
$$;
\c - notes_pool
begin;
select tenancy.login(:'short');
select count(*) from notes;
select whose();
declare c cursor for select body from notes order by id;
fetch 1 from c;
savepoint s;
-- Inside: nothing in the statement can catch it.
do $$
begin
  perform count(*) from notes, pg_sleep(60);
exception when others then
  raise notice 'caught %', sqlstate;
end
$$;
rollback to s;
-- After: statement, cursor, function, accessor.
select count(*) from notes;
rollback to s;
fetch 1 from c;
rollback to s;
select whose();
rollback to s;
select tenancy.account_key();
rollback to s;
show tenancy.account;
rollback;
-- The next transaction of the connection is not disturbed.
begin;
select count(*) from (select pg_sleep(0.3)) as still_here;
commit;

-- PL/pgSQL keeps calls and changes their arguments: each answer is for its own argument.
\set ann `tests/support/mint.sh ann web`
begin;
select tenancy.login(:'ann');
do $$
declare
  role text;
  answer boolean;
begin
  foreach role in array array['account.admin', 'account.owner', 'nonsense', 'workspace.editor'] loop
    answer := tenancy.has_role(role);
    raise notice '% %', role, answer;
    if tenancy.has_role(role) then raise notice 'if %', role; end if;
    answer := tenancy.context_is('notes', case role when 'nonsense' then 'app' else role end);
    raise notice 'context %', answer;
  end loop;
end
$$;
-- After logout no cursor goes on.
declare c cursor for select body from notes order by id;
fetch 1 from c;
select tenancy.logout();
fetch 1 from c;
rollback;
\c - postgres
