-- What the developers changed in the help desk themselves before its tables were adopted.

-- A view reads with the rights of its owner, past the policies or, once they are forced, past all rows; with
-- security_invoker it reads with those of whoever asks.
alter view open_tickets set (security_invoker = on);
alter view agent_workload set (security_invoker = on);

-- A table made from now on, a copy of customers say, is not open to all tenants before anybody has thought of it.
alter default privileges for role helpdesk_owner in schema public revoke all on tables from helpdesk_rails;
alter default privileges for role helpdesk_owner in schema public revoke all on sequences from helpdesk_rails;
