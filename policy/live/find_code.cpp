// Views, functions and triggers: what reads or writes with somebody else's rights.
#include <fmt/format.h>

#include "policy/emit.hpp"
#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

// held: views and materialized views that an API role has a privilege on, and to whom it was given.
// read: from each of them, what is read with the rights of an owner. A view reads its own relations
// with its owner's rights unless it is security_invoker, wherever it stands; what a materialized
// view holds was read with its owner's.
constexpr std::string_view views = R"(
with recursive
held (id, grantee) as (
  select c.oid, a.grantee
    from pg_class c
   cross join aclexplode(c.relacl) a
   where c.relkind in ('v', 'm') and (a.grantee = 0 or a.grantee = any ($2::oid[]))
  union
  select t.attrelid, a.grantee
    from pg_attribute t
    join pg_class c on c.oid = t.attrelid and c.relkind in ('v', 'm')
   cross join aclexplode(t.attacl) a
   where a.grantee = 0 or a.grantee = any ($2::oid[])
),
view (id, kind, opaque) as (
  select c.oid, c.relkind,
         c.relkind = 'm' or not exists (select from pg_options_to_table(c.reloptions) o
                                         where o.option_name = 'security_invoker' and o.option_value::boolean)
    from pg_class c
   where c.relkind in ('v', 'm')
),
read (top, id, past) as (
  select distinct h.id, h.id, v.kind = 'm' from held h join view v on v.id = h.id where v.opaque
  union
  select r.top, d.refobjid, r.past or v.kind = 'm'
    from read r
    join view v on v.id = r.id and (v.opaque or r.past)
    join pg_rewrite w on w.ev_class = r.id
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                    and d.refclassid = 'pg_class'::regclass and d.refobjid <> r.id
),
found as (
  select c.oid as id, c.relkind, c.relowner,
         (select string_agg(distinct r.id::regclass::text, ', ') from read r
           where r.top = c.oid and r.id = any ($1::oid[])) as tables,
         (select string_agg(distinct case h.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(h.grantee)) end, ', ')
            from held h where h.id = c.oid) as grantees
    from pg_class c
   where c.oid in (select h.id from held h)
))";

void find_views(Inspection &inspection) {
  std::vector<std::string> names;
  for (const auto &[name, roles] : inspection.declared.views) names.push_back(name);
  inspection.find_all("definer-view", std::string(views) + R"(
select f.id::regclass,
       format('%s read %s through it with the rights of its owner, %I', f.grantees, f.tables, pg_get_userbyid(f.relowner)),
       format('alter view %s set (security_invoker = true);', f.id::regclass)
       || case when f.id::regclass::text = any ($3::text[]) then ''
               else format(' revoke all on table %s from %s;', f.id::regclass, f.grantees) end
  from found f
 where f.relkind = 'v' and f.tables is not null)",
                      {inspection.family, inspection.reached, write_text_array(names)});
  inspection.find_all("materialized-view", std::string(views) + R"(
select f.id::regclass, format('%s read in it what its owner, %I, read of %s', f.grantees, pg_get_userbyid(f.relowner), f.tables),
       format('revoke all on table %s from %s;', f.id::regclass, f.grantees)
  from found f
 where f.relkind = 'm' and f.tables is not null)",
                      {inspection.family, inspection.reached});
}

// callable: functions that an API role may call, and who was given that; of no extension, and no
// trigger functions, which nobody can call.
constexpr std::string_view functions = R"(
with callable as (
  select p.oid, p.prosecdef, p.pronamespace, p.proconfig, o.rolname as owner, o.rolsuper or o.rolbypassrls as unbound,
         a.grantee, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end as given_to
    from pg_proc p
    join pg_roles o on o.oid = p.proowner
   cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
   where p.oid >= 16384 and a.grantee <> p.proowner and (a.grantee = 0 or a.grantee = any ($1::oid[]))
     and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
     and exists (select from unnest($1::oid[]) as r (role) where has_schema_privilege(r.role, p.pronamespace, 'usage'))
     and not exists (select from pg_depend e
                      where e.classid = 'pg_proc'::regclass and e.objid = p.oid
                        and e.refclassid = 'pg_extension'::regclass and e.deptype = 'e')
))";

void find_functions(Inspection &inspection) {
  const Declared &declared = inspection.declared;
  const std::vector<std::string> definers(declared.definers.begin(), declared.definers.end());
  std::vector<std::string> names;
  std::vector<std::string> roles;
  for (const auto &[name, given] : declared.functions) {
    for (const std::string &role : given) {
      names.push_back(name);
      roles.push_back(role);
    }
  }
  inspection.find_all("definer-function", std::string(functions) + R"(,
risky as (
  select c.*, c.oid::regprocedure::text = any ($2::text[]) as definer, c.oid::regprocedure::text = any ($3::text[]) as declared,
         not coalesce((select bool_or(s like 'search\_path=%') from unnest(c.proconfig) as s), false) as unpinned
    from callable c
   where c.prosecdef
)
select r.oid::regprocedure,
       format('%s can call it, and it runs as %I%s%s', string_agg(distinct r.given_to, ', '), r.owner,
              case when r.unbound then ', whom row level security does not bind' end,
              case when r.unpinned then ', with the search_path of whoever calls it' end),
       case when r.definer then format('alter routine %s set search_path = pg_catalog, pg_temp;', r.oid::regprocedure)
            when r.declared then format('alter routine %s security invoker;', r.oid::regprocedure)
            else format('revoke execute on routine %s from %s;', r.oid::regprocedure, string_agg(distinct r.given_to, ', ')) end
  from risky r
 where not r.definer or r.unpinned
 group by r.oid, r.owner, r.unbound, r.unpinned, r.declared, r.definer)",
                      {inspection.reached, write_text_array(definers), write_text_array(names)});
  // Everybody may call a new function; that it was given to an API role by name is a policy's.
  inspection.find_all("undeclared-grant", std::string(functions) + R"(
select c.oid::regprocedure, format('%s may call it, which the file does not give', c.given_to),
       format('revoke execute on routine %s from %s;', c.oid::regprocedure, c.given_to)
  from callable c
 where (not c.prosecdef or c.oid::regprocedure::text = any ($5::text[]))
   and (c.grantee <> 0 and c.pronamespace = any ($2::oid[]) or c.oid::regprocedure::text = any ($3::text[]))
   and (c.oid::regprocedure::text, c.given_to) not in (
         select f.name, quote_ident(f.role) from unnest($3::text[], $4::text[]) as f (name, role)))",
                      {inspection.reached, inspection.schemas, write_text_array(names),
                       write_text_array(roles), write_text_array(definers)});
}

void find_triggers(Inspection &inspection) {
  inspection.find_all("definer-trigger", R"(
select format('%I on %s', t.tgname, t.tgrelid::regclass),
       format('it calls %s, which runs as %I%s', p.oid::regprocedure, o.rolname,
              case when o.rolsuper or o.rolbypassrls then ', whom row level security does not bind' end),
       format('alter function %s security invoker;', p.oid::regprocedure),
       p.oid::regprocedure
  from pg_trigger t
  join pg_proc p on p.oid = t.tgfoid and p.prosecdef
  join pg_roles o on o.oid = p.proowner
  -- The one that fills in tenant columns is the compiler's.
 where t.tgrelid = any ($1::oid[]) and not t.tgisinternal and t.tgparentid = 0 and t.tgname <> $2)",
                      {inspection.family, inspection.plan.model->application + "_fill_tenant"});
}

struct Compiled {
  const char *check;
  std::string object;
  TableName name;
  std::string arguments;  // oidvector
  std::string language;
  std::string body;
  std::vector<std::string> settings;
  std::string without;  // what is not possible while it is missing
};

void find_compiled(Inspection &inspection, const Compiled &compiled) {
  const Rows found = inspection.database.query(
      R"(select p.prosrc = $4 and l.lanname = $5, p.prosecdef and p.provolatile = 's',
       array(select s from unnest(p.proconfig) as s order by s) = $6::text[],
       o.rolsuper or o.rolbypassrls, o.rolname
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  join pg_roles o on o.oid = p.proowner
 where n.nspname = $1 and p.proname = $2 and p.proargtypes = $3::oidvector)",
      {compiled.name.schema, compiled.name.name, compiled.arguments, compiled.body,
       compiled.language, write_text_array(compiled.settings)});
  const auto report = [&](std::string what) {
    inspection.find(compiled.check, compiled.object, std::move(what), inspection.apply());
  };
  if (found.size() == 0) {
    report("it is not there: " + compiled.without);
  } else if (found.at(0, 0) != "t") {
    report("its body is not the compiled one");
  } else if (found.at(0, 1) != "t" || found.at(0, 2) != "t") {
    report("it is not STABLE SECURITY DEFINER with the compiled settings");
  } else if (found.at(0, 3) != "t") {
    report(fmt::format("its owner, {}, is bound by row level security: {}", found.at(0, 4),
                       compiled.without));
  }
}

void find_directory(Inspection &inspection) {
  const Model &model = *inspection.plan.model;
  const TableName &function = model.directory_function;
  const std::string signature = directory_signature(model);
  find_compiled(inspection,
                {"directory-altered",
                 signature,
                 function,
                 "25 25 25 25",
                 "plpgsql",
                 directory_body(model),
                 {"plan_cache_mode=force_generic_plan", "search_path=pg_catalog, pg_temp"},
                 "nobody can log in"});
  if (!inspection.may("select has_table_privilege('tenancy.application', 'select')")) {
    inspection.not_seen(
        "which directory function login asks: tenancy.application needs tenancy_auditor");
    return;
  }
  const Rows asked = inspection.database.query(
      R"(select directory_schema = $2 and directory_name = $3,
       format('login asks %I.%I in its place', directory_schema, directory_name)
  from tenancy.application
 where name = $1)",
      {model.application, function.schema, function.name});
  if (asked.size() > 0 && asked.at(0, 0) != "t") {
    inspection.find("directory-altered", signature, std::string(asked.at(0, 1)),
                    inspection.apply());
  }
}

void find_relations(Inspection &inspection) {
  const Model &model = *inspection.plan.model;
  for (const Relation &relation : model.relations) {
    if (relation.contexts.empty()) continue;
    find_compiled(inspection,
                  {"relation-altered",
                   relation_function(relation, model) + "()",
                   {model.account.table.schema, model.application + "_" + relation.name},
                   "",
                   "sql",
                   relation_body(relation, inspection.plan),
                   {"search_path=pg_catalog, pg_temp"},
                   "rules that ask for it see no row"});
  }
}

}  // namespace

void find_code(Inspection &inspection) {
  find_views(inspection);
  find_functions(inspection);
  find_triggers(inspection);
  find_directory(inspection);
  find_relations(inspection);
}

}  // namespace tenancy::policy
