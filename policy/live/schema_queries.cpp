#include "policy/live/schema_queries.hpp"

namespace tenancy::policy::schema_queries {

const char *const pin_settings = R"(
set local search_path to pg_catalog, pg_temp;
set local quote_all_identifiers to off;
set local standard_conforming_strings to on;
set local datestyle to 'ISO, YMD';
set local intervalstyle to postgres;
set local timezone to 'UTC';
set local bytea_output to hex;
set local extra_float_digits to 1;
set local lc_monetary to 'C')";

const char *const schemas = R"(
select n.nspname
from pg_namespace n
left join pg_depend d on d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and case when e.oid is null then $1::text[] is null or n.nspname = any ($1)
           else n.nspname = 'tenancy' and e.extname = 'pg_tenancy' end)";

const char *const relations = R"(
select c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relkind,
       case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end, c.relispartition,
       c.relrowsecurity, c.relforcerowsecurity,
       array(select pn.nspname::text from pg_inherits i join pg_class p on p.oid = i.inhparent
             join pg_namespace pn on pn.oid = p.relnamespace where i.inhrelid = c.oid order by i.inhseqno),
       array(select p.relname::text from pg_inherits i join pg_class p on p.oid = i.inhparent
             where i.inhrelid = c.oid order by i.inhseqno),
       coalesce((select o.option_value::boolean from pg_options_to_table(c.reloptions) o
                 where o.option_name = 'security_invoker'), false)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p', 'f', 'v', 'm') and c.relpersistence <> 't'
  and not exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid
                  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
                    and not (e.extname = 'pg_tenancy' and n.nspname = 'tenancy'
                             and c.relname in ('account', 'workspace', 'app_user', 'membership')))
order by n.nspname collate "C", c.relname collate "C")";

// On 18 NOT NULL may be there for new rows alone.
const char *const columns = R"(
select a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull and not exists (select from pg_constraint k where k.conrelid = a.attrelid
                                    and k.contype = 'n' and not k.convalidated and k.conkey = array[a.attnum]),
       pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity, coalesce(o.collisdeterministic, true)
from pg_attribute a
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
left join pg_collation o on o.oid = a.attcollation
where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum)";

// The default operator class is found as GetDefaultOpClass() of the server finds it: that of the
// type itself, else of one that it is in bytes, the preferred one first.
const char *const types = R"(
with recursive used as (
  select distinct a.atttypid, a.atttypmod from pg_attribute a
  where a.attrelid = any ($1::oid[]) and a.attnum > 0 and not a.attisdropped
), chain as (
  select atttypid, atttypmod, atttypid as type, null::text as over, false as not_null from used
  union all
  select c.atttypid, c.atttypmod, t.typbasetype, coalesce(c.over, format_type(t.typbasetype, t.typtypmod)),
         c.not_null or t.typnotnull
  from chain c join pg_type t on t.oid = c.type where t.typtype = 'd'
)
select format_type(c.atttypid, c.atttypmod),
       case when t.typtype = 'e' then 'enumeration'
            when t.typcategory = 'S' then 'text'
            else case t.oid when 'bool'::regtype then 'boolean' when 'uuid'::regtype then 'uuid' when 'date'::regtype then 'date'
                            when 'int2'::regtype then 'integer' when 'int4'::regtype then 'integer' when 'int8'::regtype then 'integer'
                            when 'numeric'::regtype then 'number' when 'float4'::regtype then 'number' when 'float8'::regtype then 'number'
                            when 'timestamp'::regtype then 'timestamp' when 'timestamptz'::regtype then 'timestamp' else 'other' end
       end,
       exists (select from pg_amop m join pg_operator o on o.oid = m.amopopr join pg_proc p on p.oid = o.oprcode
               where m.amopfamily = k.opcfamily and m.amoplefttype = k.opcintype and m.amoprighttype = k.opcintype
                 and m.amopstrategy = 3 and p.proleakproof),
       exists (select from pg_amop m join pg_operator o on o.oid = m.amopopr join pg_proc p on p.oid = o.oprcode
               where m.amopfamily = k.opcfamily and m.amoplefttype = k.opcintype and m.amoprighttype = k.opcintype
                 and m.amopstrategy = 1 and p.proleakproof),
       array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder),
       c.over, c.not_null
from chain c join pg_type t on t.oid = c.type and t.typtype <> 'd'
left join lateral (
  select k.opcfamily, k.opcintype
  from pg_opclass k join pg_am a on a.oid = k.opcmethod join pg_type i on i.oid = k.opcintype
  where a.amname = 'btree' and k.opcdefault
    and (k.opcintype = t.oid
         or k.opcintype = case t.typtype when 'e' then 'anyenum'::regtype when 'r' then 'anyrange'::regtype
                                         when 'm' then 'anymultirange'::regtype when 'c' then 'record'::regtype end
         or k.opcintype = 'anyarray'::regtype and t.typcategory = 'A'
         or exists (select from pg_cast b where b.castsource = t.oid and b.casttarget = k.opcintype
                    and b.castmethod = 'b' and b.castcontext = 'i'))
  order by k.opcintype = t.oid desc, i.typispreferred desc, k.opcintype limit 1
) k on true)";

const char *const keys = R"(
select k.conrelid, k.conname, k.contype,
       array(select coalesce(a.attname::text, '') from unnest(k.conkey) with ordinality u(attnum, n)
             left join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.n),
       array(select o.oprname::text from unnest(case when k.contype = 'x' then k.conexclop end) with ordinality u(operator, n)
             join pg_operator o on o.oid = u.operator order by u.n),
       i.indnullsnotdistinct, k.condeferrable, k.contype <> 'x' and i.indisexclusion
from pg_constraint k join pg_index i on i.indexrelid = k.conindid
where k.conrelid = any ($1::oid[]) and k.contype in ('p', 'u', 'x') and k.conparentid = 0)";

std::string foreign_keys(int server_version) {
  // conperiod: PostgreSQL 18, commit 89f908a6d0ac.
  return std::string(R"(
select k.conrelid, k.conname,
       array(select a.attname::text from unnest(k.conkey) with ordinality u(attnum, n)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.n),
       n.nspname, r.relname,
       array(select a.attname::text from unnest(k.confkey) with ordinality u(attnum, n)
             join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum order by u.n),
       k.confdeltype, k.confupdtype,
       array(select a.attname::text from unnest(k.confdelsetcols) with ordinality u(attnum, n)
             join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum order by u.n),
       k.confmatchtype, )") +
         (server_version >= 180000 ? "k.conperiod" : "false") + R"(, k.convalidated
from pg_constraint k join pg_class r on r.oid = k.confrelid join pg_namespace n on n.oid = r.relnamespace
where k.conrelid = any ($1::oid[]) and k.contype = 'f' and k.conparentid = 0)";
}

const char *const indexes = R"(
select i.indrelid, c.relname, m.amname, i.indisunique, i.indnullsnotdistinct, i.indisvalid,
       array(select coalesce(a.attname::text, '') from generate_series(1, i.indnkeyatts) n
             left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[n - 1] order by n),
       array(select case when i.indkey[n - 1] = 0 then pg_get_indexdef(i.indexrelid, n, false) else '' end
             from generate_series(1, i.indnkeyatts) n order by n),
       array(select a.attname::text from generate_series(i.indnkeyatts + 1, i.indnatts) n
             join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[n - 1] order by n),
       pg_get_expr(i.indpred, i.indrelid)
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
where i.indrelid = any ($1::oid[]) and not c.relispartition
  and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')))";

const char *const functions = R"(
select n.nspname, p.proname,
       array(select format_type(u.type, null) from unnest(p.proargtypes) with ordinality u(type, n) order by u.n),
       p.prokind, pg_get_function_result(p.oid), pg_get_userbyid(p.proowner), p.prosecdef,
       exists (select from unnest(p.proconfig) s where s like 'search\_path=%'), p.proleakproof, p.provolatile
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any ($1::text[])
  and not exists (select from pg_depend d
                  where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i')))";

const char *const sequences = R"(
select n.nspname, c.relname, pg_get_userbyid(c.relowner), tn.nspname, t.relname, a.attname, d.deptype = 'i'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid
  and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_class t on t.oid = d.refobjid
left join pg_namespace tn on tn.oid = t.relnamespace
left join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
where n.nspname = any ($1::text[]) and c.relkind = 'S' and c.relpersistence <> 't'
  and not exists (select from pg_depend e
                  where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'))";

}  // namespace tenancy::policy::schema_queries
