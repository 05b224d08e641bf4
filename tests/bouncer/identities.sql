-- More documents for the sample application, and whom the clients of the bouncer act as: subject, API
-- context, account, workspace, and the documents that he must see there, all of them and no other.
-- What one must see is written out here from the tables, past all policies.
insert into documents (account_id, workspace_id, owner_id, title, published)
select w.account_id, w.id,
       (array(select m.user_id from workspace_members m where m.workspace_id = w.id order by 1))
         [1 + n % (select count(*)::integer from workspace_members m where m.workspace_id = w.id)],
       format('%s, %s: document %s', a.name, w.name, n), n % 2 = 0
  from workspaces w
  join accounts a on a.id = w.account_id
 cross join generate_series(1, 40) n;

create view identity_of_test as
with actor (subject, client, workspace, sees_drafts) as (values
  ('eve',    'web-app',       'production', true),
  ('victor', 'web-app',       'production', false),
  ('sam',    'web-app',       'production', false),
  ('sam',    'web-app',       'staging',    true),
  ('adam',   'web-dashboard', 'staging',    true),
  ('ann',    'web-dashboard', 'production', true),
  ('gwen',   'web-app',       'production', true),
  ('guy',    'web-app',       'production', false),
  ('greg',   'web-app',       'production', false),
  ('greg',   'web-app',       'staging',    true),
  ('gus',    'web-dashboard', 'staging',    true),
  ('gina',   'web-dashboard', 'production', true))
select actor.subject, actor.client, w.account_id, w.id as workspace_id,
       string_agg(d.id::text, ',' order by d.id) as documents
  from actor
  join users u using (subject)
  join workspaces w on w.account_id = u.account_id and w.name = actor.workspace
  join documents d on d.workspace_id = w.id and (actor.sees_drafts or d.published or d.owner_id = u.id)
 group by 1, 2, 3, 4;
