-- Every setting: its level, its default; and what a missing identity means to whom.
select name, context, setting as default from pg_settings where name like 'tenancy.%' order by name collate "C";
select count(*) as hidden from pg_settings where name = 'tenancy.identity';

-- deny is for pools alone: an owner under FORCE ROW LEVEL SECURITY would validate a violated key with nulls.
alter role notes_pool set tenancy.missing_identity = deny;
\c - notes_pool
show tenancy.missing_identity;
select tenancy.account_uuid() is null as null_for_a_pool, tenancy.has_role('account.admin') is null as no_role, tenancy.roles() is null as no_roles;
select count(*) from notes;
\c - postgres
create role notes_owner login;
alter role notes_owner set tenancy.missing_identity = deny;
alter table notes owner to notes_owner;
grant create on schema public to notes_owner;
\c - notes_owner
show tenancy.missing_identity;
select tenancy.account_uuid();
create policy owner_floor on notes using (account_id = tenancy.account_uuid());
create table children (note_id bigint);
insert into children values (-1);
alter table children add foreign key (note_id) references notes;
drop table children;
\c - postgres
alter role notes_pool reset tenancy.missing_identity;
