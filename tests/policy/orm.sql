-- What ActiveRecord sends with partial writes off: statements that name every column of a row, changed or not, with
-- literals; the columns of `ignored` are those that the application no longer knows (self.ignored_columns).

create schema orm;

-- The columns that the application knows of a table, with a literal for each: what the row has, or the default.
create function orm.literals(relation regclass, row_key bigint, ignored text[], changes jsonb, out names text[], out literals text[])
language plpgsql as $$
declare
    c record;
    value text;
begin
    names := '{}';
    literals := '{}';
    for c in
        select a.attname, pg_get_expr(d.adbin, d.adrelid) as preset
          from pg_attribute a
          left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
         where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attname <> 'id' and a.attname <> all (ignored)
         order by a.attnum
    loop
        if changes ? c.attname then
            value := changes ->> c.attname;
        elsif row_key is not null then
            execute format('select %I::text from %s where id = %s', c.attname, relation, row_key) into value;
        elsif c.preset is null then
            value := null;
        elsif c.preset ~ '^''|^[0-9]|^true|^false' then
            execute format('select (%s)::text', c.preset) into value;
        else
            continue;  -- a function's result, which the database fills in
        end if;
        names := names || quote_ident(c.attname);
        literals := literals || quote_nullable(value);
    end loop;
end
$$;

create function orm.update(relation regclass, row_key bigint, ignored text[], changes jsonb) returns text
language sql as $$
    select format('update %s set %s where id = %s', relation,
                  (select string_agg(format('%s = %s', pair.name, pair.literal), ', ') from unnest(l.names, l.literals) as pair (name, literal)), row_key)
      from orm.literals(relation, row_key, ignored, changes) l
$$;

create function orm.insert(relation regclass, ignored text[], changes jsonb) returns text
language sql as $$
    select format('insert into %s (%s) values (%s)', relation, array_to_string(l.names, ', '), array_to_string(l.literals, ', '))
      from orm.literals(relation, null, ignored, changes) l
$$;
