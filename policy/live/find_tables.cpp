#include "core/ident.hpp"
#include "policy/emit.hpp"
#include "policy/live/inspection.hpp"

namespace tenancy::policy {

void find_tables(Inspection &inspection) {
  for (const std::string &table : inspection.missing) {
    inspection.find("table-missing", table, "there is none of that name",
                    {Fix::Kind::advice, "create it, or take it from the policy file"});
  }

  inspection.find_all("row-security-off", R"(
select c.oid::regclass, 'row level security is off: policies are there in vain',
       format('alter table %s enable row level security%s;', c.oid::regclass,
              case when c.oid = any ($2::oid[]) then ', force row level security' end)
  from pg_class c
 where c.oid = any ($1::oid[] || $2::oid[]) and not c.relrowsecurity)",
                      {inspection.managed, inspection.closed});

  inspection.find_all("row-security-not-forced", R"(
select c.oid::regclass, format('its owner, %I, and what runs as its owner are not bound', o.rolname),
       format('alter table %s force row level security;', c.oid::regclass)
  from pg_class c
  join pg_roles o on o.oid = c.relowner
 where c.oid = any ($1::oid[]) and c.relrowsecurity and not c.relforcerowsecurity)",
                      {inspection.closed});

  const std::string trigger = column_trigger_name(*inspection.plan.model);
  for (const LiveTable &table : inspection.tables) {
    if (!table.plan->checks_columns || !table.enforced()) continue;
    const Rows there = inspection.database.query(R"(
select t.tgenabled in ('O', 'A') and n.nspname = 'tenancy' and p.proname = 'check_columns' and t.tgtype = 23
       and t.tgqual is null
  from pg_trigger t
  join pg_proc p on p.oid = t.tgfoid
  join pg_namespace n on n.oid = p.pronamespace
 where t.tgrelid = $1 and t.tgname = $2)",
                                                 {table.id, trigger});
    if (there.size() > 0 && there.at(0, 0) == "t") continue;
    inspection.find("column-trigger", quote_identifier(trigger) + " on " + table.object,
                    there.size() == 0 ? "it is not there: what is written is not judged"
                                      : "it is disabled, or another: what is written is not judged",
                    inspection.apply());
  }

  inspection.find_all("rule", R"(
select format('%I on %s', w.rulename, c.oid::regclass),
       format('it rewrites %s, and what it adds runs with the rights of the table''s owner, %I',
              case w.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' when '4' then 'DELETE'
                             else 'SELECT' end, o.rolname),
       format('drop rule %I on %s;', w.rulename, c.oid::regclass)
  from pg_rewrite w
  join pg_class c on c.oid = w.ev_class
  join pg_roles o on o.oid = c.relowner
 where c.oid = any ($1::oid[]))",
                      {inspection.family});

  // A publication FOR ALL TABLES or of a schema cannot leave out one table.
  inspection.find_all("publication", R"(
with family (id, top) as (select * from unnest($1::oid[], $2::oid[])),
sent as (
  select p.oid, p.pubname, p.puballtables, f.top,
         (select min(r.prrelid) from pg_publication_rel r
           where r.prpubid = p.oid and r.prrelid in (f.id, f.top)) as named,
         n.nspname
    from pg_publication_tables t
    join pg_publication p using (pubname)
    join pg_namespace n on n.nspname = t.schemaname
    join pg_class c on c.relnamespace = n.oid and c.relname = t.tablename
    join family f on f.id = c.oid
   where t.rowfilter is null
)
select distinct format('%s in %I', top::regclass, pubname),
       format('publication %I sends the rows of every tenant to whoever subscribes', pubname),
       case when puballtables then format('drop publication %I;', pubname)
            when named is not null
            then format('alter publication %I drop table %s;', pubname, named::regclass)
            else format('alter publication %I drop tables in schema %I;', pubname, nspname) end
  from sent)",
                      {inspection.family, inspection.family_top});
}

}  // namespace tenancy::policy
