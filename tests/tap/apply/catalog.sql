-- What decides who may do what, but for what prepare adds: before a policy and after its removal it is the same.
-- A privilege that was never granted or revoked is written as the default that it is.
with relation as (
  select c.* from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
)
select 'rls', r.oid::regclass::text, r.relrowsecurity::text || r.relforcerowsecurity::text, '' from relation r where r.relkind in ('r', 'p')
union all
select 'acl', r.oid::regclass::text, a.privilege_type || a.is_grantable, a.grantee::regrole::text
  from relation r, aclexplode(coalesce(r.relacl, acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner))) a
union all
select 'column acl', a.attrelid::regclass || '.' || a.attname, x.privilege_type, x.grantee::regrole::text
  from relation r join pg_attribute a on a.attrelid = r.oid, aclexplode(a.attacl) x
union all
select 'default', a.attrelid::regclass || '.' || a.attname, pg_get_expr(d.adbin, d.adrelid), ''
  from relation r join pg_attrdef d on d.adrelid = r.oid join pg_attribute a on a.attrelid = r.oid and a.attnum = d.adnum
union all
select 'policy', p.polrelid::regclass::text, p.polname, '' from pg_policy p
union all
select 'trigger', t.tgrelid::regclass::text, pg_get_triggerdef(t.oid), t.tgenabled::text
  from relation r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal and t.tgname !~ '_fill_tenant$'
union all
select 'function', p.oid::regprocedure::text, a.privilege_type, a.grantee::regrole::text
  from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 where p.pronamespace = 'public'::regnamespace and p.proname !~ '^[a-z]+_fill_'
union all
select 'schema', n.nspname, a.privilege_type, a.grantee::regrole::text
  from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'public'
union all
select 'role', r.rolname, '', '' from pg_roles r where r.rolname ~ '^(applied|bench)_'
order by 1, 2, 3, 4;
