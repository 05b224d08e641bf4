// What leads past the tenant columns: keys that span tenants, foreign keys and cascades between
// tenants' rows.
#include <fmt/format.h>

#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

// pin: the tenant columns of each table; `n` orders those of one table, the account's first.
constexpr std::string_view pins = R"(
pin (relation, attnum, name, level, n) as (
  select p.relation, a.attnum, quote_ident(p.name), p.level, p.n
    from unnest($1::oid[], $2::name[], $3::text[]) with ordinality as p (relation, name, level, n)
    join pg_attribute a on a.attrelid = p.relation and a.attname = p.name
))";

// Every column that a rule lets somebody insert or update, and the tables of which that is all.
// With `columns: orm` more is granted, but no other value comes in.
void writable(const Inspection &inspection, std::vector<std::string> &tables,
              std::vector<std::string> &columns, std::vector<std::string> &whole) {
  for (const LiveTable &table : inspection.tables) {
    for (const Grant &grant : table.plan->table->grants) {
      if (grant.verb != Verb::insert && grant.verb != Verb::update) continue;
      if (!grant.columns) whole.push_back(table.id);
      for (const std::string &column : grant.columns.value_or(std::vector<std::string>{})) {
        tables.push_back(table.id);
        columns.push_back(column);
      }
    }
  }
}

// A conflict tells only of a value that the tenant chose: a key that he cannot write, as a
// generated primary key, is none, nor is one that holds such a key.
void find_unique(Inspection &inspection) {
  std::vector<std::string> tables;
  std::vector<std::string> columns;
  std::vector<std::string> whole;
  writable(inspection, tables, columns, whole);
  inspection.find_all(
      "unique-without-tenant",
      fmt::format(R"(
with {},
writable as (
  select a.attrelid, a.attnum
    from pg_attribute a
   where a.attnum > 0 and not a.attisdropped
     and (a.attrelid = any ($6::oid[])
          or (a.attrelid, a.attname) in (select * from unnest($4::oid[], $5::name[])))
     and (a.attrelid, a.attnum) not in (select relation, attnum from pin)
),
key as (
  select i.indexrelid as id, i.indrelid as relation, k.conname, k.oid as con,
         i.indpred is null and not i.indisexclusion as whole, i.indisexclusion as exclusion,
         (i.indkey::int2[])[0:i.indnkeyatts - 1] as columns
    from pg_index i
    left join pg_constraint k on k.conindid = i.indexrelid and k.conrelid = i.indrelid
                             and k.contype in ('p', 'u', 'x')
   where (i.indisunique or i.indisexclusion) and i.indrelid in (select relation from pin)
),
judged as (
  -- 0 is an expression.
  select k.*, 0 = any (k.columns)
              or exists (select from writable w
                          where w.attrelid = k.relation and w.attnum = any (k.columns)) as chosen
    from key k
)
select format('%s on %s', coalesce(quote_ident(k.conname), k.id::regclass::text), k.relation::regclass),
       'it lacks the tenant column ' || p.name || ': a conflict tells of another tenant''s row',
       case when k.con is null
            then format('drop index %s; %s;', k.id::regclass,
                        regexp_replace(pg_get_indexdef(k.id), '( USING \S+ \()', '\1' || p.name || ', '))
            else format('alter table %1$s drop constraint %2$I, add constraint %2$I %3$s;',
                        k.relation::regclass, k.conname,
                        regexp_replace(pg_get_constraintdef(k.con), '\(',
                                       '(' || p.name || case when k.exclusion then ' WITH =' else '' end || ', '))
       end
  from judged k
  join pin p on p.relation = k.relation
            and p.n = (select min(f.n) from pin f where f.relation = k.relation)
 where k.chosen
   and not exists (select from pin t where t.relation = k.relation and t.attnum = any (k.columns))
   and not exists (select from judged o
                    where o.relation = k.relation and o.whole and not o.chosen
                      and o.columns <@ k.columns))",
                  pins),
      {inspection.pinned, inspection.pin_columns, inspection.pin_levels, write_text_array(tables),
       write_text_array(columns), write_text_array(whole)});
}

void find_foreign_keys(Inspection &inspection) {
  inspection.find_all("foreign-key-without-tenant",
                      fmt::format(R"(
with {},
link as (
  select k.*, h.name as here, t.name as there, t.attnum as parent_column
    from pg_constraint k
    join pin h on h.relation = k.conrelid
    join pin t on t.relation = k.confrelid and t.level = h.level
   where k.contype = 'f' and k.conparentid = 0
     and h.n = (select min(f.n) from pin f join pin g on g.relation = k.confrelid and g.level = f.level
                 where f.relation = k.conrelid)
     and not exists (select
                       from unnest(k.conkey, k.confkey) as pair (here, there)
                       join pin h on h.relation = k.conrelid and h.attnum = pair.here
                       join pin t on t.relation = k.confrelid and t.attnum = pair.there
                      where t.level = h.level)
)
select format('%I on %s', k.conname, k.conrelid::regclass),
       format('it does not compare %s: a row can refer to another tenant''s of %s', k.here, k.confrelid::regclass),
       format('alter table %1$s drop constraint %2$I; %3$salter table %1$s add constraint %2$I %4$s;',
              k.conrelid::regclass, k.conname,
              case when not exists (
                     select from pg_index i
                      where i.indrelid = k.confrelid and i.indisunique and i.indimmediate and i.indpred is null
                        and (i.indkey::int2[])[0:i.indnkeyatts - 1] @> (k.confkey || k.parent_column)
                        and (i.indkey::int2[])[0:i.indnkeyatts - 1] <@ (k.confkey || k.parent_column))
                   then format('alter table %s add unique (%s, %s); ', k.confrelid::regclass,
                               (select string_agg(quote_ident(a.attname), ', ' order by c.n)
                                  from unnest(k.confkey) with ordinality as c (attnum, n)
                                  join pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.attnum), k.there)
              end,
              -- Without a list of columns, SET NULL would null the tenant's too.
              regexp_replace(
                regexp_replace(pg_get_constraintdef(k.oid), '^FOREIGN KEY \((.*?)\) REFERENCES (.*?)\((.*?)\)',
                               format('FOREIGN KEY (\1, %s) REFERENCES \2(\3, %s)', k.here, k.there)),
                'ON DELETE SET (NULL|DEFAULT)(?! \()',
                format('ON DELETE SET \1 (%s)',
                       (select string_agg(quote_ident(a.attname), ', ' order by c.n)
                          from unnest(k.conkey) with ordinality as c (attnum, n)
                          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum))))
  from link k)",
                                  pins),
                      {inspection.pinned, inspection.pin_columns, inspection.pin_levels});
}

// What a referential action does, it does as the child's owner, past every policy.
void find_cascades(Inspection &inspection) {
  inspection.find_all(
      "cascade-across-tenants",
      fmt::format(R"(
with {},
firing as (
  select k.*, r.oid as role
    from pg_constraint k
    join pg_roles r on r.oid = any ($4::oid[])
   where k.contype = 'f' and k.conparentid = 0 and k.conrelid in (select relation from pin)
     and k.confrelid not in (select relation from pin)
     and (k.confdeltype in ('c', 'n', 'd') and has_table_privilege(r.oid, k.confrelid, 'delete')
          or k.confupdtype in ('c', 'n', 'd') and exists (
               select from unnest(k.confkey) as c (attnum)
                where has_column_privilege(r.oid, k.confrelid, c.attnum, 'update')))
)
select format('%I on %s', k.conname, k.conrelid::regclass),
       format('what %s does to %s runs on into the rows of every tenant',
              string_agg(distinct quote_ident(pg_get_userbyid(k.role)), ', '), k.confrelid::regclass),
       format('alter table %1$s drop constraint %2$I, add constraint %2$I %3$s;', k.conrelid::regclass, k.conname,
              regexp_replace(pg_get_constraintdef(k.oid), ' ON (DELETE|UPDATE) (CASCADE|SET NULL|SET DEFAULT)( \(.*?\))?', '', 'g'))
  from firing k
 group by k.oid, k.conname, k.conrelid, k.confrelid)",
                  pins),
      {inspection.pinned, inspection.pin_columns, inspection.pin_levels, inspection.reached});
}

}  // namespace

void find_keys(Inspection &inspection) {
  find_unique(inspection);
  find_foreign_keys(inspection);
  find_cascades(inspection);
}

}  // namespace tenancy::policy
