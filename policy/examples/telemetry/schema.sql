-- Measurements of industrial plants, as a service: organizations, their projects, sites in these, devices on
-- the sites, readings of the devices. It was written with tenants in mind: every row carries organization_id,
-- and below a project project_id too, and keys between them are composite. What matters here:
--
--   * an organization's key is text, all others are uuid;
--   * readings are partitioned by time, and February again by organization; alerts by organization;
--   * parents go two levels deep: sites, devices, readings; and three: alert_comments;
--   * views are security_invoker, and the API is functions beside the tables.
--
-- alert_comments came later, in a hurry, without project_id: `prepare` adds and fills it.

\set ON_ERROR_STOP 1
begin;

create extension if not exists btree_gist;
create type severity as enum ('info', 'warning', 'critical');
create type device_state as enum ('planned', 'active', 'retired');

create table organizations (
    id     text primary key check (id ~ '^[a-z0-9-]{3,40}$'),
    name   text not null,
    state  text not null default 'active' check (state in ('active', 'suspended'))
);

-- What an organization has bought. No context role reads it: organization_quota() says what there is to know.
create table contracts (
    organization_id  text primary key references organizations,
    devices_allowed  integer not null,
    cents_per_month  integer not null
);

create table projects (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null references organizations,
    name             text not null,
    archived         boolean not null default false,
    unique (id, organization_id),
    unique (organization_id, name)
);

create table people (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null references organizations,
    issuer           text not null,
    subject          text not null,
    name             text not null,
    email            text not null,
    unique (issuer, subject),
    unique (id, organization_id)
);

create table organization_people (
    organization_id  text not null references organizations,
    person_id        uuid not null,
    role             text not null check (role in ('owner', 'manager')),
    primary key (person_id, organization_id),
    foreign key (person_id, organization_id) references people (id, organization_id) on delete cascade
);

create table project_people (
    project_id       uuid not null,
    organization_id  text not null,
    person_id        uuid not null,
    role             text not null check (role in ('operator', 'analyst', 'contractor', 'gateway')),
    primary key (person_id, project_id),
    foreign key (project_id, organization_id) references projects (id, organization_id) on delete cascade,
    foreign key (person_id, organization_id) references people (id, organization_id) on delete cascade
);

create table sites (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    name             text not null,
    time_zone        text not null default 'UTC',
    location         jsonb,
    unique (id, organization_id, project_id),
    unique (project_id, name),
    foreign key (project_id, organization_id) references projects (id, organization_id)
);
create index on sites (organization_id, project_id);

create table devices (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    site_id          uuid not null,
    serial           text not null,
    label            text not null,
    state            device_state not null default 'planned',
    settings         jsonb not null default '{}',
    install_code     text not null default md5(random()::text),
    unique (id, organization_id, project_id),
    unique (organization_id, serial),
    foreign key (site_id, organization_id, project_id) references sites (id, organization_id, project_id)
);
create index on devices (organization_id, project_id, site_id);

create table device_keys (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    device_id        uuid not null,
    name             text not null,
    secret_hash      text not null,
    created_at       timestamptz not null default now(),
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id) on delete cascade
);
create index on device_keys (organization_id, project_id, device_id);

-- Which devices a person from outside is shown.
create table device_shares (
    organization_id  text not null,
    project_id       uuid not null,
    device_id        uuid not null,
    site_id          uuid not null,
    person_id        uuid not null,
    revoked          boolean not null default false,
    primary key (organization_id, device_id, person_id),
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id) on delete cascade,
    foreign key (site_id, organization_id, project_id) references sites (id, organization_id, project_id) on delete cascade,
    foreign key (person_id, organization_id) references people (id, organization_id) on delete cascade
);
create index on device_shares (organization_id, project_id, person_id);

create table readings (
    organization_id  text not null,
    project_id       uuid not null,
    device_id        uuid not null,
    metric           text not null,
    recorded_at      timestamptz not null,
    value            double precision not null,
    quality          smallint not null default 0,
    primary key (organization_id, device_id, metric, recorded_at),
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id)
) partition by range (recorded_at);
create index on readings (organization_id, project_id, recorded_at);
create table readings_2026_01 partition of readings for values from ('2026-01-01 00:00+00') to ('2026-02-01 00:00+00');
create table readings_2026_02 partition of readings for values from ('2026-02-01 00:00+00') to ('2026-03-01 00:00+00')
    partition by hash (organization_id);
create table readings_2026_02_0 partition of readings_2026_02 for values with (modulus 2, remainder 0);
create table readings_2026_02_1 partition of readings_2026_02 for values with (modulus 2, remainder 1);
create table readings_2026_03 partition of readings for values from ('2026-03-01 00:00+00') to ('2026-04-01 00:00+00');
create table readings_rest partition of readings default;

create table alert_rules (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    metric           text not null,
    threshold        double precision not null,
    severity         severity not null default 'warning',
    options          jsonb not null default '{}',
    unique (id, organization_id, project_id),
    foreign key (project_id, organization_id) references projects (id, organization_id)
);
create index on alert_rules (organization_id, project_id);

create table alerts (
    organization_id  text not null,
    project_id       uuid not null,
    id               uuid not null default gen_random_uuid(),
    device_id        uuid not null,
    rule_id          uuid not null,
    metric           text not null,
    severity         severity not null,
    state            text not null default 'open' check (state in ('open', 'acknowledged', 'closed')),
    message          text not null default '',
    acknowledged_by  uuid,
    opened_at        timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id),
    foreign key (rule_id, organization_id, project_id) references alert_rules (id, organization_id, project_id),
    foreign key (acknowledged_by, organization_id) references people (id, organization_id)
) partition by hash (organization_id);
create index on alerts (organization_id, project_id, device_id);
create table alerts_0 partition of alerts for values with (modulus 4, remainder 0);
create table alerts_1 partition of alerts for values with (modulus 4, remainder 1);
create table alerts_2 partition of alerts for values with (modulus 4, remainder 2);
create table alerts_3 partition of alerts for values with (modulus 4, remainder 3);

create table alert_comments (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    alert_id         uuid not null,
    author_id        uuid not null,
    body             text not null,
    created_at       timestamptz not null default now(),
    foreign key (organization_id, alert_id) references alerts (organization_id, id) on delete cascade,
    foreign key (author_id, organization_id) references people (id, organization_id)
);
create index on alert_comments (organization_id, alert_id);

-- What a device is asked to do.
create table commands (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    device_id        uuid not null,
    requested_by     uuid not null,
    kind             text not null check (kind in ('restart', 'calibrate', 'switch_off')),
    payload          jsonb not null default '{}',
    state            text not null default 'queued' check (state in ('queued', 'sent', 'done', 'cancelled')),
    created_at       timestamptz not null default now(),
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id) on delete cascade,
    foreign key (requested_by, organization_id) references people (id, organization_id)
);
create index on commands (organization_id, project_id, device_id);

-- A device is in one maintenance at a time. Without organization_id in it the constraint would tell one
-- organization of the windows of another.
create table maintenance_windows (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    device_id        uuid not null,
    during           tstzrange not null,
    reason           text not null,
    foreign key (device_id, organization_id, project_id) references devices (id, organization_id, project_id) on delete cascade,
    exclude using gist (organization_id with =, device_id with =, during with &&)
);

create sequence report_number_seq;
create table reports (
    id               uuid primary key default gen_random_uuid(),
    organization_id  text not null,
    project_id       uuid not null,
    number           bigint not null default nextval('report_number_seq'),
    author_id        uuid not null,
    title            text not null,
    filter           jsonb not null default '{}',
    foreign key (project_id, organization_id) references projects (id, organization_id),
    foreign key (author_id, organization_id) references people (id, organization_id)
);
create index on reports (organization_id, project_id);

create table firmware (
    model     text not null,
    version   text not null,
    released  date not null,
    primary key (model, version)
);

-- Views read with the rights of whoever asks.

create view device_status with (security_invoker = on) as
select d.id, d.organization_id, d.project_id, d.site_id, d.label, d.state, last.recorded_at, last.metric, last.value
  from devices d
  left join lateral (select r.recorded_at, r.metric, r.value
                       from readings r
                      where r.organization_id = d.organization_id and r.device_id = d.id
                      order by r.recorded_at desc, r.metric
                      limit 1) last on true;

create view open_alerts with (security_invoker = on) as
select a.id, a.organization_id, a.project_id, d.label as device, a.severity, a.message, a.opened_at
  from alerts a
  join devices d on d.id = a.device_id
 where a.state = 'open';

create view site_overview with (security_invoker = on) as
select s.id, s.organization_id, s.project_id, s.name, count(distinct d.id) as devices,
       count(a.id) filter (where a.state = 'open') as open_alerts
  from sites s
  left join devices d on d.site_id = s.id
  left join alerts a on a.device_id = d.id
 group by s.id;

-- The API.

create function device_history(device uuid, since timestamptz, until timestamptz)
returns table (metric text, recorded_at timestamptz, value double precision)
language sql stable as $$
    select r.metric, r.recorded_at, r.value
      from public.readings r
     where r.device_id = device and r.recorded_at >= since and r.recorded_at < until
     order by r.recorded_at, r.metric
$$;

create function queue_command(device uuid, kind text, payload jsonb default '{}') returns uuid
language sql volatile as $$
    insert into public.commands (device_id, requested_by, kind, payload)
    values (device, tenancy.user_uuid(), kind, payload)
    returning id
$$;

create function acknowledge_alert(alert uuid, note text) returns void
language plpgsql as $$
begin
    update public.alerts set state = 'acknowledged', acknowledged_by = tenancy.user_uuid()
     where id = alert and state = 'open';
    if not found then
        raise exception 'no open alert %', alert using errcode = 'no_data_found';
    end if;
    insert into public.alert_comments (alert_id, author_id, body) values (alert, tenancy.user_uuid(), note);
end
$$;

create function organization_quota(out devices_allowed integer, out devices_used bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.devices_allowed,
           (select count(*) from public.devices d where d.organization_id = c.organization_id and d.state <> 'retired')
      from public.contracts c
     where c.organization_id = tenancy.account_key()
$$;

commit;
