-- Whatever a policy makes, changes or takes from a schema, one line each: rights, row level security, policies, columns
-- and their defaults, constraints, indexes, triggers, functions, views' options.
select line
  from (
    select format('relation %s kind %s owner %s rls %s force %s options %s rights %s', c.oid::regclass, c.relkind, c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
                  coalesce(array_to_string(c.reloptions, ','), ''),
                  (select string_agg(format('%s:%s:%s', a.grantee::regrole, a.privilege_type, a.is_grantable), ' ' order by a.grantee::regrole::text, a.privilege_type)
                     from aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a)) as line
      from pg_class c
     where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relnamespace = 'public'::regnamespace
    union all
    select format('column %s.%I %s not null %s default %s rights %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                  coalesce(pg_get_expr(d.adbin, d.adrelid), '-'),
                  (select string_agg(format('%s:%s', x.grantee::regrole, x.privilege_type), ' ' order by x.grantee::regrole::text, x.privilege_type) from aclexplode(a.attacl) x))
      from pg_attribute a
      join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v') and c.relnamespace = 'public'::regnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped
    union all
    select format('policy %I on %s %s %s to %s using %s check %s', p.polname, p.polrelid::regclass, p.polpermissive, p.polcmd,
                  (select string_agg(r::regrole::text, ',' order by r::regrole::text) from unnest(p.polroles) r), pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
      from pg_policy p
    union all
    select format('constraint %I on %s %s valid %s', k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid), k.convalidated)
      from pg_constraint k where k.connamespace = 'public'::regnamespace
    union all
    select format('index %s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
      from pg_index i join pg_class c on c.oid = i.indrelid and c.relnamespace = 'public'::regnamespace
    union all
    select format('trigger %s', pg_get_triggerdef(t.oid)) from pg_trigger t where not t.tgisinternal and t.tgrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all
    select format('function %s definer %s owner %s rights %s body %s', p.oid::regprocedure, p.prosecdef, p.proowner::regrole,
                  (select string_agg(format('%s:%s', a.grantee::regrole, a.privilege_type), ' ' order by a.grantee::regrole::text) from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a),
                  md5(coalesce(p.prosrc, '')))
      from pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    union all
    select format('default rights for %s: %s', d.defaclrole::regrole, d.defaclacl) from pg_default_acl d
  ) catalog
 order by line collate "C";
