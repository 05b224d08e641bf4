-- What the extension consists of, and what each part says of itself.
create extension pg_tenancy;

-- Everything has a comment.
select pg_describe_object(d.classid, d.objid, 0)
  from pg_depend d
  join pg_extension e on e.oid = d.refobjid and e.extname = 'pg_tenancy'
 where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
   and obj_description(d.objid, d.classid::regclass::name) is null
   and d.classid in ('pg_proc'::regclass, 'pg_namespace'::regclass)
    or d.classid = 'pg_class'::regclass and d.refclassid = 'pg_extension'::regclass
       and exists (select from pg_class c where c.oid = d.objid and c.relkind = 'r' and c.relnamespace = 'tenancy'::regnamespace)
       and obj_description(d.objid, 'pg_class') is null;

-- No function is IMMUTABLE: a generic plan would keep one tenant's value for the next.
select p.oid::regprocedure as function, p.provolatile as volatile, p.proparallel as parallel,
       p.prosecdef as definer, p.proleakproof as leakproof,
       has_function_privilege('public', p.oid, 'execute') as public
  from pg_proc p
 where p.pronamespace = 'tenancy'::regnamespace
 order by p.oid::regprocedure::text;

-- Tables: dumped or not, and who may do what.
select c.relname as table, c.oid = any (e.extconfig) as dumped
  from pg_class c, pg_extension e
 where c.relnamespace = 'tenancy'::regnamespace and c.relkind = 'r' and e.extname = 'pg_tenancy'
 order by 1;
select coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as role, c.relname as table,
       string_agg(a.privilege_type, ', ' order by a.privilege_type) as may
  from pg_class c, aclexplode(c.relacl) a
 where c.relnamespace = 'tenancy'::regnamespace and c.relkind = 'r' and a.grantee <> c.relowner
 group by 1, 2 order by 1, 2;

-- The extension's roles have no rights beyond it.
select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
  from pg_roles where rolname like 'tenancy\_%' order by 1;

-- The schema is the extension's own: into one that somebody made before, it does not go.
drop extension pg_tenancy;
create schema tenancy;
\set SHOW_CONTEXT never
create extension pg_tenancy;
\unset SHOW_CONTEXT
drop schema tenancy;
create extension pg_tenancy;
