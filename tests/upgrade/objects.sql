-- Every object of the extension with all that defines it, one line each, for comparing two databases.
-- OIDs and creation order are left out on purpose.
set search_path = pg_catalog;
with member as (
  select d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) as name
    from pg_depend d
    join pg_extension e on e.oid = d.refobjid
   where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'pg_tenancy'
), line(name, what) as (
  select name, 'member' from member
  union all
  select m.name, 'comment ' || coalesce(obj_description(m.objid, m.classid::regclass::name), '-') from member m
  union all
  select m.name, pg_get_functiondef(p.oid) || coalesce(' acl ' || p.proacl::text, '')
    from member m join pg_proc p on m.classid = 'pg_proc'::regclass and p.oid = m.objid
  union all
  select m.name, format('acl %s owner %s kind %s rls %s/%s', c.relacl, c.relowner::regrole, c.relkind,
                        c.relrowsecurity, c.relforcerowsecurity)
    from member m join pg_class c on m.classid = 'pg_class'::regclass and c.oid = m.objid
  union all
  select m.name, format('column %s %s %s not null %s default %s identity %s comment %s', a.attnum, a.attname,
                        format_type(a.atttypid, a.atttypmod), a.attnotnull,
                        pg_get_expr(d.adbin, d.adrelid), a.attidentity, col_description(a.attrelid, a.attnum))
    from member m
    join pg_attribute a on m.classid = 'pg_class'::regclass and a.attrelid = m.objid and a.attnum > 0
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all
  select m.name, format('constraint %s %s', k.conname, pg_get_constraintdef(k.oid))
    from member m join pg_constraint k on m.classid = 'pg_class'::regclass and k.conrelid = m.objid
   where k.contype <> 'n' -- of 18: keeps the name of a column that was renamed
  union all
  select m.name, pg_get_indexdef(i.indexrelid)
    from member m join pg_index i on m.classid = 'pg_class'::regclass and i.indrelid = m.objid
  union all
  select m.name, format('%s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled)
    from member m join pg_trigger t on m.classid = 'pg_class'::regclass and t.tgrelid = m.objid and not t.tgisinternal
  union all
  select m.name, 'dumped' from member m join pg_extension e
      on e.extname = 'pg_tenancy' and m.classid = 'pg_class'::regclass and m.objid = any (e.extconfig)
  union all
  select m.name, format('schema acl %s', n.nspacl)
    from member m join pg_namespace n on m.classid = 'pg_namespace'::regclass and n.oid = m.objid
)
select name || ' | ' || what from line order by name, what;
