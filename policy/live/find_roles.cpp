// Context roles, which have what the policy grants and nothing else, and what pools can become.
#include <fmt/format.h>

#include "core/ident.hpp"
#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

void find_context_roles(Inspection &in) {
  for (const std::string &role : in.missing_roles) {
    in.find("context-role", quote_identifier(role), "there is no such role", in.apply());
  }
  in.find_all("context-role", R"(
select quote_ident(r.rolname), a.what, format('alter role %I %s;', r.rolname, a.fix)
  from pg_roles r
 cross join lateral (values
   (r.rolsuper, 'it is a superuser', 'nosuperuser'), (r.rolbypassrls, 'it has BYPASSRLS', 'nobypassrls'),
   (r.rolcanlogin, 'it can log in', 'nologin'), (r.rolcreaterole, 'it has CREATEROLE', 'nocreaterole'),
   (r.rolcreatedb, 'it has CREATEDB', 'nocreatedb'), (r.rolreplication, 'it has REPLICATION', 'noreplication')
 ) as a (held, what, fix)
 where r.oid = any ($1::oid[]) and a.held)",
              {in.contexts});
  in.find_all("context-role",
              fmt::format(R"(
select quote_ident(r.rolname),
       format('it is a member of %I', g.rolname)
       || case when g.rolsuper then ', a superuser' when g.rolbypassrls then ', which has BYPASSRLS' else '' end,
       format('revoke %I from %I%s;', g.rolname, r.rolname,
              (select format(' granted by %I', b.rolname) from pg_roles b where b.oid = m.grantor)),
       (select string_agg(b.rolname, e'\n') from pg_roles b where b.oid = g.oid or {0}) || coalesce(e'\n' ||
       (select string_agg(pg_describe_object(o.classid, o.objid, 0), e'\n') from pg_shdepend o
         where o.refclassid = 'pg_authid'::regclass and o.deptype = 'o' and (o.refobjid = g.oid or {1})
           and o.dbid in (0, (select d.oid from pg_database d where d.datname = current_database()))), '')
  from pg_auth_members m
  join pg_roles r on r.oid = m.member
  join pg_roles g on g.oid = m.roleid
 where m.member = any ($1::oid[]))",
                          in.reaches("g.oid", "b.oid"), in.reaches("g.oid", "o.refobjid")),
              {in.contexts});
  in.find_all("context-role", R"(
select quote_ident(r.rolname), 'it owns ' || string_agg(o.described, ', ' order by o.described),
       format('reassign owned by %I to %I;', r.rolname,
              (select pg_get_userbyid(case d.datdba when r.oid then 10 else d.datdba end)
                 from pg_database d where d.datname = current_database())),
       string_agg(o.described, e'\n')
  from pg_roles r
  join lateral (
    select pg_describe_object(o.classid, o.objid, 0) as described
      from pg_shdepend o
     where o.refclassid = 'pg_authid'::regclass and o.deptype = 'o' and o.refobjid = r.oid
       and o.dbid in (0, (select d.oid from pg_database d where d.datname = current_database()))
  ) o on true
 where r.oid = any ($1::oid[])
 group by r.oid, r.rolname)",
              {in.contexts});
}

// leave: how a pool leaves a role that it reaches, whichever way. What a context role reaches is
// that role's finding.
std::string pool_reach(const Inspection &in) {
  return fmt::format(R"(
with reach as (
  select m.oid as pool, m.rolname as pool_name, r.*,
         case r.oid when m.oid then '' else
           (select string_agg(format('revoke %I from %I%s;', pg_get_userbyid(g.roleid), m.rolname,
                                     (select format(' granted by %I', b.rolname) from pg_roles b where b.oid = g.grantor)), ' ')
              from pg_auth_members g
             where g.member = m.oid and (g.roleid = r.oid or {1})) end as leave
    from pg_roles m
    join pg_roles r on r.oid = m.oid or (not m.rolsuper and {0})
   where m.oid = any ($1::oid[])
     and not exists (select from pg_roles c where c.oid = any ($2::oid[]) and (c.oid = r.oid or {2}))
))",
                     in.reaches("m.oid", "r.oid"), in.reaches("g.roleid", "r.oid"),
                     in.reaches("c.oid", "r.oid"));
}

void find_pool_reach(Inspection &in) {
  const std::string reach = pool_reach(in);
  in.find_all("bypass-reachable", reach + R"(
select quote_ident(rolname),
       format('%I %s %s', pool_name, case oid when pool then 'is' else 'can become' end,
              case when rolsuper then 'a superuser' else 'a role with BYPASSRLS' end),
       case oid when pool then format('alter role %I%s%s;', rolname, case when rolsuper then ' nosuperuser' end,
                                      case when rolbypassrls then ' nobypassrls' end)
                else leave end
  from reach
 where rolsuper or rolbypassrls)",
              {in.pools, in.contexts});
  in.find_all("owner-reachable", reach + R"(,
owned as (
  select c.relowner as owner, c.oid::regclass::text as object, 'table' as kind from pg_class c where c.oid = any ($3::oid[])
  union all
  select n.nspowner, quote_ident(n.nspname), 'schema' from pg_namespace n where n.oid = any ($4::oid[])
)
select quote_ident(r.rolname),
       format('%I %s the owner of %s', r.pool_name, case r.oid when r.pool then 'is' else 'can become' end,
              string_agg(o.object, ', ' order by o.object)),
       case r.oid when r.pool
            then format('reassign owned by %I to %I;', r.rolname,
                        (select pg_get_userbyid(case d.datdba when r.pool then 10 else d.datdba end)
                           from pg_database d where d.datname = current_database()))
            else r.leave end,
       (select string_agg(pg_describe_object(d.classid, d.objid, 0), e'\n')
          from pg_shdepend d
         where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and d.refobjid = r.oid
           and d.dbid = (select b.oid from pg_database b where b.datname = current_database()))
  from reach r
  join owned o on o.owner = r.oid
 where not r.rolsuper
 group by r.pool, r.pool_name, r.oid, r.rolname, r.leave)",
              {in.pools, in.contexts, in.family, in.schemas});
}

}  // namespace

void find_roles(Inspection &inspection) {
  find_context_roles(inspection);
  find_pool_reach(inspection);
}

}  // namespace tenancy::policy
