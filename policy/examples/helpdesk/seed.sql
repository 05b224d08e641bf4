-- Two companies of the same shape and of different size, with rows in every table.
--
--   Initech (1), workspaces 11 Support and 12 Sales       Hooli (2), workspaces 21 Support and 22 Sales
--   101 olivia  owner                                     201 oscar  owner
--   102 arthur  admin                                     202 amy    admin
--   103 bea     billing                                   203 bob    billing
--   104 lena    lead in Support                           204 leo    lead in Support
--   105 alex    agent in Support                          205 ada    agent in Support
--   106 gary    guest in Support                          206 gil    guest in Support
--   107 nina    agent in Sales, guest in Support          207 nora   agent in Sales, guest in Support
--   108 dora    agent in Support, account deleted         208 dean   invited as agent to Support, has not accepted
--                                900 carla agent in Support of both
--
-- A key says whose row it is: below a workspace it begins with the workspace's two digits (11007 is row 7
-- of workspace 11), else with the company's one (1007 is row 7 of company 1).

\set ON_ERROR_STOP 1
begin;

create temp table firm on commit drop as
select * from (values (1, 9), (2, 5)) as firm (id, size);
create temp table space on commit drop as
select * from (values (11, 1, 20), (12, 1, 8), (21, 2, 14), (22, 2, 6)) as space (id, firm, size);
-- The rows of a workspace, and of a company, by number.
create temp view space_row as
select s.firm as company_id, s.id as workspace_id, n, s.id * 1000 + n as id from space s, generate_series(1, s.size) n;
create temp view firm_row as
select f.id as company_id, n, f.id * 1000 + n as id from firm f, generate_series(1, f.size) n;

insert into plans (id, code, name, monthly_cents, limits) values
    (1, 'starter', 'Starter', 1900, '{"agents": 3}'), (2, 'growth', 'Growth', 9900, '{"agents": 25}');
insert into companies (id, external_id, name, subdomain, plan_id, settings) values
    (1, 'initech', 'Initech', 'help-initech', 2, '{"tone": "formal"}'),
    (2, 'hooli', 'Hooli', 'support-hooli', 1, '{"tone": "casual"}');
insert into workspaces (id, company_id, name)
select s.id, s.firm, case s.id % 10 when 1 then 'Support' else 'Sales' end from space s;

insert into users (id, auth_issuer, auth_subject, email, name, encrypted_password, deleted_at)
select id, 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', lower(name),
       lower(name) || case id / 100 when 1 then '@initech.example' when 2 then '@hooli.example' else '@consult.example' end,
       name, md5('password of ' || name), case name when 'Dora' then timestamp '2026-02-01' end
  from (values (101, 'Olivia'), (102, 'Arthur'), (103, 'Bea'), (104, 'Lena'), (105, 'Alex'), (106, 'Gary'), (107, 'Nina'), (108, 'Dora'),
               (201, 'Oscar'), (202, 'Amy'), (203, 'Bob'), (204, 'Leo'), (205, 'Ada'), (206, 'Gil'), (207, 'Nora'), (208, 'Dean'),
               (900, 'Carla')) as person (id, name);
insert into company_users (id, company_id, user_id, role)
select firm.id * 1000 + u.id % 1000, firm.id, u.id, case u.id % 100 when 1 then 2 when 2 then 1 when 3 then 0 end
  from firm
  join users u on u.id / 100 = firm.id or u.id = 900
 order by 1;
-- carla's number ends in 00: she has no role in a company.
insert into workspace_users (id, workspace_id, user_id, role, accepted_at)
select workspace_id * 1000 + user_id, workspace_id, user_id, role, case user_id when 208 then null else timestamp '2026-01-05' end
  from (values (11, 104, 2), (11, 105, 1), (11, 106, 0), (12, 107, 1), (11, 107, 0), (11, 108, 1), (11, 900, 1),
               (21, 204, 2), (21, 205, 1), (21, 206, 0), (22, 207, 1), (21, 207, 0), (21, 208, 1), (21, 900, 1)) as member (workspace_id, user_id, role);
insert into invitations (id, company_id, email, role, token_digest, invited_by_id)
select id, company_id, format('guest%s@example.com', id), n % 2, md5('invitation ' || id), company_id * 100 + 1 from firm_row;
insert into teams (id, company_id, workspace_id, name) overriding system value
select id, company_id, workspace_id, 'Team ' || n from space_row where n <= 2;
insert into team_members (id, team_id, user_id)
select t.id * 10 + m.n, t.id, m.user_id
  from teams t
  join (select workspace_id, user_id, row_number() over (partition by workspace_id order by user_id) as n from workspace_users) m
       using (workspace_id);
insert into api_keys (id, company_id, name, token_digest, scopes)
select id, company_id, 'key ' || n, md5('api key ' || id), '{read}' from firm_row where n <= 3;
insert into company_settings (company_id, business_hours)
select id, jsonb_build_object('from', 8 + id) from firm;
insert into feature_flags (id, name, enabled_for) values (1, 'new_editor', '[1]'), (2, 'ai_replies', '[]');

insert into organizations (id, company_id, name, domain)
select id, company_id, 'Organization ' || id, format('org%s.example', id) from firm_row;
insert into customers (id, company_id, workspace_id, organization_id, name, email, vip, tax_number, properties, deleted_at)
select id, company_id, workspace_id, company_id * 1000 + 1 + n % 5, 'Customer ' || id, format('customer%s@example.com', id), n % 7 = 0,
       'TAX' || id, jsonb_build_object('source', case n % 2 when 0 then 'web' else 'phone' end), case n when 5 then timestamp '2026-03-01' end
  from space_row;
insert into customer_emails (id, customer_id, email)
select id, id, format('second%s@example.com', id) from space_row where n % 2 = 0;
insert into customer_notes (id, customer_id, author_id, body)
select id, id, company_id * 100 + 5, 'Note on customer ' || id from space_row where n % 3 = 0;
insert into contact_lists (id, company_id, workspace_id, name)
select id, company_id, workspace_id, 'List ' || n from space_row where n <= 2;
insert into contact_list_entries (contact_list_id, customer_id)
select workspace_id * 1000 + 1 + n % 2, id from space_row where n <= 6;
insert into segments (id, company_id, workspace_id, name, filter)
select id, company_id, workspace_id, 'Segment ' || n, '{"vip": true}' from space_row where n <= 3;
insert into custom_fields (id, company_id, name, kind, choices)
select id, company_id, 'Field ' || n, case n % 2 when 0 then 'text' else 'choice' end::custom_field_kind, '{a,b}' from firm_row where n <= 4;
insert into custom_field_values (id, custom_field_id, owner_type, owner_id, value)
select id, company_id * 1000 + 1 + n % 4, case n % 2 when 0 then 'Ticket' else 'Customer' end, id, to_jsonb('value ' || id) from space_row;
insert into privacy_requests (id, company_id, kind, email)
select id, company_id, case n % 2 when 0 then 'access' else 'erasure' end, format('customer%s@example.com', id) from firm_row;

insert into queues (id, company_id, workspace_id, name, position)
select id, company_id, workspace_id, (array['Incoming', 'Escalated', 'Waiting'])[n], n from space_row where n <= 3;
insert into tickets (id, company_id, workspace_id, number, customer_id, queue_id, assignee_id, subject, body, status, public, internal_priority, metadata, deleted_at)
select id, company_id, workspace_id, row_number() over (order by n, workspace_id), id, workspace_id * 1000 + 1 + n % 3,
       case n % 4 when 0 then company_id * 100 + 5 end, case n % 2 when 0 then 'Printer on fire ' else 'Invoice is wrong ' end || id, 'Body of ' || id,
       (array['open', 'pending', 'solved', 'closed'])[1 + n % 4]::ticket_status, n % 5 = 0, n % 3, jsonb_build_object('row', n),
       case n when 6 then timestamp '2026-03-01' end
  from space_row;
insert into ticket_comments (id, ticket_id, author_id, body, internal, deleted_at)
select id * 10 + k, id, company_id * 100 + 4 + k, format('Comment %s on %s', k, id), k = 2, case when n = 4 and k = 1 then timestamp '2026-03-02' end
  from space_row, generate_series(1, 2) k;
insert into comment_attachments (id, ticket_comment_id, filename, byte_size, storage_key)
select id * 10 + 1, id * 10 + 1, 'screen.png', 1000 + n, format('blobs/%s', md5(id::text)) from space_row where n % 2 = 0;
-- What guests are shown beside public tickets.
insert into ticket_shares (id, ticket_id, user_id)
select id, id, company_id * 100 + case n when 3 then 7 else 6 end from space_row where n <= 3;
insert into ticket_events (id, ticket_id, kind, data)
select id, id, 'created', jsonb_build_object('by', 'web') from space_row;
insert into ticket_followers (ticket_id, user_id)
select id, company_id * 100 + 4 + n % 3 from space_row;
insert into ticket_links (id, ticket_id, linked_id)
select id, id, id - 1 from space_row where n % 4 = 0;
insert into tags (id, company_id, workspace_id, name, color)
select id, company_id, workspace_id, (array['billing', 'hardware', 'urgent', 'vip'])[n], '#' || n || '00000' from space_row where n <= 4;
insert into ticket_tags (ticket_id, tag_id)
select id, workspace_id * 1000 + 1 + n % 4 from space_row;
insert into satisfaction_ratings (id, ticket_id, score, comment)
select id, id, 1 + n % 5, 'Rated ' || id from space_row where n % 3 = 0;
insert into time_entries (id, ticket_id, user_id, minutes)
select id, id, company_id * 100 + 5, 5 * n from space_row;
insert into sla_policies (id, company_id, workspace_id, name, reply_minutes)
select id, company_id, workspace_id, 'SLA ' || n, 60 * n from space_row where n <= 2;
insert into sla_breaches (id, ticket_id, sla_policy_id)
select id, id, workspace_id * 1000 + 1 + n % 2 from space_row where n % 5 = 0;
insert into saved_filters (id, company_id, workspace_id, user_id, name, shared, filter)
select id, company_id, workspace_id, company_id * 100 + 4 + n, 'Filter ' || id, n = 1, '{"status": "open"}' from space_row where n <= 3;
insert into macros (id, company_id, workspace_id, name)
select id, company_id, workspace_id, 'Macro ' || n from space_row where n <= 3;
insert into macro_actions (id, macro_id, position, action, arguments)
select id * 10 + k, id, k, 'reply', jsonb_build_object('text', 'Hello ' || k) from space_row, generate_series(1, 2) k where n <= 3;
insert into automations (id, company_id, workspace_id, name, definition)
select id, company_id, workspace_id, 'Automation ' || n, '{"when": "created"}' from space_row where n <= 2;
insert into automation_runs (id, automation_id, ticket_id, outcome) overriding system value
select id, workspace_id * 1000 + 1 + n % 2, id, 'done' from space_row where n <= 5;

insert into channels (id, company_id, workspace_id, kind, name, settings)
select id, company_id, workspace_id, (array['email', 'chat', 'phone'])[n]::channel_kind, 'Channel ' || n, '{"greeting": "Hi"}' from space_row where n <= 3;
insert into channel_credentials (id, channel_id, username, secret)
select id, id, 'imap', md5('secret ' || id) from space_row where n <= 3;
insert into inbound_messages (id, tenant_id, space_id, ticket_id, sender, subject, raw)
select id, company_id, workspace_id, id, format('customer%s@example.com', id), 'Subject ' || id, 'Raw ' || id from space_row;
insert into outbound_messages (id, tenant_id, space_id, ticket_id, recipient, body, state)
select id, company_id, workspace_id, id, format('customer%s@example.com', id), 'Answer ' || id, case n % 2 when 0 then 'sent' else 'queued' end from space_row;
insert into message_attachments (id, inbound_message_id, filename, storage_key)
select id, id, 'log.txt', md5('attachment ' || id) from space_row where n % 4 = 0;
insert into call_recordings (id, org_id, call_sid, seconds, transcript)
select id, company_id, md5('call ' || id), 30 * n, 'Transcript ' || id from firm_row;
insert into chat_sessions (id, company_id, workspace_id, visitor, agent_id)
select id, company_id, workspace_id, 'visitor ' || n, company_id * 100 + 5 from space_row where n <= 4;
insert into chat_messages (id, chat_session_id, from_agent, body)
select id * 10 + k, id, k = 2, format('Line %s of %s', k, id) from space_row, generate_series(1, 3) k where n <= 4;
insert into webhooks (id, company_id, url, signing_secret, events)
select id, company_id, format('https://hooks.example/%s', id), md5('signing ' || id), '{ticket.created}' from firm_row where n <= 2;
insert into webhook_deliveries (id, webhook_id, event, payload, response)
select id * 10 + k, id, 'ticket.created', jsonb_build_object('k', k), 200 from firm_row, generate_series(1, 4) k where n <= 2;

insert into kb_categories (id, company_id, workspace_id, parent_id, name)
select id, company_id, workspace_id, case n when 2 then id - 1 end, 'Category ' || n from space_row where n <= 2;
insert into kb_articles (id, kb_category_id, author_id, slug, title, body, published_at)
select id, workspace_id * 1000 + 1 + n % 2, company_id * 100 + 4, 'article-' || n, 'Article ' || id, 'Body', case n % 2 when 0 then timestamp '2026-04-01' end
  from space_row where n <= 6;
insert into kb_article_versions (id, kb_article_id, editor_id, body)
select id * 10 + k, id, company_id * 100 + 4, 'Version ' || k from space_row, generate_series(1, 2) k where n <= 6;

insert into subscriptions (id, company_id, plan_id, seats, processor_id, current_period_end)
select id * 1000 + 1, id, 1, size, md5('subscription ' || id), date '2026-12-31' from firm;
insert into invoices (id, company_id, number, total_cents, state, issued_on)
select id, company_id, nextval('invoice_number_seq'), 1000 * n, case n % 2 when 0 then 'paid' else 'open' end, date '2026-01-01' + n * 30 from firm_row order by n, company_id;
insert into invoice_lines (id, invoice_id, description, amount_cents)
select id * 10 + k, id, 'Line ' || k, 500 * n from firm_row, generate_series(1, 2) k;

insert into audit_logs (id, company_id, user_id, action)
select id, company_id, company_id * 100 + 1, 'login' from firm_row;
insert into jobs (id, queue, handler)
select n, 'mailers', jsonb_build_object('ticket', 11000 + n) from generate_series(1, 3) n;
insert into schema_migrations select '2026' || lpad(n::text, 10, '0') from generate_series(1, 7) n;

-- Sequences go on behind the highest key.
do $$
declare
    c record;
begin
    for c in
        select a.attrelid::regclass as relation, a.attname as name, pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) as sequence
          from pg_attribute a
          join pg_class r on r.oid = a.attrelid and r.relkind = 'r' and r.relnamespace = 'public'::regnamespace
         where a.attnum > 0 and not a.attisdropped and a.atttypid in ('int4'::regtype, 'int8'::regtype)
           and pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) is not null
    loop
        execute format('select setval(%L, greatest(9000000, max(%I))) from %s', c.sequence, c.name, c.relation);
    end loop;
end
$$;

drop view space_row, firm_row;
commit;
