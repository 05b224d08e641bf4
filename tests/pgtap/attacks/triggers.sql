-- Triggers, event triggers, rules and policies: the pool makes none, and those that are there run as it.
\ir ../../support/attackers.sql
create function tell_all() returns trigger language plpgsql as $$
begin
  raise exception '%', (select array_agg(distinct account_id) from documents);
end
$$;
create trigger tell_all after update of body on documents for each statement when (current_setting('attack.tell', true) = 'on') execute function tell_all();

begin;
select plan(11);

select refused(statement,
         attempt('saas_pool', :'eve', statement), format('42501: %s is not allowed to pool role "saas_pool"', tag),
         attempt('postgres', null, statement), tag)
  from (values
    ('create trigger t before insert on documents execute function tell_all()', 'CREATE TRIGGER'),
    ('alter table documents disable trigger all', 'ALTER TABLE'),
    ('alter table documents disable row level security', 'ALTER TABLE'),
    ('create rule r as on insert to documents do also select 1', 'CREATE RULE'),
    ('create policy p on documents using (true)', 'CREATE POLICY'),
    ('drop trigger tell_all on documents', 'DROP TRIGGER'),
    ('create view v as select * from documents', 'CREATE VIEW')
  ) as definition (statement, tag);
select refused('create event trigger',
         attempt('saas_pool', :'eve', 'create event trigger e on ddl_command_start execute function tell_all()'), '42501: CREATE EVENT TRIGGER is not allowed to pool role "saas_pool"',
         attempt('postgres', null, 'create event trigger e on ddl_command_start execute function tell_all()'), '42P17: function tell_all must return type event_trigger');
select refused('session_replication_role, to skip triggers',
         attempt('saas_pool', :'eve', 'set local session_replication_role = replica'), '42501: permission denied to set parameter "session_replication_role"',
         attempt('postgres', null, 'set local session_replication_role = replica'), 'SET');
select refused('a trigger that reads all documents, as the one who fires it',
         attempt('saas_pool', :'eve', 'set local attack.tell = on', 'update documents set body = ''x'' where false'), format('P0001: {%s}', :'acme'),
         attempt('saas_pool', :'gwen', 'set local attack.tell = on', 'update documents set body = ''x'' where false'), format('P0001: {%s}', :'globex'));
select refused('a trigger function, called',
         attempt('saas_pool', :'eve', 'select tell_all()'), '0A000: trigger functions can only be called as triggers',
         attempt('saas_pool', :'eve', 'update documents set body = ''x'' where false'), 'UPDATE 0');

select * from finish();
rollback;
drop trigger tell_all on documents;
drop function tell_all();
