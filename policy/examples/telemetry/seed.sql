-- Two organizations of the same shape and of different size.
--
--   alpine-power (a...), projects North (a1...01) and South       bay-water (b...), projects North and South
--   anna   owner                                                  bruno  owner
--   abel   manager                                                beth   manager
--   olga   operator in North                                      otto   operator in North
--   ines   analyst in North                                       ivan   analyst in North
--   carlo  contractor in North, shown devices 1 and 2             cleo   contractor in North, shown devices 1 and 2
--   gate-a gateway in North                                       gate-b gateway in North
--   sami   analyst in North and operator in South                 sven   analyst in North and operator in South
--
-- A key says whose row it is, and of what: a1 projects, a2 people, a3 sites, a4 devices, a5 alert rules,
-- a6 alerts; the third digit is the project's number (a4100001 is device 1 of alpine-power's North).

\set ON_ERROR_STOP 1
begin;

create temp table project_size (letter, organization_id, project, devices, days) on commit drop as
values ('a', 'alpine-power', 1, 8, 75), ('a', 'alpine-power', 2, 3, 20), ('b', 'bay-water', 1, 5, 75), ('b', 'bay-water', 2, 2, 30);
-- The key of row n of a kind in a project (0: of the organization).
create function pg_temp.key(letter text, kind integer, project integer, n integer) returns uuid
language sql immutable as $$ select format('%s%s%s%s-0000-4000-8000-000000000000', letter, kind, project, lpad(n::text, 5, '0'))::uuid $$;

insert into organizations (id, name) values ('alpine-power', 'Alpine Power'), ('bay-water', 'Bay Water');
insert into contracts values ('alpine-power', 20, 90000), ('bay-water', 10, 50000);
insert into projects (id, organization_id, name)
select pg_temp.key(letter, 1, 0, project), organization_id, case project when 1 then 'North' else 'South' end from project_size;
insert into people (id, organization_id, issuer, subject, name, email)
select pg_temp.key(letter, 2, 0, n), case letter when 'a' then 'alpine-power' else 'bay-water' end,
       'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Demo', subject, initcap(subject),
       subject || case letter when 'a' then '@alpine.example' else '@bay.example' end
  from (values ('a', 1, 'anna'), ('a', 2, 'abel'), ('a', 3, 'olga'), ('a', 4, 'ines'), ('a', 5, 'carlo'), ('a', 6, 'gate-a'), ('a', 7, 'sami'),
               ('b', 1, 'bruno'), ('b', 2, 'beth'), ('b', 3, 'otto'), ('b', 4, 'ivan'), ('b', 5, 'cleo'), ('b', 6, 'gate-b'), ('b', 7, 'sven')) as person (letter, n, subject);
insert into organization_people (organization_id, person_id, role)
select p.organization_id, p.id, r.role
  from (values (1, 'owner'), (2, 'manager')) as r (n, role)
 cross join (values ('a'), ('b')) as l (letter)
  join people p on p.id = pg_temp.key(letter, 2, 0, r.n);
insert into project_people (project_id, organization_id, person_id, role)
select pg_temp.key(letter, 1, 0, r.project), p.organization_id, p.id, r.role
  from (values (3, 1, 'operator'), (4, 1, 'analyst'), (5, 1, 'contractor'), (6, 1, 'gateway'), (7, 1, 'analyst'), (7, 2, 'operator')) as r (n, project, role)
 cross join (values ('a'), ('b')) as l (letter)
  join people p on p.id = pg_temp.key(letter, 2, 0, r.n);

insert into sites (id, organization_id, project_id, name, location)
select pg_temp.key(letter, 3, project, n), organization_id, pg_temp.key(letter, 1, 0, project), 'Site ' || n, jsonb_build_object('row', n)
  from project_size, generate_series(1, 2) n;
-- The serial numbers are the same in both organizations.
insert into devices (id, organization_id, project_id, site_id, serial, label, state, install_code)
select pg_temp.key(letter, 4, project, n), organization_id, pg_temp.key(letter, 1, 0, project), pg_temp.key(letter, 3, project, 1 + n % 2),
       format('SN-%s%s', project, lpad(n::text, 3, '0')), format('%s device %s', initcap(organization_id), n),
       (array['active', 'active', 'planned', 'retired'])[1 + n % 4]::device_state, md5('install ' || letter || project || n)
  from project_size, generate_series(1, devices) n;
insert into device_keys (id, organization_id, project_id, device_id, name, secret_hash)
select md5('key' || id)::uuid, organization_id, project_id, id, 'primary', md5('secret of ' || id) from devices;
insert into device_shares (organization_id, project_id, device_id, site_id, person_id, revoked)
select d.organization_id, d.project_id, d.id, d.site_id, pg_temp.key(letter, 2, 0, 5), n = 3
  from project_size
 cross join generate_series(1, 3) n
  join devices d on d.id = pg_temp.key(letter, 4, 1, n)
 where project = 1;
insert into readings (organization_id, project_id, device_id, metric, recorded_at, value)
select d.organization_id, d.project_id, d.id, m.metric, timestamptz '2026-01-10 12:00+00' + day * interval '1 day', day * m.factor
  from project_size s
  join devices d on d.project_id = pg_temp.key(s.letter, 1, 0, s.project)
 cross join generate_series(0, s.days - 1) day
 cross join (values ('temperature', 0.5), ('power', 10)) as m (metric, factor);
-- Some that came late, from before the first month.
insert into readings (organization_id, project_id, device_id, metric, recorded_at, value)
select organization_id, project_id, id, 'temperature', timestamptz '2025-12-31 12:00+00', 1 from devices;
insert into alert_rules (id, organization_id, project_id, metric, threshold, severity)
select pg_temp.key(letter, 5, project, n), organization_id, pg_temp.key(letter, 1, 0, project), (array['temperature', 'power'])[n], 100 * n,
       (array['warning', 'critical'])[n]::severity
  from project_size, generate_series(1, 2) n;
insert into alerts (id, organization_id, project_id, device_id, rule_id, metric, severity, state, message, opened_at)
select pg_temp.key(letter, 6, project, n), organization_id, pg_temp.key(letter, 1, 0, project), pg_temp.key(letter, 4, project, n), pg_temp.key(letter, 5, project, 1),
       'temperature', 'warning', case n % 3 when 0 then 'closed' else 'open' end, 'Too hot', timestamptz '2026-02-10 12:00+00'
  from project_size, generate_series(1, devices) n;
insert into alert_comments (id, organization_id, alert_id, author_id, body)
select md5('comment' || a.id)::uuid, a.organization_id, a.id, p.id, 'Looked at it'
  from alerts a
  join people p on p.organization_id = a.organization_id and p.subject in ('olga', 'otto');
insert into commands (id, organization_id, project_id, device_id, requested_by, kind, state)
select md5('command' || d.id)::uuid, d.organization_id, d.project_id, d.id, p.id, 'restart', 'done'
  from devices d
  join people p on p.organization_id = d.organization_id and p.subject in ('olga', 'otto');
insert into maintenance_windows (id, organization_id, project_id, device_id, during, reason)
select md5('window' || id)::uuid, organization_id, project_id, id, '[2026-05-01, 2026-05-03)', 'Yearly' from devices where serial like '%1';
insert into reports (id, organization_id, project_id, author_id, title)
select md5('report' || s.letter || s.project || n)::uuid, s.organization_id, pg_temp.key(s.letter, 1, 0, s.project), p.id, 'Report ' || n
  from project_size s
 cross join generate_series(1, 3) n
  join people p on p.organization_id = s.organization_id and p.subject in ('ines', 'ivan')
 order by n, s.letter;
insert into firmware values ('TX-1', '1.0', '2025-05-01'), ('TX-1', '1.1', '2026-01-15'), ('TX-2', '0.9', '2026-02-01');

commit;
