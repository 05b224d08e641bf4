-- saas: compiled from tenancy.yaml by pg_tenancy 0.3. Change that file, not this one.
-- Apply it as the owner of the tables with BYPASSRLS, or as a superuser. It may be applied again.

-- Prepare: run it with psql beside the application, outside of a transaction. What is there already
-- is passed over, so it may be run again, also after it was broken off. \gexec runs what the query
-- before it gives.

\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set client_min_messages = notice;

----------------------------------------------------------------------------------------------------
-- Add comments.account_id, workspace_id, of the types that public.documents has. tenancy.yaml:63

select format('alter table %s %s', 'public.comments',
              string_agg(format('add column %I %s', wanted.name,
                                format_type(p.atttypid, p.atttypmod)), ', '))
  from (values
    ('account_id',   'account_id'),
    ('workspace_id', 'workspace_id')
  ) as wanted (name, parent_name)
  join pg_attribute p on p.attrelid = 'public.documents'::regclass and p.attname = wanted.parent_name
                     and not p.attisdropped
 where not exists (select from pg_attribute c
                    where c.attrelid = 'public.comments'::regclass and c.attname = wanted.name
                      and not c.attisdropped)
having count(*) > 0
\gexec

----------------------------------------------------------------------------------------------------
-- Keep comments.account_id, workspace_id filled. tenancy.yaml:63

do $trigger$
begin
    if exists (select from pg_attribute a
                  where a.attrelid = 'public.comments'::regclass and a.attname in ('account_id', 'workspace_id')
                    and not a.attnotnull) then
        create or replace function public.saas_fill_comments() returns trigger
        language plpgsql security definer
        set search_path = pg_catalog, pg_temp
        as $fill$
begin
    select p.account_id , p.workspace_id 
      into new.account_id , new.workspace_id 
      from public.documents p
     where p.id = new.document_id;
    return new;
end
$fill$;
        comment on function public.saas_fill_comments() is 'tenancy.yaml:63; compiled by pg_tenancy';
        revoke all on function public.saas_fill_comments() from public;
        create or replace trigger saas_fill_tenant before insert or update on public.comments
            for each row when (new.account_id is null or new.workspace_id is null) execute function public.saas_fill_comments();
        comment on trigger saas_fill_tenant on public.comments is 'tenancy.yaml:63; compiled by pg_tenancy';
    end if;
end
$trigger$;

----------------------------------------------------------------------------------------------------
-- Fill comments.account_id, workspace_id. tenancy.yaml:63

do $fill$
declare
    part regclass;
    pages bigint;
    page bigint;
    batch integer;
    began timestamptz;
    reported timestamptz := clock_timestamp();
    filled bigint := 0;
    rows bigint;
    left_open bigint;
    orphans bigint;
begin
    if not exists (select from pg_attribute a
                  where a.attrelid = 'public.comments'::regclass and a.attname in ('account_id', 'workspace_id')
                    and not a.attnotnull) then
        return;
    end if;
    loop
        foreach part in array
            array(select coalesce(t.relid, 'public.comments'::regclass)::regclass
                    from (values (1)) as one (n)
                    left join pg_partition_tree('public.comments') t on t.isleaf
                   order by 1)
        loop
            pages := pg_relation_size(part) / current_setting('block_size')::integer + 1;
            page := 0;
            batch := 32;
            while page < pages loop
                began := clock_timestamp();
                begin
                    set local lock_timeout = '100ms';
                    execute format('update %s c set account_id = p.account_id, workspace_id = p.workspace_id from public.documents p where c.ctid >= $1 and c.ctid < $2 and (c.account_id is null or c.workspace_id is null) and p.id = c.document_id and p.account_id is not null and p.workspace_id is not null', part)
                      using format('(%s,0)', page)::tid, format('(%s,0)', page + batch)::tid;
                    get diagnostics rows = row_count;
                    filled := filled + rows;
                exception
                    when lock_not_available or deadlock_detected then null;
                end;
                commit;
                page := page + batch;
                batch := case when clock_timestamp() - began > interval '100 ms'
                              then greatest(batch / 2, 1)
                              else least(batch * 2, 4096) end;
                if clock_timestamp() - reported > interval '2 s' then
                    raise notice '%: % of % pages, % rows filled', part, least(page, pages), pages,
                                 filled;
                    reported := clock_timestamp();
                end if;
            end loop;
        end loop;
        select count(*) filter (where exists (select from public.documents p where p.id = c.document_id and p.account_id is not null and p.workspace_id is not null)),
               count(*) filter (where not exists (select from public.documents p
                                                   where p.id = c.document_id and p.account_id is not null and p.workspace_id is not null))
          into left_open, orphans
          from public.comments c
         where c.account_id is null or c.workspace_id is null;
        commit;
        exit when left_open = 0;
        perform pg_sleep(0.2);
    end loop;
    raise notice '%: % rows filled', 'public.comments', filled;
    if orphans > 0 then
        raise exception '% rows of % have no tenant', orphans, 'public.comments'
            using errcode = 'not_null_violation',
                  detail = 'They have no parent, or one without a tenant.',
                  hint = 'Delete them or give them one: select * from public.comments c where c.account_id is null or c.workspace_id is null;';
    end if;
end
$fill$;

----------------------------------------------------------------------------------------------------
-- Let no new row leave comments.account_id, workspace_id out. tenancy.yaml:63

select 'alter table public.comments add constraint comments_tenant_check check (account_id is not null and workspace_id is not null) not valid'
 where exists (select from pg_attribute a
                  where a.attrelid = 'public.comments'::regclass and a.attname in ('account_id', 'workspace_id')
                    and not a.attnotnull)
   and not exists (select from pg_constraint k
                  where k.conrelid = 'public.comments'::regclass and k.conname = 'comments_tenant_check')
\gexec

----------------------------------------------------------------------------------------------------
-- See that every row has comments.account_id, workspace_id. tenancy.yaml:63

select 'alter table public.comments validate constraint comments_tenant_check'
 where exists (select from pg_constraint k
                  where k.conrelid = 'public.comments'::regclass and k.conname = 'comments_tenant_check' and not k.convalidated)
\gexec

----------------------------------------------------------------------------------------------------
-- Make comments.account_id, workspace_id not null, which the check has shown. tenancy.yaml:63

select 'alter table public.comments alter column account_id set not null, alter column workspace_id set not null'
 where exists (select from pg_attribute a
                  where a.attrelid = 'public.comments'::regclass and a.attname in ('account_id', 'workspace_id')
                    and not a.attnotnull)
   and exists (select from pg_constraint k
                  where k.conrelid = 'public.comments'::regclass and k.conname = 'comments_tenant_check' and k.convalidated)
\gexec

----------------------------------------------------------------------------------------------------
-- Drop the check, which not null stands for now. tenancy.yaml:63

select 'alter table public.comments drop constraint comments_tenant_check'
 where not exists (select from pg_attribute a
                  where a.attrelid = 'public.comments'::regclass and a.attname in ('account_id', 'workspace_id')
                    and not a.attnotnull)
   and exists (select from pg_constraint k
                  where k.conrelid = 'public.comments'::regclass and k.conname = 'comments_tenant_check')
\gexec

----------------------------------------------------------------------------------------------------
-- Unique key on id, account_id, workspace_id of public.documents. tenancy.yaml:52

select step.command
  from (
select 1, 'drop index concurrently public.documents_tenant_key'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.documents_tenant_key') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
union all
select 2, 'create unique index concurrently documents_tenant_key on public.documents (id, account_id, workspace_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.documents'::regclass and i.indisvalid and i.indpred is null and i.indisunique and i.indimmediate and i.indnkeyatts = 3
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:2]))
                       = (select array_agg(c order by c::name) from unnest(array['id', 'account_id', 'workspace_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its key (id, account_id, workspace_id) is left out', 'public.documents'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.documents'::regclass and i.indisvalid and i.indpred is null and i.indisunique and i.indimmediate and i.indnkeyatts = 3
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:2]))
                       = (select array_agg(c order by c::name) from unnest(array['id', 'account_id', 'workspace_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Make that index a key of public.documents. tenancy.yaml:52

select step.command
  from (
select 1, 'alter table public.documents add constraint documents_tenant_key unique using index documents_tenant_key'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.documents_tenant_key') and i.indisvalid)
   and not exists (select from pg_constraint k where k.conindid = to_regclass('public.documents_tenant_key'))
union all
select 2, 'comment on constraint documents_tenant_key on public.documents is ''tenancy.yaml:52; compiled by pg_tenancy'''
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.documents_tenant_key') and i.indisvalid)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Let no new row of public.comments have another tenant's parent. tenancy.yaml:63

select step.command
  from (
select 1, 'alter table public.comments add constraint comments_tenant_fkey foreign key (document_id, account_id, workspace_id) references public.documents (id, account_id, workspace_id)'
       || coalesce((select case k.confdeltype when 'c' then ' on delete cascade'
                                    when 'r' then ' on delete restrict'
                                    when 'n' then ' on delete set null (document_id)'
                                    when 'd' then ' on delete set default (document_id)' else '' end
                || case k.confupdtype when 'c' then ' on update cascade'
                                      when 'r' then ' on update restrict' else '' end
           from pg_constraint k
          where k.contype = 'f' and k.conrelid = 'public.comments'::regclass and k.confrelid = 'public.documents'::regclass
            and (select array_agg(h.attname order by h.attname)
                   from pg_attribute h
                  where h.attrelid = k.conrelid and h.attnum = any (k.conkey))
                = (select array_agg(c::name order by c::name) from unnest(array['document_id']) c)
          order by k.conname
          limit 1), '')
       || ' not valid'
 where not exists (select from pg_constraint k
                 where k.contype = 'f' and k.conrelid = 'public.comments'::regclass
                   and k.confrelid = 'public.documents'::regclass
                   and (select array_agg(format('%I %I', h.attname, p.attname))
                          from unnest(k.conkey, k.confkey) as pair (here, there)
                          join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                          join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.there)
                       @> (select array_agg(format('%I %I', w.here, w.there))
                             from unnest(array['document_id', 'account_id', 'workspace_id'], array['id', 'account_id', 'workspace_id']) as w (here, there)))
   and not ((select c.relkind = 'p' from pg_class c where c.oid = 'public.comments'::regclass)
        or (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass))
union all
select 2, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its foreign key (document_id, account_id, workspace_id) to public.documents is left out', 'public.comments'))
 where not exists (select from pg_constraint k
                 where k.contype = 'f' and k.conrelid = 'public.comments'::regclass
                   and k.confrelid = 'public.documents'::regclass
                   and (select array_agg(format('%I %I', h.attname, p.attname))
                          from unnest(k.conkey, k.confkey) as pair (here, there)
                          join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                          join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.there)
                       @> (select array_agg(format('%I %I', w.here, w.there))
                             from unnest(array['document_id', 'account_id', 'workspace_id'], array['id', 'account_id', 'workspace_id']) as w (here, there)))
   and ((select c.relkind = 'p' from pg_class c where c.oid = 'public.comments'::regclass)
        or (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass))
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- See that no row of public.comments has another tenant's parent. tenancy.yaml:63

select format('alter table %s validate constraint %I', 'public.comments', v.conname)
  from pg_constraint v
 where v.conrelid = 'public.comments'::regclass and v.conname = 'comments_tenant_fkey' and not v.convalidated
\gexec

----------------------------------------------------------------------------------------------------
-- Index on account_id of public.workspaces. tenancy.yaml:39

select step.command
  from (
select 1, 'drop index concurrently public.workspaces_tenant_idx'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.workspaces_tenant_idx') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.workspaces'::regclass)
union all
select 2, 'create index concurrently workspaces_tenant_idx on public.workspaces (account_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.workspaces'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.workspaces'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its index (account_id) is left out', 'public.workspaces'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.workspaces'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.workspaces'::regclass)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Index on account_id of public.users. tenancy.yaml:45

select step.command
  from (
select 1, 'drop index concurrently public.users_tenant_idx'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.users_tenant_idx') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.users'::regclass)
union all
select 2, 'create index concurrently users_tenant_idx on public.users (account_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.users'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.users'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its index (account_id) is left out', 'public.users'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.users'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.users'::regclass)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Index on account_id, workspace_id of public.documents. tenancy.yaml:52

select step.command
  from (
select 1, 'drop index concurrently public.documents_tenant_idx'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.documents_tenant_idx') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
union all
select 2, 'create index concurrently documents_tenant_idx on public.documents (account_id, workspace_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.documents'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:1]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id', 'workspace_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its index (account_id, workspace_id) is left out', 'public.documents'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.documents'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:1]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id', 'workspace_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.documents'::regclass)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Index on account_id, workspace_id of public.comments. tenancy.yaml:63

select step.command
  from (
select 1, 'drop index concurrently public.comments_tenant_idx'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.comments_tenant_idx') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.comments'::regclass)
union all
select 2, 'create index concurrently comments_tenant_idx on public.comments (account_id, workspace_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.comments'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:1]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id', 'workspace_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.comments'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its index (account_id, workspace_id) is left out', 'public.comments'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.comments'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:1]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id', 'workspace_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.comments'::regclass)
) as step (n, command)
 order by step.n
\gexec

----------------------------------------------------------------------------------------------------
-- Index on account_id of public.invoices. tenancy.yaml:72

select step.command
  from (
select 1, 'drop index concurrently public.invoices_tenant_idx'
 where exists (select from pg_index i where i.indexrelid = to_regclass('public.invoices_tenant_idx') and not i.indisvalid)
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.invoices'::regclass)
union all
select 2, 'create index concurrently invoices_tenant_idx on public.invoices (account_id)'
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.invoices'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and not (select c.relkind = 'p' from pg_class c where c.oid = 'public.invoices'::regclass)
union all
select 3, format('do $remark$ begin raise warning using message = %L, hint = ''Build the script with --schema or --db, by which it is made partition by partition, or use "tenancy apply".''; end $remark$', format('%s or its parent is partitioned: its index (account_id) is left out', 'public.invoices'))
 where not exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = 'public.invoices'::regclass and i.indisvalid and i.indpred is null
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:0]))
                       = (select array_agg(c order by c::name) from unnest(array['account_id']) c))
   and (select c.relkind = 'p' from pg_class c where c.oid = 'public.invoices'::regclass)
) as step (n, command)
 order by step.n
\gexec

reset search_path;
reset client_min_messages;

begin;
set local search_path = pg_catalog, pg_temp;
set local client_min_messages = warning;
set local lock_timeout = '5s';

----------------------------------------------------------------------------------------------------
-- What the policy takes for granted about this database.

do $prerequisites$
declare
    problems text;
    remedies text;
begin
    if not exists (select from pg_extension e where e.extname = 'pg_tenancy') then
        raise exception 'extension "pg_tenancy" is not installed in this database'
            using errcode = 'undefined_object',
                  hint = 'create extension pg_tenancy;';
    elsif to_regprocedure('tenancy.table_state(regclass)') is null then
        raise exception 'extension "pg_tenancy" of this database is too old for this policy'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'alter extension pg_tenancy update;';
    end if;
    if not (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user) then
        raise exception 'role "%" is itself subject to row level security', current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Apply the policy as a superuser or as a role with BYPASSRLS: it will own'
                         ' the directory function, which reads before there is an identity.';
    end if;

    with
    named (relation, columns) as (values
        ('public.accounts',          array['id', 'state', 'name']),
        ('public.workspaces',        array['id', 'account_id', 'name']),
        ('public.users',             array['id', 'issuer', 'subject', 'account_id', 'name', 'email']),
        ('public.account_members',   array['user_id', 'account_id', 'role']),
        ('public.workspace_members', array['user_id', 'workspace_id', 'role']),
        ('public.documents',         array['account_id', 'workspace_id', 'owner_id', 'published', 'title', 'body']),
        ('public.comments',          array['account_id', 'workspace_id', 'document_id', 'author_id', 'body']),
        ('public.invoices',          array['account_id', 'state']),
        ('public.countries',         array[]::text[])
    ),
    typed (relation, name, type, required) as (values
        ('public.accounts',          'id',           'uuid', true),
        ('public.workspaces',        'id',           'uuid', false),
        ('public.workspaces',        'account_id',   'uuid', true),
        ('public.users',             'id',           'uuid', false),
        ('public.users',             'issuer',       'text', false),
        ('public.users',             'subject',      'text', false),
        ('public.account_members',   'user_id',      'uuid', false),
        ('public.account_members',   'account_id',   'uuid', false),
        ('public.workspace_members', 'user_id',      'uuid', false),
        ('public.workspace_members', 'workspace_id', 'uuid', false),
        ('public.users',             'account_id',   'uuid', true),
        ('public.documents',         'account_id',   'uuid', true),
        ('public.documents',         'workspace_id', 'uuid', true),
        ('public.comments',          'account_id',   'uuid', true),
        ('public.comments',          'workspace_id', 'uuid', true),
        ('public.invoices',          'account_id',   'uuid', true)
    ),
    linked (relation, columns, parent, parent_columns) as (values
        ('public.comments', array['document_id', 'account_id', 'workspace_id'], 'public.documents', array['id', 'account_id', 'workspace_id'])
    ),
    there as (
        select n.relation, c.oid
          from named n
          join pg_class c on c.oid = to_regclass(n.relation) and c.relkind in ('r', 'p')
    ),
    column_there as (
        select t.relation, a.attname as name, a.atttypid as type, a.attnotnull as required,
               a.attcollation as collation
          from there t
          join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    ),
    problem (what, remedy) as (
        select format('table %s does not exist', n.relation), null
          from named n
         where n.relation not in (select t.relation from there t)
        union all
        select format('table %s has no column %I', n.relation, wanted.name), null
          from named n
          join there t using (relation)
         cross join unnest(n.columns) as wanted (name)
         where not exists (select from column_there c
                            where c.relation = n.relation and c.name = wanted.name)
        union all
        select format('column %I of %s is of type %s, which is not the %s of the policy',
                      t.name, t.relation, format_type(c.type, null), t.type), null
          from typed t
          join column_there c using (relation, name)
         where c.type <> all (case t.type
                                  when 'uuid' then array['uuid'::regtype]
                                  when 'bigint' then array['int8'::regtype, 'int4', 'int2']
                                  else array['text'::regtype, 'varchar']
                              end)
        union all
        select format('column %I of %s has a collation that takes different texts for equal',
                      t.name, t.relation), null
          from typed t
          join column_there c using (relation, name)
          join pg_collation l on l.oid = c.collation
         where not l.collisdeterministic
        union all
        select format('tenant column %I of %s may be null', t.name, t.relation),
               format('alter table %s alter column %I set not null;', t.relation, t.name)
          from typed t
          join column_there c using (relation, name)
         where t.required and not c.required
        union all
        select format('%s lacks the foreign key that keeps its rows with their parents',
                      l.relation),
               format('alter table %s add foreign key (%s) references %s (%s);', l.relation,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.columns) c), l.parent,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.parent_columns) c))
          from linked l
          join there child on child.relation = l.relation
          join there parent on parent.relation = l.parent
         where not exists (
                   select from pg_constraint k
                    where k.contype = 'f' and k.conrelid = child.oid and k.confrelid = parent.oid
                      and (select array_agg(format('%I %I', h.attname, p.attname))
                             from unnest(k.conkey, k.confkey) as pair (here, there)
                             join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                             join pg_attribute p on p.attrelid = k.confrelid
                                                and p.attnum = pair.there)
                          @> (select array_agg(format('%I %I', pair.here, pair.there))
                                from unnest(l.columns, l.parent_columns) as pair (here, there)))
    )
    select string_agg(p.what, e'\n'), string_agg(p.remedy, e'\n')
      into problems, remedies
      from problem p;
    if problems is not null then
        raise exception 'the tables of this database do not fit the policy'
            using errcode = 'invalid_object_definition',
                  detail = problems,
                  hint = coalesce(remedies, 'Change the policy file, or the tables.');
    end if;
end
$prerequisites$;

----------------------------------------------------------------------------------------------------
-- Roles of the API contexts. Grant them to the login roles of your pools.

do $roles$
declare
    wanted text;
    unfit text;
begin
    foreach wanted in array array['saas_app', 'saas_dashboard'] loop
        if not exists (select from pg_roles r where r.rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
        select concat_ws(', ',
                   case when r.rolsuper then 'is superuser' end,
                   case when r.rolbypassrls then 'has BYPASSRLS' end,
                   case when r.rolcanlogin then 'can log in' end,
                   case when exists (select from pg_auth_members m where m.member = r.oid)
                        then 'is a member of other roles' end,
                   case when exists (select from pg_shdepend d
                                      where d.refclassid = 'pg_authid'::regclass
                                        and d.refobjid = r.oid and d.deptype = 'o')
                        then 'owns objects' end)
          into unfit
          from pg_roles r where r.rolname = wanted;
        if unfit <> '' then
            raise exception 'role "%" cannot be a context role: it %', wanted, unfit
                using errcode = 'invalid_role_specification',
                      hint = 'A context role has what the policy grants and nothing else. Take the'
                             ' rest from it, or choose another name for the application.';
        end if;
    end loop;
end
$roles$;

grant usage on schema public to saas_app, saas_dashboard;

insert into tenancy.application as a (name, directory_schema, directory_name)
values ('saas', 'public', 'saas_directory')
on conflict (name) do update
    set directory_schema = excluded.directory_schema,
        directory_name = excluded.directory_name
  where (a.directory_schema, a.directory_name)
        is distinct from (excluded.directory_schema, excluded.directory_name);

----------------------------------------------------------------------------------------------------
-- What is there before the policy, for its removal.

insert into tenancy.managed_table as m
    (application, schema_name, table_name, enforcement, columns, hash, before)
select 'saas', t.schema_name, t.table_name, t.enforcement, t.columns, t.hash,
       tenancy.table_state(format('%I.%I', t.schema_name, t.table_name)::regclass)
  from (values
    ('public', 'accounts',   'enforce', 'strict', 'a0b369d956cfea5292cc5973ff9881e631dfed2befa1278f18544bfba797a0e5'),
    ('public', 'workspaces', 'enforce', 'strict', '0826bcd50a45c7272867d11a6548050c7908e0b98c0b26c5cff3a383559835d3'),
    ('public', 'users',      'enforce', 'strict', '337992a6293323f2c389d366cd5362ae6f57276629d00e917b64a26bdb31c5f8'),
    ('public', 'documents',  'enforce', 'strict', 'ee2a51f5870da45e170fa4203099295fe6879159ecb7fd4465d1bb23fd3223a3'),
    ('public', 'comments',   'enforce', 'strict', 'ce59c1afd4f0d4325bd3c55eeeb6602d2ce4403e4f779259f764c2c3e96f9ce3'),
    ('public', 'invoices',   'enforce', 'strict', '0136a4d52db5ad72a907980393e24f1b3648184ffc2382e29733917d34fc7cf9'),
    ('public', 'countries',  'enforce', 'strict', '578f8c406deb01d7499031734ca41f382d544cdf1d0adb34d4323d88966ea2b1')
  ) as t (schema_name, table_name, enforcement, columns, hash)
on conflict (application, schema_name, table_name) do update
    set enforcement = excluded.enforcement,
        columns = excluded.columns,
        hash = excluded.hash,
        before = m.before || jsonb_build_object('partitions', (excluded.before -> 'partitions')
                                                              || (m.before -> 'partitions'));


----------------------------------------------------------------------------------------------------
-- Take back all that an earlier version of the policy gave.

do $take_back$
declare
    held record;
begin
    for held in
        select p.polname as policy, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ '^saas_((app|dashboard)_(floor|select|insert|update|delete)|report_(open|select|insert|update|delete))$'
           and p.polrelid not in (select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest(array['public.accounts', 'public.workspaces', 'public.users', 'public.documents', 'public.comments', 'public.invoices', 'public.countries']::text[]) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)
    loop
        execute format('drop policy %I on %s', held.policy, held.relation);
    end loop;

    for held in
        select t.tgname as trigger, t.tgrelid::regclass as relation
          from pg_trigger t
         where t.tgname = 'saas_written_columns' and t.tgparentid = 0
           and t.tgfoid = 'tenancy.check_columns()'::regprocedure
           and t.tgrelid not in (select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest(array['public.accounts', 'public.workspaces', 'public.users', 'public.documents', 'public.comments', 'public.invoices', 'public.countries']::text[]) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)
    loop
        execute format('drop trigger %I on %s', held.trigger, held.relation);
    end loop;

    for held in
        select distinct c.oid::regclass as relation
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid and c.relkind in ('r', 'p')
         where r.rolname = any (array['saas_app', 'saas_dashboard'])
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
           and c.oid not in (select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest(array['public.accounts', 'public.workspaces', 'public.users', 'public.documents', 'public.comments', 'public.invoices', 'public.countries']::text[]) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)
    loop
        execute format('revoke all on table %s from saas_app, saas_dashboard', held.relation);
    end loop;
end
$take_back$;

do $restore$
declare
    managed record;
    had record;
begin
    for managed in
        -- A partition that came later had nothing.
        select coalesce(t.relid, r.relation)::regclass as relation,
               case when coalesce(t.relid, r.relation) = r.relation then m.before
                    else m.before -> 'partitions' -> t.relid::regclass::text
               end as before
          from tenancy.managed_table m
         cross join to_regclass(format('%I.%I', m.schema_name, m.table_name)) as r (relation)
          left join pg_partition_tree(r.relation) t on true
          join pg_class c on c.oid = coalesce(t.relid, r.relation) and c.relkind in ('r', 'p')
         where m.application = 'saas'
           and (m.schema_name, m.table_name) not in (('public', 'accounts'), ('public', 'workspaces'), ('public', 'users'), ('public', 'documents'), ('public', 'comments'), ('public', 'invoices'), ('public', 'countries')) and m.enforcement = 'report'
           -- What another application enforces is not ours to open.
           and not exists (select from tenancy.managed_table o
                            where (o.schema_name, o.table_name) = (m.schema_name, m.table_name)
                              and o.application <> m.application and o.enforcement = 'enforce')
    loop
        execute format('alter table %s %s row level security, %s row level security',
                       managed.relation,
                       case when (managed.before -> 'row_security')::boolean
                            then 'enable' else 'disable' end,
                       case when (managed.before -> 'forced')::boolean
                            then 'force' else 'no force' end);
        for had in
            select a.attname as name, managed.before -> 'defaults' ->> a.attname::text as value
              from pg_attrdef d
              join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
             where d.adrelid = managed.relation
               and pg_get_expr(d.adbin, d.adrelid)
                   ~ 'tenancy\.(account|workspace)_(uuid|bigint|key)\(\)'
        loop
            if had.value is null then
                execute format('alter table only %s alter column %I drop default',
                               managed.relation, had.name);
            else
                execute format('alter table only %s alter column %I set default %s',
                               managed.relation, had.name, had.value);
            end if;
        end loop;
        for had in
            select p.privilege, p.column
              from jsonb_to_recordset(managed.before -> 'privileges')
                   as p (grantee text, privilege text, "column" text)
             where p.grantee = 'public'
               and (p.column is null
                    or exists (select from pg_attribute a
                                where a.attrelid = managed.relation and a.attname = p.column
                                  and not a.attisdropped))
        loop
            execute format('grant %s%s on table %s to public', had.privilege,
                           case when had.column is not null then format(' (%I)', had.column) end,
                           managed.relation);
        end loop;
    end loop;
end
$restore$;

delete from tenancy.managed_table m where m.application = 'saas' and (m.schema_name, m.table_name) not in (('public', 'accounts'), ('public', 'workspaces'), ('public', 'users'), ('public', 'documents'), ('public', 'comments'), ('public', 'invoices'), ('public', 'countries')) and m.enforcement = 'report';
update tenancy.managed_table m
   set hash = 'left', state = null
 where m.application = 'saas' and m.hash <> 'left' and (m.schema_name, m.table_name) not in (('public', 'accounts'), ('public', 'workspaces'), ('public', 'users'), ('public', 'documents'), ('public', 'comments'), ('public', 'invoices'), ('public', 'countries'));
delete from tenancy.rule m where m.application = 'saas' and (m.schema_name, m.table_name) not in (('public', 'accounts'), ('public', 'workspaces'), ('public', 'users'), ('public', 'documents'), ('public', 'comments'), ('public', 'invoices'), ('public', 'countries'));

do $take_back$
declare
    held record;
begin
    for held in
        select p.polname as policy, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ '^saas_((app|dashboard)_(floor|select|insert|update|delete)|report_(open|select|insert|update|delete))$'
           and p.polrelid in (select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest(array['public.accounts', 'public.workspaces', 'public.users', 'public.documents', 'public.comments', 'public.invoices', 'public.countries']::text[]) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)
    loop
        execute format('drop policy %I on %s', held.policy, held.relation);
    end loop;

    for held in
        select t.tgname as trigger, t.tgrelid::regclass as relation
          from pg_trigger t
         where t.tgname = 'saas_written_columns' and t.tgparentid = 0
           and t.tgfoid = 'tenancy.check_columns()'::regprocedure
           and t.tgrelid in (select coalesce(t.relid, to_regclass(n.name))::oid
                                from unnest(array['public.accounts', 'public.workspaces', 'public.users', 'public.documents', 'public.comments', 'public.invoices', 'public.countries']::text[]) n (name)
                                left join pg_partition_tree(to_regclass(n.name)) t on true)
    loop
        execute format('drop trigger %I on %s', held.trigger, held.relation);
    end loop;
end
$take_back$;


----------------------------------------------------------------------------------------------------
-- Who belongs to which account and workspace, asked at each login.

-- tenancy.yaml:8, 12, 16, 22, 23
create or replace function public.saas_directory(
    issuer text, subject text, account text, workspace text,
    out account_key text, out workspace_key text, out user_key text,
    out roles text[], out why_not text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planned once for each session, not for each login
as $directory$
#variable_conflict use_column
begin
with
-- Each role, and what it holds: itself and all that it includes.
inclusion (role, holds) as (values
    ('account.owner',    'account.owner'),
    ('account.owner',    'account.admin'),
    ('account.owner',    'workspace.editor'),
    ('account.owner',    'workspace.viewer'),
    ('account.admin',    'account.admin'),
    ('account.admin',    'workspace.editor'),
    ('account.admin',    'workspace.viewer'),
    ('workspace.editor', 'workspace.editor'),
    ('workspace.editor', 'workspace.viewer'),
    ('workspace.viewer', 'workspace.viewer')
),
-- The one active user with this issuer and subject.
person as (
    select (array_agg(u.id))[1] as id
      from public.users u
     where u.issuer = saas_directory.issuer
       and u.subject = saas_directory.subject
    having count(*) = 1
),
-- What he is in active accounts, and in active workspaces of them.
account_role as (
    select a.id as account, stored.role
      from person p
      join public.account_members m on m.user_id = p.id
      join public.accounts a on a.id = m.account_id
      join (values
            ('owner', 'account.owner'),
            ('admin', 'account.admin')
           ) as stored (value, role) on stored.value = m.role::text
     where a.state = 'active'
),
workspace_role as (
    select a.id as account, w.id as workspace, stored.role
      from person p
      join public.workspace_members m on m.user_id = p.id
      join public.workspaces w on w.id = m.workspace_id
      join public.accounts a on a.id = w.account_id
      join (values
            ('editor', 'workspace.editor'),
            ('viewer', 'workspace.viewer')
           ) as stored (value, role) on stored.value = m.role::text
     where a.state = 'active'
),
-- The account: the one asked for, or the only one.
candidate as (
    select a.id as id
      from public.accounts a
     where a.id in (select r.account from account_role r
                    union select r.account from workspace_role r)
       and (saas_directory.account is null or a.id::text = saas_directory.account)
),
chosen_account as (
    select (array_agg(c.id))[1] as id from candidate c having count(*) = 1
),
-- The workspace: the one asked for, or the only one, of those that are open to him: by a role in
-- it, or by a role in the account that holds workspace roles.
open_workspace as (
    select w.id as id
      from public.workspaces w
      join chosen_account c on c.id = w.account_id
     where (w.id in (select r.workspace from workspace_role r)
            or exists (select
                         from account_role r
                         join inclusion i on i.role = r.role
                        where r.account = c.id and starts_with(i.holds, 'workspace.')))
       and (saas_directory.workspace is null or w.id::text = saas_directory.workspace)
),
chosen_workspace as (
    select (array_agg(o.id))[1] as id from open_workspace o having count(*) = 1
),
-- His roles there. Without a workspace, workspace roles do not count.
held as (
    select i.holds collate "C" as role
      from account_role r
      join chosen_account c on c.id = r.account
      join inclusion i on i.role = r.role
     where starts_with(i.holds, 'account.') or exists (select from chosen_workspace)
    union
    select i.holds
      from workspace_role r
      join chosen_workspace c on c.id = r.workspace
      join inclusion i on i.role = r.role
),
verdict as (
    select case
               when not exists (select
                                  from public.users u
                                 where u.issuer = saas_directory.issuer
                                   and u.subject = saas_directory.subject) then 'unknown_subject'
               when not exists (select from person) then 'inactive_user'
               when not exists (select from candidate) then 'not_a_member'
               when not exists (select from chosen_account) then 'ambiguous_account'
               when saas_directory.workspace is not null
                    and not exists (select from chosen_workspace) then 'not_a_member'
           end as why_not
)
select a.id::text,
       w.id::text,
       p.id::text,
       case when v.why_not is null then array(select h.role from held h order by h.role) end,
       v.why_not
  into account_key, workspace_key, user_key, roles, why_not
  from verdict v
  left join chosen_account a on v.why_not is null
  left join chosen_workspace w on v.why_not is null
  left join person p on v.why_not is null;
end
$directory$;

-- Replacing a function keeps its owner, who could change it later, and what others were granted.
alter function public.saas_directory(text, text, text, text) owner to current_user;
do $grants$
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function,
               case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                   as grantee
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.oid = 'public.saas_directory(text, text, text, text)'::regprocedure and a.grantee <> p.proowner
    loop
        execute format('revoke all on function %s from %s cascade', held.function, held.grantee);
    end loop;
end
$grants$;

comment on function public.saas_directory(text, text, text, text) is 'tenancy.yaml:8; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.accounts: the accounts themselves. tenancy.yaml:32

alter table public.accounts enable row level security, force row level security;
revoke all on table public.accounts from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.accounts as restrictive for all to saas_app
    using (id = tenancy.account_uuid())
    with check (id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.accounts as restrictive for all to saas_dashboard
    using (id = tenancy.account_uuid())
    with check (id = tenancy.account_uuid());

create policy saas_app_select on public.accounts for select to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and (
            -- tenancy.yaml:35
            tenancy.has_role('workspace.viewer')
            -- tenancy.yaml:36
            or tenancy.has_role('account.admin')
        )
    );
create policy saas_dashboard_select on public.accounts for select to saas_dashboard
    using (
        tenancy.context_is('saas', 'dashboard')
        and (
            -- tenancy.yaml:35
            tenancy.has_role('workspace.viewer')
            -- tenancy.yaml:36
            or tenancy.has_role('account.admin')
        )
    );
-- tenancy.yaml:37
create policy saas_dashboard_update on public.accounts for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));

grant select (id, name) on table public.accounts to saas_app;  -- tenancy.yaml:35, 36
grant select (id, name) on table public.accounts to saas_dashboard;  -- tenancy.yaml:35, 36
grant update (name) on table public.accounts to saas_dashboard;  -- tenancy.yaml:37

comment on policy saas_app_floor on public.accounts is 'tenancy.yaml:32; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.accounts is 'tenancy.yaml:32; compiled by pg_tenancy';
comment on policy saas_app_select on public.accounts is 'tenancy.yaml:35, 36; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.accounts is 'tenancy.yaml:35, 36; compiled by pg_tenancy';
comment on policy saas_dashboard_update on public.accounts is 'tenancy.yaml:37; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.workspaces: rows of an account. tenancy.yaml:39

alter table public.workspaces enable row level security, force row level security;
revoke all on table public.workspaces from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.workspaces as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.workspaces as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:42
create policy saas_app_select on public.workspaces for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:43
create policy saas_dashboard_select on public.workspaces for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:43
create policy saas_dashboard_update on public.workspaces for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

alter table public.workspaces
    alter column account_id set default tenancy.account_uuid();

grant select (id, name) on table public.workspaces to saas_app;  -- tenancy.yaml:42
grant select on table public.workspaces to saas_dashboard;  -- tenancy.yaml:43
grant update (name) on table public.workspaces to saas_dashboard;  -- tenancy.yaml:43

comment on policy saas_app_floor on public.workspaces is 'tenancy.yaml:39; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.workspaces is 'tenancy.yaml:39; compiled by pg_tenancy';
comment on policy saas_app_select on public.workspaces is 'tenancy.yaml:42; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.workspaces is 'tenancy.yaml:43; compiled by pg_tenancy';
comment on policy saas_dashboard_update on public.workspaces is 'tenancy.yaml:43; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.users: rows of an account. tenancy.yaml:45

alter table public.users enable row level security, force row level security;
revoke all on table public.users from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.users as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.users as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:49
create policy saas_app_select on public.users for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:50
create policy saas_dashboard_select on public.users for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

alter table public.users
    alter column account_id set default tenancy.account_uuid();

grant select (id, name) on table public.users to saas_app;  -- tenancy.yaml:49
grant select (id, name, email) on table public.users to saas_dashboard;  -- tenancy.yaml:50

comment on policy saas_app_floor on public.users is 'tenancy.yaml:45; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.users is 'tenancy.yaml:45; compiled by pg_tenancy';
comment on policy saas_app_select on public.users is 'tenancy.yaml:49; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.users is 'tenancy.yaml:50; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.documents: rows of a workspace. tenancy.yaml:52

alter table public.documents enable row level security, force row level security;
revoke all on table public.documents from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.documents as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());
create policy saas_dashboard_floor on public.documents as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());

create policy saas_app_select on public.documents for select to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and (
            -- tenancy.yaml:56
            (tenancy.has_role('workspace.viewer') and (published or owner_id = tenancy.user_uuid()))
            -- tenancy.yaml:57
            or tenancy.has_role('workspace.editor')
        )
    );
-- tenancy.yaml:58
create policy saas_app_insert on public.documents for insert to saas_app
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:59
create policy saas_app_update on public.documents for update to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    )
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:60
create policy saas_app_delete on public.documents for delete to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.editor') and owner_id = tenancy.user_uuid()
    );
-- tenancy.yaml:61
create policy saas_dashboard_select on public.documents for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:61
create policy saas_dashboard_update on public.documents for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));
-- tenancy.yaml:61
create policy saas_dashboard_delete on public.documents for delete to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.admin'));

alter table public.documents
    alter column account_id   set default tenancy.account_uuid(),
    alter column workspace_id set default tenancy.workspace_uuid();

grant select on table public.documents to saas_app;  -- tenancy.yaml:56, 57
grant insert (account_id, workspace_id, owner_id, title, body, published)
    on table public.documents to saas_app;  -- tenancy.yaml:58
grant update (title, body, published) on table public.documents to saas_app;  -- tenancy.yaml:59
grant delete on table public.documents to saas_app;  -- tenancy.yaml:60
grant select on table public.documents to saas_dashboard;  -- tenancy.yaml:61
grant update (published) on table public.documents to saas_dashboard;  -- tenancy.yaml:61
grant delete on table public.documents to saas_dashboard;  -- tenancy.yaml:61

comment on policy saas_app_floor on public.documents is 'tenancy.yaml:52; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.documents is 'tenancy.yaml:52; compiled by pg_tenancy';
comment on policy saas_app_select on public.documents is 'tenancy.yaml:56, 57; compiled by pg_tenancy';
comment on policy saas_app_insert on public.documents is 'tenancy.yaml:58; compiled by pg_tenancy';
comment on policy saas_app_update on public.documents is 'tenancy.yaml:59; compiled by pg_tenancy';
comment on policy saas_app_delete on public.documents is 'tenancy.yaml:60; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.documents is 'tenancy.yaml:61; compiled by pg_tenancy';
comment on policy saas_dashboard_update on public.documents is 'tenancy.yaml:61; compiled by pg_tenancy';
comment on policy saas_dashboard_delete on public.documents is 'tenancy.yaml:61; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.comments: rows of a workspace, under public.documents. tenancy.yaml:63

alter table public.comments enable row level security, force row level security;
revoke all on table public.comments from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.comments as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());
create policy saas_dashboard_floor on public.comments as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid())
    with check (account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid());

-- tenancy.yaml:67
create policy saas_app_select on public.comments for select to saas_app
    using (tenancy.context_is('saas', 'app') and tenancy.has_role('workspace.viewer'));
-- tenancy.yaml:68
create policy saas_app_insert on public.comments for insert to saas_app
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );
-- tenancy.yaml:69
create policy saas_app_update on public.comments for update to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    )
    with check (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );
-- tenancy.yaml:70
create policy saas_app_delete on public.comments for delete to saas_app
    using (
        tenancy.context_is('saas', 'app')
        and tenancy.has_role('workspace.viewer') and author_id = tenancy.user_uuid()
    );

alter table public.comments
    alter column account_id   set default case when tenancy.has_identity() then tenancy.account_uuid() end,
    alter column workspace_id set default case when tenancy.has_identity() then tenancy.workspace_uuid() end;

grant select on table public.comments to saas_app;  -- tenancy.yaml:67
grant insert (account_id, workspace_id, document_id, author_id, body)
    on table public.comments to saas_app;  -- tenancy.yaml:68
grant update (body) on table public.comments to saas_app;  -- tenancy.yaml:69
grant delete on table public.comments to saas_app;  -- tenancy.yaml:70

comment on policy saas_app_floor on public.comments is 'tenancy.yaml:63; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.comments is 'tenancy.yaml:63; compiled by pg_tenancy';
comment on policy saas_app_select on public.comments is 'tenancy.yaml:67; compiled by pg_tenancy';
comment on policy saas_app_insert on public.comments is 'tenancy.yaml:68; compiled by pg_tenancy';
comment on policy saas_app_update on public.comments is 'tenancy.yaml:69; compiled by pg_tenancy';
comment on policy saas_app_delete on public.comments is 'tenancy.yaml:70; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.invoices: rows of an account. tenancy.yaml:72

alter table public.invoices enable row level security, force row level security;
revoke all on table public.invoices from public, saas_app, saas_dashboard;

create policy saas_app_floor on public.invoices as restrictive for all to saas_app
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());
create policy saas_dashboard_floor on public.invoices as restrictive for all to saas_dashboard
    using (account_id = tenancy.account_uuid())
    with check (account_id = tenancy.account_uuid());

-- tenancy.yaml:75
create policy saas_dashboard_select on public.invoices for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));
-- tenancy.yaml:75
create policy saas_dashboard_update on public.invoices for update to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'))
    with check (tenancy.context_is('saas', 'dashboard') and tenancy.has_role('account.owner'));

alter table public.invoices
    alter column account_id set default tenancy.account_uuid();

grant select on table public.invoices to saas_dashboard;  -- tenancy.yaml:75
grant update (state) on table public.invoices to saas_dashboard;  -- tenancy.yaml:75

comment on policy saas_app_floor on public.invoices is 'tenancy.yaml:72; compiled by pg_tenancy';
comment on policy saas_dashboard_floor on public.invoices is 'tenancy.yaml:72; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.invoices is 'tenancy.yaml:75; compiled by pg_tenancy';
comment on policy saas_dashboard_update on public.invoices is 'tenancy.yaml:75; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- public.countries: the same rows for every tenant. tenancy.yaml:77

alter table public.countries enable row level security, force row level security;
revoke all on table public.countries from public, saas_app, saas_dashboard;

-- tenancy.yaml:81
create policy saas_app_select on public.countries for select to saas_app
    using (tenancy.context_is('saas', 'app'));
-- tenancy.yaml:81
create policy saas_dashboard_select on public.countries for select to saas_dashboard
    using (tenancy.context_is('saas', 'dashboard'));

grant select on table public.countries to saas_app;  -- tenancy.yaml:81
grant select on table public.countries to saas_dashboard;  -- tenancy.yaml:81

comment on policy saas_app_select on public.countries is 'tenancy.yaml:81; compiled by pg_tenancy';
comment on policy saas_dashboard_select on public.countries is 'tenancy.yaml:81; compiled by pg_tenancy';

----------------------------------------------------------------------------------------------------
-- Partitions, where there are any, are closed to whoever names them.

do $partitions$
declare
    part record;
    role text;
begin
    for part in
        select t.relid::regclass as relation, rooted.floor
          from (values
            ('public.accounts',   'id = tenancy.account_uuid()'),
            ('public.workspaces', 'account_id = tenancy.account_uuid()'),
            ('public.users',      'account_id = tenancy.account_uuid()'),
            ('public.documents',  'account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid()'),
            ('public.comments',   'account_id = tenancy.account_uuid() and workspace_id = tenancy.workspace_uuid()'),
            ('public.invoices',   'account_id = tenancy.account_uuid()'),
            ('public.countries',  null)
          ) as rooted (name, floor)
         cross join pg_partition_tree(to_regclass(rooted.name)) t
          join pg_class c on c.oid = t.relid and c.relkind in ('r', 'p')
         where t.level > 0
    loop
        execute format('alter table %s enable row level security, force row level security',
                       part.relation);
        execute format('revoke all on table %s from public, saas_app, saas_dashboard', part.relation);
        continue when part.floor is null;
        foreach role in array array['saas_app', 'saas_dashboard'] loop
            execute format('drop policy if exists %I on %s', role || '_floor', part.relation);
            execute format('create policy %I on %s as restrictive for all to %I'
                           ' using (%s) with check (%4$s)',
                           role || '_floor', part.relation, role, part.floor);
        end loop;
    end loop;
end
$partitions$;

----------------------------------------------------------------------------------------------------
-- Whoever inserts into a serial column draws from its sequence.

do $sequences$
declare
    held record;
    drawn record;
begin
    for held in
        select distinct c.oid::regclass as relation,
               case c.relkind when 'S' then 'sequence' else 'table' end as kind
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid and c.relkind not in ('r', 'p')
         where r.rolname = any (array['saas_app', 'saas_dashboard'])
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
    loop
        execute format('revoke all on %s %s from saas_app, saas_dashboard', held.kind, held.relation);
    end loop;

    for drawn in
        select d.objid::regclass as sequence, inserted.role
          from (values
            ('public.documents', 'saas_app'),
            ('public.comments',  'saas_app')
          ) as inserted (relation, role)
          join pg_depend d on d.refclassid = 'pg_class'::regclass
                          and d.refobjid = to_regclass(inserted.relation)
                          and d.classid = 'pg_class'::regclass
                          and d.deptype = 'a'
          join pg_class c on c.oid = d.objid and c.relkind = 'S'
    loop
        execute format('grant usage on sequence %s to %I', drawn.sequence, drawn.role);
    end loop;
end
$sequences$;

----------------------------------------------------------------------------------------------------
-- Views, functions and sequences that an API context may use.

do $functions$
declare
    held record;
begin
    for held in
        select distinct p.oid::regprocedure as function
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_proc p on p.oid = d.objid
         where r.rolname = any (array['saas_app', 'saas_dashboard'])
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_proc'::regclass
           and d.deptype = 'a'
           and not starts_with(coalesce(obj_description(p.oid, 'pg_proc'), ''), 'Relation of the policy of saas: ')
    loop
        execute format('revoke all on routine %s from saas_app, saas_dashboard', held.function);
    end loop;
end
$functions$;

do $relations$
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function
          from pg_proc p
         where starts_with(obj_description(p.oid, 'pg_proc'), 'Relation of the policy of saas: ')
           and not exists (select from unnest(array[]::text[]) as kept (function)
                            where to_regprocedure(kept.function) = p.oid)
    loop
        execute format('drop function %s', held.function);
    end loop;
end
$relations$;

----------------------------------------------------------------------------------------------------
-- The rules by themselves, and what all tables have become.

delete from tenancy.rule r
 where r.application = 'saas';
insert into tenancy.rule
    (application, schema_name, table_name, api_context, role, verb, columns, hash)
select m.application, m.schema_name, m.table_name, r.api_context, r.role, r.verb, r.columns, m.hash
  from (values
    ('public', 'accounts',   'app',       'workspace.viewer', 'read',   array['id', 'name']),
    ('public', 'accounts',   'dashboard', 'workspace.viewer', 'read',   array['id', 'name']),
    ('public', 'accounts',   'app',       'account.admin',    'read',   array['id', 'name']),
    ('public', 'accounts',   'dashboard', 'account.admin',    'read',   array['id', 'name']),
    ('public', 'accounts',   'dashboard', 'account.owner',    'update', array['name']),
    ('public', 'workspaces', 'app',       'workspace.viewer', 'read',   array['id', 'name']),
    ('public', 'workspaces', 'dashboard', 'account.admin',    'read',   null::text[]),
    ('public', 'workspaces', 'dashboard', 'account.admin',    'update', array['name']),
    ('public', 'users',      'app',       'workspace.viewer', 'read',   array['id', 'name']),
    ('public', 'users',      'dashboard', 'account.admin',    'read',   array['id', 'name', 'email']),
    ('public', 'documents',  'app',       'workspace.viewer', 'read',   null::text[]),
    ('public', 'documents',  'app',       'workspace.editor', 'read',   null::text[]),
    ('public', 'documents',  'app',       'workspace.editor', 'insert', array['account_id', 'workspace_id', 'owner_id', 'title', 'body', 'published']),
    ('public', 'documents',  'app',       'workspace.editor', 'update', array['title', 'body', 'published']),
    ('public', 'documents',  'app',       'workspace.editor', 'delete', null::text[]),
    ('public', 'documents',  'dashboard', 'account.admin',    'read',   null::text[]),
    ('public', 'documents',  'dashboard', 'account.admin',    'update', array['published']),
    ('public', 'documents',  'dashboard', 'account.admin',    'delete', null::text[]),
    ('public', 'comments',   'app',       'workspace.viewer', 'read',   null::text[]),
    ('public', 'comments',   'app',       'workspace.viewer', 'insert', array['account_id', 'workspace_id', 'document_id', 'author_id', 'body']),
    ('public', 'comments',   'app',       'workspace.viewer', 'update', array['body']),
    ('public', 'comments',   'app',       'workspace.viewer', 'delete', null::text[]),
    ('public', 'invoices',   'dashboard', 'account.owner',    'read',   null::text[]),
    ('public', 'invoices',   'dashboard', 'account.owner',    'update', array['state']),
    ('public', 'countries',  'app',       null,               'read',   null::text[]),
    ('public', 'countries',  'dashboard', null,               'read',   null::text[])
  ) as r (schema_name, table_name, api_context, role, verb, columns)
  join tenancy.managed_table m on m.application = 'saas'
                              and m.schema_name = r.schema_name and m.table_name = r.table_name;

update tenancy.managed_table m
   set state = tenancy.table_state(to_regclass(format('%I.%I', m.schema_name, m.table_name)))
 where m.application = 'saas' and m.hash <> 'left';

----------------------------------------------------------------------------------------------------
-- What was applied. The hash is the SHA-256 of the policy file.

insert into tenancy.policy (application, hash, language_version, compiler_version, source)
select applied.*
  from (values (
    'saas',
    '3a81bc7c3a152121cb9383194a93e62d0ce3406bf6c22bb31660cdce619672c9',
    1,
    '0.3',
    $policy$# Who may do what in the document service of schema.sql.
# What is not listed here is refused: a table, a column, a verb, a role, an API context.
tenancy: 1
application: saas

hierarchy:
  account:
    table: accounts
    key: id
    active: "state = 'active'"          # a suspended account cannot be logged in to
  workspace:
    table: workspaces
    key: id
    account: account_id
  user:
    table: users
    key: id
    subject: subject
    issuer: issuer

membership:
  account:   { table: account_members,   user: user_id, of: account_id,   role: role }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }

roles:
  account.owner:    { includes: [account.admin] }
  account.admin:    { includes: [workspace.editor] }      # in every workspace of the account
  workspace.editor: { includes: [workspace.viewer] }
  workspace.viewer: {}

tables:
  accounts:
    scope: account                      # its rows are the accounts: one sees one's own
    rules:
      - { role: workspace.viewer, context: [app, dashboard], read: [id, name] }
      - { role: account.admin,    context: [app, dashboard], read: [id, name] }
      - { role: account.owner,    context: [dashboard], update: [name] }

  workspaces:
    scope: account
    rules:
      - { role: workspace.viewer, context: [app], read: [id, name] }
      - { role: account.admin,    context: [dashboard], read: all, update: [name] }

  users:
    scope: account
    hidden: [issuer, subject]
    rules:
      - { role: workspace.viewer, context: [app], read: [id, name] }
      - { role: account.admin,    context: [dashboard], read: [id, name, email] }

  documents:
    scope: workspace
    immutable: [owner_id]
    rules:
      - { role: workspace.viewer, context: [app], read: all, rows: "published or owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], read: all }
      - { role: workspace.editor, context: [app], insert: [owner_id, title, body, published], rows: "owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], update: [title, body, published], rows: "owner_id = session.user_id" }
      - { role: workspace.editor, context: [app], delete: rows, rows: "owner_id = session.user_id" }
      - { role: account.admin,    context: [dashboard], read: all, update: [published], delete: rows }

  comments:
    scope: { parent: documents, on: document_id }
    immutable: [document_id, author_id]
    rules:
      - { role: workspace.viewer, context: [app], read: all }
      - { role: workspace.viewer, context: [app], insert: [document_id, author_id, body], rows: "author_id = session.user_id" }
      - { role: workspace.viewer, context: [app], update: [body], rows: "author_id = session.user_id" }
      - { role: workspace.viewer, context: [app], delete: rows, rows: "author_id = session.user_id" }

  invoices:
    scope: account
    rules:
      - { role: account.owner, context: [dashboard], read: all, update: [state] }

  countries:
    scope: global                       # the same rows for every tenant
    key: code
    rules:
      - { context: [app, dashboard], read: all }
$policy$
  )) as applied (application, hash, language_version, compiler_version, source)
 where not exists (
           select from (select p.hash, p.compiler_version
                          from tenancy.policy p
                         where p.application = 'saas'
                         order by p.id desc
                         limit 1) as newest
            where newest.hash = applied.hash
              and newest.compiler_version = applied.compiler_version);

update tenancy.policy p
   set state = jsonb_build_object('compiled', 'cc0217ada640234b73eb0863b74d6cbc433e9f7fe7c3aaea9a00e3f3232bdcee', 'left', tenancy.application_state('saas'))
 where p.id = (select max(n.id) from tenancy.policy n where n.application = 'saas');

commit;
