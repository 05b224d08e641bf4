-- saas: compiled from tenancy.yaml by pg_tenancy 0.3. Change that file, not this one.
-- Apply it as the owner of the tables with BYPASSRLS, or as a superuser. It may be applied again.

begin;
set local search_path = pg_catalog, pg_temp;
set local client_min_messages = warning;
set local lock_timeout = '5s';

----------------------------------------------------------------------------------------------------
-- What the policy takes for granted about this database.

do $prerequisites$
declare
    problems text;
    remedies text;
begin
    if not exists (select from pg_extension e where e.extname = 'pg_tenancy') then
        raise exception 'extension "pg_tenancy" is not installed in this database'
            using errcode = 'undefined_object',
                  hint = 'create extension pg_tenancy;';
    end if;
    if not (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user) then
        raise exception 'role "%" is itself subject to row level security', current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Apply the policy as a superuser or as a role with BYPASSRLS: it will own'
                         ' the directory function, which reads before there is an identity.';
    end if;

    with
    named (relation, columns) as (values
        ('public.accounts',          array['id', 'state', 'name']),
        ('public.workspaces',        array['id', 'account_id', 'name']),
        ('public.users',             array['id', 'issuer', 'subject', 'account_id', 'name', 'email']),
        ('public.account_members',   array['user_id', 'account_id', 'role']),
        ('public.workspace_members', array['user_id', 'workspace_id', 'role']),
        ('public.documents',         array['account_id', 'workspace_id', 'owner_id', 'published', 'title', 'body']),
        ('public.comments',          array['account_id', 'workspace_id', 'document_id', 'author_id', 'body']),
        ('public.invoices',          array['account_id', 'state']),
        ('public.countries',         array[]::text[])
    ),
    typed (relation, name, type, required) as (values
        ('public.accounts',          'id',           'uuid', true),
        ('public.workspaces',        'id',           'uuid', false),
        ('public.workspaces',        'account_id',   'uuid', true),
        ('public.users',             'id',           'uuid', false),
        ('public.users',             'issuer',       'text', false),
        ('public.users',             'subject',      'text', false),
        ('public.account_members',   'user_id',      'uuid', false),
        ('public.account_members',   'account_id',   'uuid', false),
        ('public.workspace_members', 'user_id',      'uuid', false),
        ('public.workspace_members', 'workspace_id', 'uuid', false),
        ('public.users',             'account_id',   'uuid', true),
        ('public.documents',         'account_id',   'uuid', true),
        ('public.documents',         'workspace_id', 'uuid', true),
        ('public.comments',          'account_id',   'uuid', true),
        ('public.comments',          'workspace_id', 'uuid', true),
        ('public.invoices',          'account_id',   'uuid', true)
    ),
    linked (relation, columns, parent, parent_columns) as (values
        ('public.comments', array['document_id', 'account_id', 'workspace_id'], 'public.documents', array['id', 'account_id', 'workspace_id'])
    ),
    there as (
        select n.relation, c.oid
          from named n
          join pg_class c on c.oid = to_regclass(n.relation) and c.relkind in ('r', 'p')
    ),
    column_there as (
        select t.relation, a.attname as name, a.atttypid as type, a.attnotnull as required,
               a.attcollation as collation
          from there t
          join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    ),
    problem (what, remedy) as (
        select format('table %s does not exist', n.relation), null
          from named n
         where n.relation not in (select t.relation from there t)
        union all
        select format('table %s has no column %I', n.relation, wanted.name), null
          from named n
          join there t using (relation)
         cross join unnest(n.columns) as wanted (name)
         where not exists (select from column_there c
                            where c.relation = n.relation and c.name = wanted.name)
        union all
        select format('column %I of %s is of type %s, which is not the %s of the policy',
                      t.name, t.relation, format_type(c.type, null), t.type), null
          from typed t
          join column_there c using (relation, name)
         where c.type <> all (case t.type
                                  when 'uuid' then array['uuid'::regtype]
                                  when 'bigint' then array['int8'::regtype, 'int4', 'int2']
                                  else array['text'::regtype, 'varchar']
                              end)
        union all
        select format('column %I of %s has a collation that takes different texts for equal',
                      t.name, t.relation), null
          from typed t
          join column_there c using (relation, name)
          join pg_collation l on l.oid = c.collation
         where not l.collisdeterministic
        union all
        select format('tenant column %I of %s may be null', t.name, t.relation),
               format('alter table %s alter column %I set not null;', t.relation, t.name)
          from typed t
          join column_there c using (relation, name)
         where t.required and not c.required
        union all
        select format('%s lacks the foreign key that keeps its rows with their parents',
                      l.relation),
               format('alter table %s add foreign key (%s) references %s (%s);', l.relation,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.columns) c), l.parent,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.parent_columns) c))
          from linked l
          join there child on child.relation = l.relation
          join there parent on parent.relation = l.parent
         where not exists (
                   select from pg_constraint k
                    where k.contype = 'f' and k.conrelid = child.oid and k.confrelid = parent.oid
                      and (select array_agg(format('%I %I', h.attname, p.attname))
                             from unnest(k.conkey, k.confkey) as pair (here, there)
                             join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                             join pg_attribute p on p.attrelid = k.confrelid
                                                and p.attnum = pair.there)
                          @> (select array_agg(format('%I %I', pair.here, pair.there))
                                from unnest(l.columns, l.parent_columns) as pair (here, there)))
    )
    select string_agg(p.what, e'\n'), string_agg(p.remedy, e'\n')
      into problems, remedies
      from problem p;
    if problems is not null then
        raise exception 'the tables of this database do not fit the policy'
            using errcode = 'invalid_object_definition',
                  detail = problems,
                  hint = coalesce(remedies, 'Change the policy file, or the tables.');
    end if;
end
$prerequisites$;

----------------------------------------------------------------------------------------------------
-- Roles of the API contexts. Grant them to the login roles of your pools.

do $roles$
declare
    wanted text;
    unfit text;
begin
    foreach wanted in array array['saas_app', 'saas_dashboard'] loop
        if not exists (select from pg_roles r where r.rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
        select concat_ws(', ',
                   case when r.rolsuper then 'is superuser' end,
                   case when r.rolbypassrls then 'has BYPASSRLS' end,
                   case when r.rolcanlogin then 'can log in' end,
                   case when exists (select from pg_auth_members m where m.member = r.oid)
                        then 'is a member of other roles' end,
                   case when exists (select from pg_shdepend d
                                      where d.refclassid = 'pg_authid'::regclass
                                        and d.refobjid = r.oid and d.deptype = 'o')
                        then 'owns objects' end)
          into unfit
          from pg_roles r where r.rolname = wanted;
        if unfit <> '' then
            raise exception 'role "%" cannot be a context role: it %', wanted, unfit
                using errcode = 'invalid_role_specification',
                      hint = 'A context role has what the policy grants and nothing else. Take the'
                             ' rest from it, or choose another name for the application.';
        end if;
    end loop;
end
$roles$;

grant usage on schema public to saas_app, saas_dashboard;

----------------------------------------------------------------------------------------------------
-- Take back all that an earlier version of the policy gave.

do $take_back$
declare
    held record;
begin
    for held in
        select p.polname as policy, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ '^saas_(app|dashboard)_(floor|select|insert|update|delete)$'
    loop
        execute format('drop policy %I on %s', held.policy, held.relation);
    end loop;

    for held in
        select distinct c.oid::regclass as relation,
               case c.relkind when 'S' then 'sequence' else 'table' end as kind
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid
         where r.rolname = any (array['saas_app', 'saas_dashboard'])
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
    loop
        execute format('revoke all on %s %s from saas_app, saas_dashboard',
                       held.kind, held.relation);
    end loop;

    for held in
        select p.oid::regprocedure as function
          from pg_proc p
         where starts_with(obj_description(p.oid, 'pg_proc'), 'Relation of the policy of saas: ')
           and not exists (select from unnest(array[]::text[]) as kept (function)
                            where to_regprocedure(kept.function) = p.oid)
    loop
        execute format('drop function %s', held.function);
    end loop;
end
$take_back$;

----------------------------------------------------------------------------------------------------
-- Who belongs to which account and workspace, asked at each login.

-- tenancy.yaml:8, 12, 16, 22, 23
create or replace function public.saas_directory(
    issuer text, subject text, account text, workspace text,
    out account_key text, out workspace_key text, out user_key text,
    out roles text[], out why_not text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planned once for each session, not for each login
as $directory$
#variable_conflict use_column
begin
with
-- Each role, and what it holds: itself and all that it includes.
inclusion (role, holds) as (values
    ('account.owner',    'account.owner'),
    ('account.owner',    'account.admin'),
    ('account.owner',    'workspace.editor'),
    ('account.owner',    'workspace.viewer'),
    ('account.admin',    'account.admin'),
    ('account.admin',    'workspace.editor'),
    ('account.admin',    'workspace.viewer'),
    ('workspace.editor', 'workspace.editor'),
    ('workspace.editor', 'workspace.viewer'),
    ('workspace.viewer', 'workspace.viewer')
),
-- The one active user with this issuer and subject.
person as (
    select (array_agg(u.id))[1] as id
      from public.users u
     where u.issuer = saas_directory.issuer
       and u.subject = saas_directory.subject
    having count(*) = 1
),
-- What he is in active accounts, and in active workspaces of them.
account_role as (
    select a.id as account, stored.role
      from person p
      join public.account_members m on m.user_id = p.id
      join public.accounts a on a.id = m.account_id
      join (values
            ('owner', 'account.owner'),
            ('admin', 'account.admin')
           ) as stored (value, role) on stored.value = m.role::text
     where a.state = 'active'
),
workspace_role as (
    select a.id as account, w.id as workspace, stored.role
      from person p
      join public.workspace_members m on m.user_id = p.id
      join public.workspaces w on w.id = m.workspace_id
      join public.accounts a on a.id = w.account_id
      join (values
            ('editor', 'workspace.editor'),
            ('viewer', 'workspace.viewer')
           ) as stored (value, role) on stored.value = m.role::text
     where a.state = 'active'
),
-- The account: the one asked for, or the only one.
candidate as (
    select a.id as id
      from public.accounts a
     where a.id in (select r.account from account_role r
                    union select r.account from workspace_role r)
       and (saas_directory.account is null or a.id::text = saas_directory.account)
),
chosen_account as (
    select (array_agg(c.id))[1] as id from candidate c having count(*) = 1
),
-- The workspace: the one asked for, or the only one, of those that are open to him: by a role in
-- it, or by a role in the account that holds workspace roles.
open_workspace as (
    select w.id as id
      from public.workspaces w
      join chosen_account c on c.id = w.account_id
     where (w.id in (select r.workspace from workspace_role r)
            or exists (select
                         from account_role r
                         join inclusion i on i.role = r.role
                        where r.account = c.id and starts_with(i.holds, 'workspace.')))
       and (saas_directory.workspace is null or w.id::text = saas_directory.workspace)
),
chosen_workspace as (
    select (array_agg(o.id))[1] as id from open_workspace o having count(*) = 1
),
-- His roles there. Without a workspace, workspace roles do not count.
held as (
    select i.holds collate "C" as role
      from account_role r
      join chosen_account c on c.id = r.account
      join inclusion i on i.role = r.role
     where starts_with(i.holds, 'account.') or exists (select from chosen_workspace)
    union
    select i.holds
      from workspace_role r
      join chosen_workspace c on c.id = r.workspace
      join inclusion i on i.role = r.role
),
verdict as (
    select case
               when not exists (select
                                  from public.users u
                                 where u.issuer = saas_directory.issuer
                                   and u.subject = saas_directory.subject) then 'unknown_subject'
               when not exists (select from person) then 'inactive_user'
               when not exists (select from candidate) then 'not_a_member'
               when not exists (select from chosen_account) then 'ambiguous_account'
               when saas_directory.workspace is not null
                    and not exists (select from chosen_workspace) then 'not_a_member'
           end as why_not
)
select a.id::text,
       w.id::text,
       p.id::text,
       case when v.why_not is null then array(select h.role from held h order by h.role) end,
       v.why_not
  into account_key, workspace_key, user_key, roles, why_not
  from verdict v
  left join chosen_account a on v.why_not is null
  left join chosen_workspace w on v.why_not is null
  left join person p on v.why_not is null;
end
$directory$;

-- Replacing a function keeps its owner, who could change it later, and what others were granted.
alter function public.saas_directory(text, text, text, text) owner to current_user;
do $grants$
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function,
               case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                   as grantee
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.oid = 'public.saas_directory(text, text, text, text)'::regprocedure and a.grantee <> p.proowner
    loop
        execute format('revoke all on function %s from %s cascade', held.function, held.grantee);
    end loop;
end
$grants$;

----------------------------------------------------------------------------------------------------
-- public.accounts: the accounts themselves. tenancy.yaml:32

alter table public.accounts enable row level security, force row level security;
revoke all on table public.accounts from public, saas_app, saas_dashboard;

grant select (id, name) on table public.accounts to saas_app;  -- tenancy.yaml:35, 36
grant select (id, name) on table public.accounts to saas_dashboard;  -- tenancy.yaml:35, 36
grant update (name) on table public.accounts to saas_dashboard;  -- tenancy.yaml:37

create policy saas_app_floor on public.accounts as restrictive for all to saas_app
    using (id = tenancy.account_uuid())
    with check (id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.accounts as restrictive for all to saas_dashboard
    using (id = tenancy.account_uuid())
    with check (id = tenancy.account_uuid());

create policy saas_app_select on public.accounts for select to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and (
            -- tenancy.yaml:35
            tenancy.has_role('workspace.viewer')
            -- tenancy.yaml:36
            or tenancy.has_role('account.admin')
        )
    );
create policy saas_dashboard_select on public.accounts for select to saas_dashboard
    using (
        tenancy.context_is('saas', 'dashboard')
        and (
            -- tenancy.yaml:35
            tenancy.has_role('workspace.viewer')
            -- tenancy.yaml:36
            or tenancy.has_role('account.admin')
        )
    );
-- tenancy.yaml:37
create policy saas_dashboard_update on public.accounts for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));

----------------------------------------------------------------------------------------------------
-- public.workspaces: rows of an account. tenancy.yaml:39

alter table public.workspaces enable row level security, force row level security;
revoke all on table public.workspaces from public, saas_app, saas_dashboard;
alter table public.workspaces
    alter column account_id set default tenancy.account_uuid();

grant select (id, name) on table public.workspaces to saas_app;  -- tenancy.yaml:42
grant select on table public.workspaces to saas_dashboard;  -- tenancy.yaml:43
grant update (name) on table public.workspaces to saas_dashboard;  -- tenancy.yaml:43

create policy saas_app_floor on public.workspaces as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.workspaces as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:42
create policy saas_app_select on public.workspaces for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:43
create policy saas_dashboard_select on public.workspaces for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:43
create policy saas_dashboard_update on public.workspaces for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

----------------------------------------------------------------------------------------------------
-- public.users: rows of an account. tenancy.yaml:45

alter table public.users enable row level security, force row level security;
revoke all on table public.users from public, saas_app, saas_dashboard;
alter table public.users
    alter column account_id set default tenancy.account_uuid();

grant select (id, name) on table public.users to saas_app;  -- tenancy.yaml:49
grant select (id, name, email) on table public.users to saas_dashboard;  -- tenancy.yaml:50

create policy saas_app_floor on public.users as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.users as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:49
create policy saas_app_select on public.users for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:50
create policy saas_dashboard_select on public.users for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

----------------------------------------------------------------------------------------------------
-- public.documents: rows of a workspace. tenancy.yaml:52

alter table public.documents enable row level security, force row level security;
revoke all on table public.documents from public, saas_app, saas_dashboard;
alter table public.documents
    alter column account_id   set default tenancy.account_uuid(),
    alter column workspace_id set default tenancy.workspace_uuid();

grant select on table public.documents to saas_app;  -- tenancy.yaml:56, 57
grant insert (account_id, workspace_id, owner_id, title, body, published)
    on table public.documents to saas_app;  -- tenancy.yaml:58
grant update (title, body, published) on table public.documents to saas_app;  -- tenancy.yaml:59
grant delete on table public.documents to saas_app;  -- tenancy.yaml:60
grant select on table public.documents to saas_dashboard;  -- tenancy.yaml:61
grant update (published) on table public.documents to saas_dashboard;  -- tenancy.yaml:61
grant delete on table public.documents to saas_dashboard;  -- tenancy.yaml:61

create policy saas_app_floor on public.documents as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());
create policy saas_dashboard_floor on public.documents as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());

create policy saas_app_select on public.documents for select to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and (
            -- tenancy.yaml:56
            (tenancy.has_role('workspace.viewer') and (published or owner_id = tenancy.user_uuid()))
            -- tenancy.yaml:57
            or tenancy.has_role('workspace.editor')
        )
    );
-- tenancy.yaml:58
create policy saas_app_insert on public.documents for insert to saas_app
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:59
create policy saas_app_update on public.documents for update to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    )
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:60
create policy saas_app_delete on public.documents for delete to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:61
create policy saas_dashboard_select on public.documents for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:61
create policy saas_dashboard_update on public.documents for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:61
create policy saas_dashboard_delete on public.documents for delete to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

----------------------------------------------------------------------------------------------------
-- public.comments: rows of a workspace, under public.documents. tenancy.yaml:63

alter table public.comments enable row level security, force row level security;
revoke all on table public.comments from public, saas_app, saas_dashboard;
alter table public.comments
    alter column account_id   set default tenancy.account_uuid(),
    alter column workspace_id set default tenancy.workspace_uuid();

grant select on table public.comments to saas_app;  -- tenancy.yaml:67
grant insert (account_id, workspace_id, document_id, author_id, body)
    on table public.comments to saas_app;  -- tenancy.yaml:68
grant update (body) on table public.comments to saas_app;  -- tenancy.yaml:69
grant delete on table public.comments to saas_app;  -- tenancy.yaml:70

create policy saas_app_floor on public.comments as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());
create policy saas_dashboard_floor on public.comments as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());

-- tenancy.yaml:67
create policy saas_app_select on public.comments for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:68
create policy saas_app_insert on public.comments for insert to saas_app
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );
-- tenancy.yaml:69
create policy saas_app_update on public.comments for update to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    )
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );
-- tenancy.yaml:70
create policy saas_app_delete on public.comments for delete to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );

----------------------------------------------------------------------------------------------------
-- public.invoices: rows of an account. tenancy.yaml:72

alter table public.invoices enable row level security, force row level security;
revoke all on table public.invoices from public, saas_app, saas_dashboard;
alter table public.invoices
    alter column account_id set default tenancy.account_uuid();

grant select on table public.invoices to saas_dashboard;  -- tenancy.yaml:75
grant update (state) on table public.invoices to saas_dashboard;  -- tenancy.yaml:75

create policy saas_app_floor on public.invoices as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.invoices as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:75
create policy saas_dashboard_select on public.invoices for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));
-- tenancy.yaml:75
create policy saas_dashboard_update on public.invoices for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));

----------------------------------------------------------------------------------------------------
-- public.countries: the same rows for every tenant. tenancy.yaml:77

alter table public.countries enable row level security, force row level security;
revoke all on table public.countries from public, saas_app, saas_dashboard;

grant select on table public.countries to saas_app;  -- tenancy.yaml:81
grant select on table public.countries to saas_dashboard;  -- tenancy.yaml:81

-- tenancy.yaml:81
create policy saas_app_select on public.countries for select to saas_app
    using (tenancy.context_is('saas', 'app'));
-- tenancy.yaml:81
create policy saas_dashboard_select on public.countries for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard'));

----------------------------------------------------------------------------------------------------
-- Whoever inserts into a serial column draws from its sequence.

do $sequences$
declare
    drawn record;
begin
    for drawn in
        select d.objid::regclass as sequence, inserted.role
          from (values
              ('public.documents', 'saas_app'),
              ('public.comments',  'saas_app')
          ) as inserted (relation, role)
          join pg_depend d on d.refclassid = 'pg_class'::regclass
                          and d.refobjid = inserted.relation::regclass
                          and d.classid = 'pg_class'::regclass
                          and d.deptype = 'a'
          join pg_class c on c.oid = d.objid and c.relkind = 'S'
    loop
        execute format('grant usage on sequence %s to %I', drawn.sequence, drawn.role);
    end loop;
end
$sequences$;

----------------------------------------------------------------------------------------------------
-- Views, functions and sequences that an API context may use.

do $functions$
declare
    held record;
begin
    for held in
        select distinct p.oid::regprocedure as function
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_proc p on p.oid = d.objid
         where r.rolname = any (array['saas_app', 'saas_dashboard'])
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_proc'::regclass
           and d.deptype = 'a'
    loop
        execute format('revoke all on routine %s from saas_app, saas_dashboard', held.function);
    end loop;
end
$functions$;

----------------------------------------------------------------------------------------------------
-- What was applied. The hash is the SHA-256 of the policy file.

insert into tenancy.application (name, directory_schema, directory_name)
values ('saas', 'public', 'saas_directory')
on conflict (name) do update
    set directory_schema = excluded.directory_schema,
        directory_name = excluded.directory_name;

delete from tenancy.rule where application = 'saas';
delete from tenancy.managed_table where application = 'saas';
insert into tenancy.managed_table
    (application, schema_name, table_name, enforcement, columns, hash, before)
values
    ('saas', 'public', 'accounts',   'enforce', 'strict', '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf', null::jsonb),
    ('saas', 'public', 'workspaces', 'enforce', 'strict', '068c65b0d2296cb433b2e0dde131a8324e5997289bf73df2b369d45e24dfc09f', null::jsonb),
    ('saas', 'public', 'users',      'enforce', 'strict', 'd00db917290347ba93b060146849a82e3de7616032d75b3183941e49b74bfdd3', null::jsonb),
    ('saas', 'public', 'documents',  'enforce', 'strict', '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18', null::jsonb),
    ('saas', 'public', 'comments',   'enforce', 'strict', 'f4e30e2febff6535ded553282516d33fc867b9f2e8c6eb4dbd39b27b6623d96d', null::jsonb),
    ('saas', 'public', 'invoices',   'enforce', 'strict', '8b75e08ae0f1e31baaf778119859010c5034049a499d41b3add9cf8675f46844', null::jsonb),
    ('saas', 'public', 'countries',  'enforce', 'strict', 'cfbbfa3dd8c102158eacf7273d44e626d07e5a76a0353489e4a63e8b2105d2ba', null::jsonb);
insert into tenancy.rule
    (application, schema_name, table_name, api_context, role, verb, columns, hash)
values
    ('saas', 'public', 'accounts',   'app',       'workspace.viewer', 'read',   array['id', 'name'],                                                           '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf'),
    ('saas', 'public', 'accounts',   'dashboard', 'workspace.viewer', 'read',   array['id', 'name'],                                                           '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf'),
    ('saas', 'public', 'accounts',   'app',       'account.admin',    'read',   array['id', 'name'],                                                           '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf'),
    ('saas', 'public', 'accounts',   'dashboard', 'account.admin',    'read',   array['id', 'name'],                                                           '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf'),
    ('saas', 'public', 'accounts',   'dashboard', 'account.owner',    'update', array['name'],                                                                 '6ddfbe49bc6a66c439bbe8a080e57a6cdb26192c19f0c15f333ff403c2d354cf'),
    ('saas', 'public', 'workspaces', 'app',       'workspace.viewer', 'read',   array['id', 'name'],                                                           '068c65b0d2296cb433b2e0dde131a8324e5997289bf73df2b369d45e24dfc09f'),
    ('saas', 'public', 'workspaces', 'dashboard', 'account.admin',    'read',   null::text[],                                                                  '068c65b0d2296cb433b2e0dde131a8324e5997289bf73df2b369d45e24dfc09f'),
    ('saas', 'public', 'workspaces', 'dashboard', 'account.admin',    'update', array['name'],                                                                 '068c65b0d2296cb433b2e0dde131a8324e5997289bf73df2b369d45e24dfc09f'),
    ('saas', 'public', 'users',      'app',       'workspace.viewer', 'read',   array['id', 'name'],                                                           'd00db917290347ba93b060146849a82e3de7616032d75b3183941e49b74bfdd3'),
    ('saas', 'public', 'users',      'dashboard', 'account.admin',    'read',   array['id', 'name', 'email'],                                                  'd00db917290347ba93b060146849a82e3de7616032d75b3183941e49b74bfdd3'),
    ('saas', 'public', 'documents',  'app',       'workspace.viewer', 'read',   null::text[],                                                                  '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'app',       'workspace.editor', 'read',   null::text[],                                                                  '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'app',       'workspace.editor', 'insert', array['account_id', 'workspace_id', 'owner_id', 'title', 'body', 'published'], '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'app',       'workspace.editor', 'update', array['title', 'body', 'published'],                                           '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'app',       'workspace.editor', 'delete', null::text[],                                                                  '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'dashboard', 'account.admin',    'read',   null::text[],                                                                  '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'dashboard', 'account.admin',    'update', array['published'],                                                            '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'documents',  'dashboard', 'account.admin',    'delete', null::text[],                                                                  '2948d102a7f764c7e0b97f1e19feca8cb57fb0d3f450ab3db4114ee98235be18'),
    ('saas', 'public', 'comments',   'app',       'workspace.viewer', 'read',   null::text[],                                                                  'f4e30e2febff6535ded553282516d33fc867b9f2e8c6eb4dbd39b27b6623d96d'),
    ('saas', 'public', 'comments',   'app',       'workspace.viewer', 'insert', array['account_id', 'workspace_id', 'document_id', 'author_id', 'body'],       'f4e30e2febff6535ded553282516d33fc867b9f2e8c6eb4dbd39b27b6623d96d'),
    ('saas', 'public', 'comments',   'app',       'workspace.viewer', 'update', array['body'],                                                                 'f4e30e2febff6535ded553282516d33fc867b9f2e8c6eb4dbd39b27b6623d96d'),
    ('saas', 'public', 'comments',   'app',       'workspace.viewer', 'delete', null::text[],                                                                  'f4e30e2febff6535ded553282516d33fc867b9f2e8c6eb4dbd39b27b6623d96d'),
    ('saas', 'public', 'invoices',   'dashboard', 'account.owner',    'read',   null::text[],                                                                  '8b75e08ae0f1e31baaf778119859010c5034049a499d41b3add9cf8675f46844'),
    ('saas', 'public', 'invoices',   'dashboard', 'account.owner',    'update', array['state'],                                                                '8b75e08ae0f1e31baaf778119859010c5034049a499d41b3add9cf8675f46844'),
    ('saas', 'public', 'countries',  'app',       null,               'read',   null::text[],                                                                  'cfbbfa3dd8c102158eacf7273d44e626d07e5a76a0353489e4a63e8b2105d2ba'),
    ('saas', 'public', 'countries',  'dashboard', null,               'read',   null::text[],                                                                  'cfbbfa3dd8c102158eacf7273d44e626d07e5a76a0353489e4a63e8b2105d2ba');

insert into tenancy.policy (application, hash, language_version, compiler_version, source)
select applied.*
  from (values (
    'saas',
    '3a81bc7c3a152121cb9383194a93e62d0ce3406bf6c22bb31660cdce619672c9',
    1,
    '0.3',
    $policy$# Who may do what in the document service of schema.sql.
# What is not listed here is refused: a table, a column, a verb, a role, an API context.
tenancy: 1
application: saas

hierarchy:
  account:
    table: accounts
    key: id
    active: "state = 'active'"          # a suspended account cannot be logged in to
  workspace:
    table: workspaces
    key: id
    account: account_id
  user:
    table: users
    key: id
    subject: subject
    issuer: issuer

membership:
  account:   { table: account_members,   user: user_id, of: account_id,   role: role }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }

roles:
  account.owner:    { includes: [account.admin] }
  account.admin:    { includes: [workspace.editor] }      # in every workspace of the account
  workspace.editor: { includes: [workspace.viewer] }
  workspace.viewer: {}

tables:
  accounts:
    scope: account                      # its rows are the accounts: one sees one's own
    rules:
      - { role: workspace.viewer, context: [app, dashboard], read: [id, name] }
      - { role: account.admin,    context: [app, dashboard], read: [id, name] }
      - { role: account.owner,    context: [dashboard], update: [name] }

  workspaces:
    scope: account
    rules:
      - { role: workspace.viewer, context: [app], read: [id, name] }
      - { role: account.admin,    context: [dashboard], read: all, update: [name] }

  users:
    scope: account
    hidden: [issuer, subject]
    rules:
      - { role: workspace.viewer, context: [app], read: [id, name] }
      - { role: account.admin,    context: [dashboard], read: [id, name, email] }

  documents:
    scope: workspace
    immutable: [owner_id]
    rules:
      - { role: workspace.viewer, context: [app], read: all, rows: "published or owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], read: all }
      - { role: workspace.editor, context: [app], insert: [owner_id, title, body, published], rows: "owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], update: [title, body, published], rows: "owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], delete: rows, rows: "owner_id = session.user_id" }
      - { role: account.admin,    context: [dashboard], read: all, update: [published], delete: rows }

  comments:
    scope: { parent: documents, on: document_id }
    immutable: [document_id, author_id]
    rules:
      - { role: workspace.viewer, context: [app], read: all }
      - { role: workspace.viewer, context: [app], insert: [document_id, author_id, body], rows: "author_id = session.user_id" }
      - { role: workspace.viewer, context: [app], update: [body], rows: "author_id = session.user_id" }
      - { role: workspace.viewer, context: [app], delete: rows, rows: "author_id = session.user_id" }

  invoices:
    scope: account
    rules:
      - { role: account.owner, context: [dashboard], read: all, update: [state] }

  countries:
    scope: global                       # the same rows for every tenant
    key: code
    rules:
      - { context: [app, dashboard], read: all }
$policy$
  )) as applied (application, hash, language_version, compiler_version, source)
 where not exists (
           select from (select p.hash, p.compiler_version
                          from tenancy.policy p
                         where p.application = 'saas'
                         order by p.id desc
                         limit 1) as newest
            where newest.hash = applied.hash
              and newest.compiler_version = applied.compiler_version);

commit;
