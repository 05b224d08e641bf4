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

-- Pools: what a login role that all tenants share must not be able to do ---------------------------------
-- Every tenant's session has the rights of the one role, so it may signal, read and lock its sisters.

-- Not pg_logical_emit_message, which 17 gave one more argument: pg_upgrade restores what was revoked by name
-- and arguments, and fails where there is no such function any more.
create view tenancy.dangerous_function as
  select p.oid as function, true as built_in, d.reason, d.kept_for
    from (values
      ('^pg_(cancel|terminate)_backend$', 'ends what other sessions of the role do', 'pg_signal_backend'),
      ('^pg_stat_get_(activity|backend_.*|progress_info)$', 'shows what other sessions of the role do', 'pg_read_all_stats'),
      ('^pg_(lock_status|(safe_snapshot_)?blocking_pids|isolation_test_session_is_blocked)$',
       'shows what other sessions have locked', 'pg_read_all_stats'),
      ('^pg_prepared_(statement|xact)$', 'shows what others have prepared', 'pg_read_all_stats'),
      ('^pg_(try_)?advisory_(xact_)?lock', 'takes locks that all sessions share', 'pg_database_owner'),
      ('^(lo_.*|loread|lowrite)$', 'reaches large objects, which the role owns for all tenants', 'pg_database_owner'),
      ('^pg_notify$', 'sends events that look like the application''s', 'pg_database_owner'),
      ('^setseed$', 'chooses the random numbers of the connection''s next user', 'pg_database_owner'),
      ('^pg_(log_backend_memory_contexts|get_process_memory_contexts|reload_conf|rotate_logfile|promote|switch_wal'
       '|stat_reset.*|read_(binary_)?file|ls_.*|stat_file)$', 'reads or steers the server itself', null)
    ) as d (pattern, reason, kept_for)
    join pg_catalog.pg_proc p on p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ d.pattern
  union all
  select p.oid, false, d.reason, null
    from (values
      ('^dblink$', '^dblink(_connect|_connect_u|_exec|_open|_send_query)?$', 'opens sessions past the pool'),
      ('^(pg_stat_statements|pg_stat_monitor|pg_show_plans|pg_store_plans|pg_qualstats)$', '', 'shows statements of other sessions'),
      ('^(pageinspect|pg_walinspect|pg_surgery|adminpack)$', '', 'reaches beneath row level security')
    ) as d (extension, pattern, reason)
    join pg_catalog.pg_extension e on e.extname ~ d.extension
    join pg_catalog.pg_depend m on m.refclassid = 'pg_extension'::regclass and m.refobjid = e.oid
                               and m.classid = 'pg_proc'::regclass and m.deptype = 'e'
    join pg_catalog.pg_proc p on p.oid = m.objid and p.proname ~ d.pattern;
comment on view tenancy.dangerous_function is 'Functions with which a session harms or reads the other sessions of its role, and why';
comment on column tenancy.dangerous_function.built_in is 'Whether tenancy.protect_pool revokes it; those of extensions are the DBA''s to decide';
comment on column tenancy.dangerous_function.kept_for is 'Role that is given the function when PUBLIC loses it';

create function tenancy.pool_grants(pool oid)
returns table (kind text, id oid, object text, privilege text, grantable boolean, grantee text, by_owner boolean, remedy text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  with thing (kind, id, object, part, owner, acl) as (
    select 'database', d.oid, quote_ident(d.datname), '', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba))
      from pg_database d where d.datallowconn
    union all
    select 'schema', n.oid, quote_ident(n.nspname), '', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
      from pg_namespace n where n.nspname !~ '^pg_(toast|temp)'
    union all
    select 'routine', p.oid, p.oid::regprocedure::text, '', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner))
      from pg_proc p where p.oid >= 16384 or p.oid in (select d.function from tenancy.dangerous_function d)
    union all
    select case c.relkind when 'S' then 'sequence' else 'table' end, c.oid, c.oid::regclass::text, '', c.relowner,
           coalesce(c.relacl, acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))
      from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.oid >= 16384
    union all
    select 'table', c.oid, c.oid::regclass::text, format(' (%I)', a.attname), c.relowner, a.attacl
      from pg_attribute a join pg_class c on c.oid = a.attrelid
     where a.attacl is not null and not a.attisdropped and c.oid >= 16384
    union all
    select 'foreign server', s.oid, quote_ident(s.srvname), '', s.srvowner, s.srvacl from pg_foreign_server s
    union all
    select 'foreign data wrapper', w.oid, quote_ident(w.fdwname), '', w.fdwowner, w.fdwacl from pg_foreign_data_wrapper w
    union all
    select 'parameter', s.oid, s.parname, '', 10, s.paracl from pg_parameter_acl s
  ),
  granted as (
    select t.*, a.privilege_type, a.is_grantable, a.grantor,
           case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as grantee
      from thing t
     cross join aclexplode(t.acl) a
     where a.grantee <> t.owner and (a.grantee = 0 or pg_has_role(pool, a.grantee, 'member'))
  )
  select g.kind, g.id, g.object || g.part, g.privilege_type, g.is_grantable, g.grantee, g.grantor = g.owner,
         format(case when g.grantor = g.owner then '%s' else 'set role %2$I; %1$s reset role;' end,
                format('revoke %s%s on %s %s from %s cascade;', lower(g.privilege_type), g.part, g.kind, g.object, g.grantee),
                pg_get_userbyid(g.grantor))
    from granted g;
end;
comment on function tenancy.pool_grants(oid) is
  'What the role, the roles that it is a member of, and PUBLIC have been granted here, harmless built-in functions left out, and how each grant is taken back';

create function tenancy.protect_pool(role name) returns setof text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  pool pg_roles;
  revoked record;
begin
  select * into pool from pg_roles r where r.rolname = protect_pool.role;
  if pool.oid is null then
    raise exception 'role "%" does not exist', protect_pool.role using errcode = 'undefined_object';
  elsif pool.rolsuper or not pool.rolcanlogin then
    raise exception 'role "%" cannot be protected as a pool', protect_pool.role
      using errcode = 'invalid_parameter_value',
            hint = 'A pool is a role with LOGIN and without SUPERUSER.';
  end if;
  -- Grants that somebody else than the owner made are left to pool_findings, whose remedy names him.
  for revoked in
    select g.privilege, g.kind, g.grantee, string_agg(g.object, ', ' order by g.object) as objects, d.kept_for
      from tenancy.pool_grants(pool.oid) g
      left join tenancy.dangerous_function d on g.kind = 'routine' and d.function = g.id and d.built_in
     where g.by_owner and g.grantee in ('public', quote_ident(pool.rolname))
       and (d.function is not null
            or g.kind = 'database' and g.object = quote_ident(current_database()) and g.privilege in ('TEMPORARY', 'CREATE')
            or g.kind = 'schema' and g.privilege = 'CREATE')
     group by g.privilege, g.kind, g.grantee, d.reason, d.kept_for
     order by g.kind, g.privilege, g.grantee, d.reason
  loop
    return next format('revoke %s on %s %s from %s cascade;', lower(revoked.privilege), revoked.kind, revoked.objects, revoked.grantee);
    execute format('revoke %s on %s %s from %s cascade', revoked.privilege, revoked.kind, revoked.objects, revoked.grantee);
    if revoked.grantee = 'public' and revoked.kept_for is not null then
      return next format('grant execute on routine %s to %I;', revoked.objects, revoked.kept_for);
      execute format('grant execute on routine %s to %I', revoked.objects, revoked.kept_for);
    end if;
  end loop;
end
$$;
comment on function tenancy.protect_pool(name) is
  'Takes from PUBLIC and the pool''s role, in this database, TEMP, CREATE and the functions that harm other sessions of the role; gives the statements that this took, none the second time';

create function tenancy.leave_role(member oid, reached oid) returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select string_agg(format('revoke %I from %I%s;', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member),
                           (select format(' granted by %I', g.rolname) from pg_roles g where g.oid = m.grantor)), ' ')
    from pg_auth_members m
   where m.member = leave_role.member and pg_has_role(m.roleid, leave_role.reached, 'member');
end;
comment on function tenancy.leave_role(oid, oid) is 'The statements that take a role out of each role through which it reaches another';

create function tenancy.pool_role_findings(pool oid)
returns table (finding text, object text, detail text, remedy text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  select a.finding, quote_ident(r.rolname), a.detail,
         case r.oid when pool then format('alter role %I no%s;', r.rolname, a.finding) else tenancy.leave_role(pool, r.oid) end
    from pg_roles r
   cross join lateral (values
     ('superuser', r.rolsuper, 'nothing binds it'),
     ('bypassrls', r.rolbypassrls, 'row level security does not bind it'),
     ('createrole', r.rolcreaterole, 'it makes roles, and gives itself those that exist'),
     ('createdb', r.rolcreatedb, 'it makes databases in which nothing is revoked'),
     ('replication', r.rolreplication, 'it reads every row from the WAL')) as a (finding, held, detail)
   where a.held and pg_has_role(pool, r.oid, 'member')
     and (r.oid = pool or not (select p.rolsuper from pg_roles p where p.oid = pool))
  union all
  select case when r.oid < 16384 then 'predefined_role' else 'administrative_role' end, quote_ident(r.rolname),
         'it has the rights of this role over all tenants', tenancy.leave_role(pool, r.oid)
    from pg_roles r
   where (r.oid < 16384 and r.rolname like 'pg\_%' and r.rolname <> 'pg_database_owner'
          or r.rolname in ('tenancy_admin', 'tenancy_operator', 'tenancy_auditor', 'tenancy_monitor'))
     and pg_has_role(pool, r.oid, 'member')
  union all
  select 'admin_option', format('%I', pg_get_userbyid(m.roleid)), format('%I grants this role to whom it likes', pg_get_userbyid(m.member)),
         format('revoke admin option for %I from %I%s;', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member),
                (select format(' granted by %I', g.rolname) from pg_roles g where g.oid = m.grantor))
    from pg_auth_members m
   where m.admin_option and pg_has_role(pool, m.member, 'member')
  union all
  select 'role_setting', split_part(s.entry, '=', 1),
         format('every session starts with %s', s.entry),
         format('alter role %I%s reset %s;', pg_get_userbyid(pool),
                (select format(' in database %I', b.datname) from pg_database b where b.oid = d.setdatabase), split_part(s.entry, '=', 1))
    from pg_db_role_setting d
   cross join unnest(d.setconfig) as s (entry)
   where d.setrole = pool and d.setdatabase in (0, (select b.oid from pg_database b where b.datname = current_database()))
     and (lower(split_part(s.entry, '=', 1)) in ('role', 'row_security', 'session_replication_role', 'session_preload_libraries',
                                                 'local_preload_libraries', 'standard_conforming_strings', 'lo_compat_privileges')
          -- Schemas that are not there, or that come before pg_catalog, are somebody's to fill.
          or lower(split_part(s.entry, '=', 1)) = 'search_path'
             and exists (select from unnest(string_to_array(substr(s.entry, position('=' in s.entry) + 1), ',')) with ordinality as p (part, n)
                          cross join btrim(p.part, ' "') as name
                          where name = 'pg_temp' or name = 'pg_catalog' and p.n > 1
                                or name not in ('', '$user') and not exists (select from pg_namespace n where n.nspname = name)))
  union all
  select 'owns_object', pg_describe_object(o.classid, o.objid, 0),
         format('%I owns it and may take off what protects it', pg_get_userbyid(o.refobjid)),
         case when o.refobjid = pool
              then format('reassign owned by %I to %I; -- after a look: its functions and views then run with the rights of that role',
                          pg_get_userbyid(pool),
                          (select pg_get_userbyid(case b.datdba when pool then 10 else b.datdba end)
                             from pg_database b where b.datname = current_database()))
              else tenancy.leave_role(pool, o.refobjid) end
    from pg_shdepend o
   where o.refclassid = 'pg_authid'::regclass and o.deptype = 'o' and pg_has_role(pool, o.refobjid, 'member')
     and o.dbid in (0, (select b.oid from pg_database b where b.datname = current_database()));
end;
comment on function tenancy.pool_role_findings(oid) is 'What is open through the role itself: its attributes, memberships, settings and possessions';

create function tenancy.pool_grant_findings(pool oid)
returns table (finding text, object text, detail text, remedy text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  with held as (
    select g.*, exists (select from pg_depend e
                         where e.objid = g.id and e.refclassid = 'pg_extension'::regclass and e.deptype = 'e'
                           and e.classid in ('pg_proc'::regclass, 'pg_class'::regclass)) as of_extension
      from tenancy.pool_grants(pool) g
  ),
  fact (finding, object, detail, grantee, remedy) as (
    select case h.privilege when 'TEMPORARY' then 'temporary' else 'create_in_database' end, h.object,
           case h.privilege when 'TEMPORARY' then 'a temporary table takes the rows that the connection''s next user writes'
                            else 'a schema of one''s own can hold what shadows the application''s' end, h.grantee, h.remedy
      from held h
     where h.kind = 'database' and h.object = quote_ident(current_database()) and h.privilege in ('TEMPORARY', 'CREATE')
    union all
    select 'other_database', h.object,
           'there, what protect_pool has revoked here may be open, and signals reach sessions of every database', h.grantee, h.remedy
      from held h where h.kind = 'database' and h.object <> quote_ident(current_database()) and h.privilege = 'CONNECT'
    union all
    select 'create_in_schema', h.object, 'an object here can shadow what other sessions use', h.grantee, h.remedy
      from held h where h.kind = 'schema' and h.privilege = 'CREATE'
    union all
    select 'dangerous_function', h.object, d.reason, h.grantee, h.remedy
      from held h join tenancy.dangerous_function d on h.kind = 'routine' and d.function = h.id
    union all
    select case when p.prosecdef then 'definer_function' else 'untrusted_function' end, h.object,
           case when p.prosecdef then format('it runs as %I, whom row level security does not bind', o.rolname)
                else format('it is written in %s, which nothing confines', l.lanname) end, h.grantee, h.remedy
      from held h
      join pg_proc p on h.kind = 'routine' and p.oid = h.id and p.oid >= 16384
      join pg_language l on l.oid = p.prolang
      join pg_roles o on o.oid = p.proowner
     where not h.of_extension
       and (p.prosecdef and (o.rolsuper or o.rolbypassrls) or not p.prosecdef and not l.lanpltrusted and l.lanname <> 'sql')
    union all
    select 'sequence_update', h.object, 'set back by one tenant, it makes the others'' inserts fail', h.grantee, h.remedy
      from held h where h.kind = 'sequence' and h.privilege = 'UPDATE'
    union all
    select 'excess_privilege', h.object,
           lower(h.privilege) || case when h.grantable then ' with grant option' else ' is bound by no policy' end, h.grantee, h.remedy
      from held h
     where h.kind = 'table' and not h.of_extension
       and (h.grantable or h.privilege not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))
    union all
    select 'no_row_security', c.oid::regclass::text,
           case c.relkind when 'm' then 'a materialized view' when 'f' then 'a foreign table' else 'a table' end
             || ' without row level security shows every tenant''s rows', h.grantee, h.remedy
      from held h
      join pg_class c on h.kind = 'table' and c.oid = h.id and c.relkind in ('r', 'p', 'm', 'f') and not c.relrowsecurity
     where not h.of_extension and h.privilege in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    union all
    select 'row_security_not_forced', c.oid::regclass::text, 'its owner, and what runs as its owner, is not bound', h.grantee,
           format('alter table %s force row level security;', c.oid::regclass)
      from held h
      join pg_class c on h.kind = 'table' and c.oid = h.id and c.relrowsecurity and not c.relforcerowsecurity
    union all
    select 'definer_view', c.oid::regclass::text, 'it reads protected tables with the rights of ' || quote_ident(pg_get_userbyid(c.relowner)),
           h.grantee, format('alter view %s set (security_invoker = true);', c.oid::regclass)
      from held h
      join pg_class c on h.kind = 'table' and c.oid = h.id and c.relkind = 'v'
     where not h.of_extension
       and not exists (select from pg_options_to_table(c.reloptions) o where o.option_name = 'security_invoker' and o.option_value::boolean)
       and exists (
             with recursive read (id) as (
               select c.oid
               union
               select d.refobjid
                 from read
                 join pg_rewrite w on w.ev_class = read.id
                 join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
             )
             select from read join pg_class t on t.oid = read.id and t.relrowsecurity)
    union all
    select 'foreign_access', h.object, h.kind || ': rows and sessions that nothing here protects', h.grantee, h.remedy
      from held h where h.kind like 'foreign%'
    union all
    select 'parameter', h.object, lower(h.privilege) || ' of a setting that is a superuser''s', h.grantee, h.remedy
      from held h where h.kind = 'parameter'
    union all
    select 'default_privilege', format('tables of %I%s', pg_get_userbyid(d.defaclrole), ' in schema ' || quote_ident(n.nspname)),
           'a new table is open before it is protected', g.name,
           format('alter default privileges for role %I%s revoke %s on tables from %s;', pg_get_userbyid(d.defaclrole),
                  ' in schema ' || quote_ident(n.nspname), lower(a.privilege_type), g.name)
      from pg_default_acl d
      left join pg_namespace n on n.oid = d.defaclnamespace
     cross join aclexplode(d.defaclacl) a
     cross join lateral (select case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as g (name)
     where d.defaclobjtype = 'r' and a.grantee <> d.defaclrole and (a.grantee = 0 or pg_has_role(pool, a.grantee, 'member'))
  )
  select f.finding, f.object, f.detail || ' (granted to ' || string_agg(distinct f.grantee, ', ') || ')', string_agg(distinct f.remedy, ' ')
    from fact f
   group by f.finding, f.object, f.detail;
end;
comment on function tenancy.pool_grant_findings(oid) is 'What is open through grants to the role, to the roles that it is a member of, and to PUBLIC';

create function tenancy.pool_findings(for_role name default null)
returns table (role name, finding text, object text, detail text, remedy text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
  with pool as (
    select w.name, r.oid, r.rolsuper
      from (select p.login_role from tenancy.pool p where for_role is null union select for_role where for_role is not null) as w (name)
      left join pg_roles r on r.rolname = w.name
  )
  select p.name, f.finding, f.object, f.detail, f.remedy
    from pool p
   cross join lateral (
     select 'missing_role', quote_ident(p.name), 'whoever makes a role of this name has a pool',
            format('delete from tenancy.pool where login_role = %L;', p.name)
      where p.oid is null
     union all
     select * from tenancy.pool_role_findings(p.oid) where p.oid is not null
     union all
     select * from tenancy.pool_grant_findings(p.oid) where p.oid is not null and not p.rolsuper
   ) as f (finding, object, detail, remedy)
   order by p.name, f.finding, f.object;
end;
comment on function tenancy.pool_findings(name) is
  'What is still open for a pool''s role, or for every role in tenancy.pool, each with the statement that closes it; docs/pools.md explains the findings';

revoke all on function
  tenancy.pool_grants(oid), tenancy.leave_role(oid, oid), tenancy.pool_role_findings(oid), tenancy.pool_grant_findings(oid),
  tenancy.pool_findings(name), tenancy.protect_pool(name) from public;
grant execute on function
  tenancy.pool_grants(oid), tenancy.leave_role(oid, oid), tenancy.pool_role_findings(oid), tenancy.pool_grant_findings(oid),
  tenancy.pool_findings(name) to tenancy_admin, tenancy_auditor;
grant execute on function tenancy.protect_pool(name) to pg_database_owner;
grant select on tenancy.dangerous_function to tenancy_admin, tenancy_auditor;

comment on column tenancy.issuer.required_claims is
  'Claims and the string that each must be, or a list of such: {"token_use": ["access", "id"]}; the empty string: any that is not empty';

-- What a subscription applies ---------------------------------------------------------------------------
-- Logical replication fires row triggers alone, but for TRUNCATE and the first copy. Elsewhere these have
-- nothing to do; WHEN spares the queueing.

do $$
declare
  watched text;
begin
  foreach watched in array array['application', 'issuer', 'issuer_key', 'issuer_secret', 'pool', 'revocation'] loop
    execute format('create trigger change_applied after insert or update or delete on tenancy.%I for each row'
                   ' when (pg_catalog.current_setting(''session_replication_role'') = ''replica'')'
                   ' execute function tenancy.%I()', watched,
                   case watched when 'revocation' then 'revocation_changed' else 'trust_changed' end);
    execute format('alter table tenancy.%I enable always trigger change_applied', watched);
  end loop;
end
$$;
