-- pg_tenancy 0.1 to 0.2: login for a connection, revocation.
\echo Use "ALTER EXTENSION pg_tenancy UPDATE TO '0.2'" to load this file. \quit

-- Login --------------------------------------------------------------------------------------------------

drop function tenancy.login(text, text, text);
create function tenancy.login(token text, account text default null, workspace text default null,
                              for_connection boolean default false)
returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'tenancy_login';
comment on function tenancy.login(text, text, text, boolean) is
  'Verifies the token and binds its subject''s identity until the transaction ends, or the connection where tenancy.connection_login allows it; pass the token as a bind parameter';
comment on function tenancy.logout() is
  'Ends the identity, for the rest of the transaction and of the connection; false if there was none';

-- Revocation ------------------------------------------------------------------------------------------

create table tenancy.revocation (
  issuer text collate "C" not null references tenancy.issuer on update cascade on delete cascade,
  subject text collate "C" not null check (subject <> ''),
  not_before timestamptz not null default now() check (isfinite(not_before)),
  revoked_by name not null default session_user,
  primary key (issuer, subject)
);
comment on table tenancy.revocation is 'Subjects whose older tokens are refused, and whose sessions end at their next statement';
comment on column tenancy.revocation.issuer is 'The issuer as tenancy.issuer names it; its aliases are meant too';
comment on column tenancy.revocation.not_before is 'Tokens issued before this time are refused; a token without iat always is';

create table tenancy.revocation_signal ();
comment on table tenancy.revocation_signal is 'Always empty: its invalidation tells every backend, on standbys too, that revocations changed';

create function tenancy.revocation_changed() returns trigger
language c as 'MODULE_PATHNAME', 'tenancy_revocation_changed';
comment on function tenancy.revocation_changed() is 'Reports the change as an event and has every bound session look again';
revoke all on function tenancy.revocation_changed() from public;

create trigger revocation_changed after insert or update or delete or truncate
  on tenancy.revocation for each statement execute function tenancy.revocation_changed();
alter table tenancy.revocation enable always trigger revocation_changed;

create function tenancy.revoke_subject(issuer text, subject text) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
  insert into tenancy.revocation as r (issuer, subject, not_before)
  values (revoke_subject.issuer, revoke_subject.subject, clock_timestamp())
  on conflict on constraint revocation_pkey do update
    set not_before = greatest(r.not_before, excluded.not_before), revoked_by = session_user;
end;
comment on function tenancy.revoke_subject(text, text) is
  'Refuses every token that the issuer has given the subject until now, and ends his sessions at their next statement';
revoke all on function tenancy.revoke_subject(text, text) from public;

grant select, insert, update, delete on tenancy.revocation to tenancy_operator;
grant select on tenancy.revocation to tenancy_auditor;
grant execute on function tenancy.revoke_subject(text, text) to tenancy_operator;
select pg_catalog.pg_extension_config_dump('tenancy.revocation', '');

-- Asked once for a statement ----------------------------------------------------------------------------

create or replace function tenancy.can(table_name text, verb text) returns boolean
language c stable parallel safe as 'MODULE_PATHNAME', 'tenancy_can';
