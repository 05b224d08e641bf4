-- What the developers changed in the help desk themselves before its tables were adopted.

begin;
set local role helpdesk_owner;

-- A view reads with the rights of its owner, past the policies or, once they are forced, past all rows; with
-- security_invoker it reads with those of whoever asks.
alter view open_tickets set (security_invoker = on);
alter view agent_workload set (security_invoker = on);

-- A table made from now on, a copy of customers say, is not open to all tenants before anybody has thought of it.
alter default privileges for role helpdesk_owner in schema public revoke all on tables from helpdesk_rails;
alter default privileges for role helpdesk_owner in schema public revoke all on sequences from helpdesk_rails;

-- `select *` reads every column, and an agent may not read internal_priority: what the function gives is listed. The
-- models of Rails do the same with self.ignored_columns.
drop function search_tickets(text, integer);
create function search_tickets(words text, at_most integer) returns table (id bigint, number bigint, subject varchar, status ticket_status)
language sql stable as $$
    select t.id, t.number, t.subject, t.status
      from tickets t
     where t.subject ilike '%' || words || '%' and t.deleted_at is null
     order by t.id
     limit at_most
$$;

commit;
