-- Tickets and all that hangs on them.

create type ticket_status as enum ('open', 'pending', 'solved', 'closed');
create sequence ticket_number_seq;

create table queues (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    position      integer not null default 0,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp,
    unique (workspace_id, name)
);

create table tickets (
    id                 bigserial primary key,
    company_id         bigint not null references companies,
    workspace_id       bigint not null references workspaces,
    number             bigint not null default nextval('ticket_number_seq'),
    customer_id        bigint not null references customers,
    queue_id           bigint references queues,
    assignee_id        bigint references users,
    subject            varchar not null,
    body               text not null default '',
    status             ticket_status not null default 'open',
    public             boolean not null default false,
    internal_priority  integer not null default 0,
    metadata           jsonb not null default '{}',
    lock_version       integer not null default 0,
    deleted_at         timestamp(6),
    created_at         timestamp(6) not null default current_timestamp,
    updated_at         timestamp(6) not null default current_timestamp
);
alter sequence ticket_number_seq owned by tickets.number;
create index on tickets (company_id, workspace_id, created_at);
create index on tickets (customer_id);
create index on tickets (assignee_id) where deleted_at is null;

create table ticket_comments (
    id          bigserial primary key,
    ticket_id   bigint not null references tickets on delete cascade,
    author_id   bigint references users,
    body        text not null,
    internal    boolean not null default false,
    deleted_at  timestamp(6),
    created_at  timestamp(6) not null default current_timestamp,
    updated_at  timestamp(6) not null default current_timestamp
);
create index on ticket_comments (ticket_id);

create table comment_attachments (
    id                 bigserial primary key,
    ticket_comment_id  bigint not null references ticket_comments on delete cascade,
    filename           varchar not null,
    byte_size          bigint not null,
    storage_key        varchar not null,
    created_at         timestamp(6) not null default current_timestamp
);
create index on comment_attachments (ticket_comment_id);

create table ticket_shares (
    id          bigserial primary key,
    ticket_id   bigint not null references tickets on delete cascade,
    user_id     bigint not null references users,
    created_at  timestamp(6) not null default current_timestamp,
    unique (ticket_id, user_id)
);

create table ticket_events (
    id          serial primary key,
    ticket_id   bigint not null references tickets on delete cascade,
    kind        varchar not null,
    data        jsonb not null default '{}',
    created_at  timestamp(6) not null default current_timestamp
);
create index on ticket_events (ticket_id);

create table ticket_followers (
    ticket_id   bigint not null references tickets on delete cascade,
    user_id     bigint not null references users,
    created_at  timestamp(6) not null default current_timestamp,
    primary key (ticket_id, user_id)
);

create table ticket_links (
    id           bigserial primary key,
    ticket_id    bigint not null references tickets on delete cascade,
    linked_id    bigint not null references tickets on delete cascade,
    kind         varchar not null default 'related',
    created_at   timestamp(6) not null default current_timestamp,
    unique (ticket_id, linked_id)
);

create table tags (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    color         varchar,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp,
    unique (workspace_id, name)
);

create table ticket_tags (
    ticket_id  bigint not null references tickets on delete cascade,
    tag_id     bigint not null references tags on delete cascade,
    primary key (ticket_id, tag_id)
);

create table satisfaction_ratings (
    id          bigserial primary key,
    ticket_id   bigint not null unique references tickets on delete cascade,
    score       integer not null check (score between 1 and 5),
    comment     text,
    created_at  timestamp(6) not null default current_timestamp
);

create table time_entries (
    id          serial primary key,
    ticket_id   bigint not null references tickets on delete cascade,
    user_id     bigint not null references users,
    minutes     integer not null,
    note        varchar,
    created_at  timestamp(6) not null default current_timestamp,
    updated_at  timestamp(6) not null default current_timestamp
);
create index on time_entries (ticket_id);

create table sla_policies (
    id             bigserial primary key,
    company_id     bigint not null references companies,
    workspace_id   bigint not null references workspaces,
    name           varchar not null,
    reply_minutes  integer not null,
    conditions     jsonb not null default '{}',
    created_at     timestamp(6) not null default current_timestamp,
    updated_at     timestamp(6) not null default current_timestamp
);
create index on sla_policies (workspace_id);

create table sla_breaches (
    id             bigserial primary key,
    ticket_id      bigint not null references tickets on delete cascade,
    sla_policy_id  bigint not null references sla_policies on delete cascade,
    breached_at    timestamp(6) not null default current_timestamp
);
create index on sla_breaches (ticket_id);

create table saved_filters (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    user_id       bigint not null references users,
    name          varchar not null,
    shared        boolean not null default false,
    filter        jsonb not null default '{}',
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on saved_filters (workspace_id);

create table macros (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on macros (workspace_id);

create table macro_actions (
    id         bigserial primary key,
    macro_id   bigint not null references macros on delete cascade,
    position   integer not null default 0,
    action     varchar not null,
    arguments  jsonb not null default '{}'
);
create index on macro_actions (macro_id);

create table automations (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    enabled       boolean not null default true,
    definition    jsonb not null default '{}',
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on automations (workspace_id);

create table automation_runs (
    id             bigint generated always as identity primary key,
    automation_id  bigint not null references automations on delete cascade,
    ticket_id      bigint references tickets on delete set null,
    outcome        varchar not null,
    created_at     timestamp(6) not null default current_timestamp
);
create index on automation_runs (automation_id);
