-- Views and functions of the application, written as one writes them without a thought of whose rights count.

create view open_tickets as
select t.id, t.company_id, t.workspace_id, t.number, t.subject, t.status, t.assignee_id, c.name as customer
  from tickets t
  join customers c on c.id = t.customer_id
 where t.status in ('open', 'pending') and t.deleted_at is null;

create view agent_workload as
select t.workspace_id, t.assignee_id, count(*) as tickets,
       coalesce(sum(e.minutes), 0) as minutes
  from tickets t
  left join (select ticket_id, sum(minutes) as minutes from time_entries group by ticket_id) e on e.ticket_id = t.id
 where t.deleted_at is null
 group by t.workspace_id, t.assignee_id;

create function search_tickets(words text, at_most integer) returns setof tickets
language sql stable as $$
    select * from tickets t
     where t.subject ilike '%' || words || '%' and t.deleted_at is null
     order by t.id
     limit at_most
$$;

-- Moves what is the second customer's to the first.
create function merge_customers(kept bigint, gone bigint) returns bigint
language plpgsql as $$
declare
    moved bigint;
begin
    update tickets set customer_id = kept where customer_id = gone;
    get diagnostics moved = row_count;
    update customer_notes set customer_id = kept where customer_id = gone;
    update customers set deleted_at = now() where id = gone;
    return moved;
end
$$;

-- The history of a ticket writes itself.
create function note_ticket_status() returns trigger
language plpgsql as $$
begin
    insert into ticket_events (ticket_id, kind, data)
    values (new.id, 'status', jsonb_build_object('from', old.status, 'to', new.status));
    return null;
end
$$;
create trigger note_status after update on tickets
for each row when (old.status is distinct from new.status) execute function note_ticket_status();
