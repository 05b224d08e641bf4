-- Where messages come in and go out. Much of it was bought with another product, which said tenant and
-- space, or org, for company and workspace.

create type channel_kind as enum ('email', 'chat', 'phone', 'web');

create table channels (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    kind          channel_kind not null,
    name          varchar not null,
    settings      jsonb not null default '{}',
    enabled       boolean not null default true,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on channels (workspace_id);

create table channel_credentials (
    id          bigserial primary key,
    channel_id  bigint not null references channels on delete cascade,
    username    varchar not null,
    secret      varchar not null,
    created_at  timestamp(6) not null default current_timestamp,
    updated_at  timestamp(6) not null default current_timestamp
);
create index on channel_credentials (channel_id);

create table inbound_messages (
    id           bigserial primary key,
    tenant_id    bigint not null references companies,
    space_id     bigint not null references workspaces,
    ticket_id    bigint references tickets,
    sender       varchar not null,
    subject      varchar,
    raw          text not null,
    headers      jsonb not null default '{}',
    received_at  timestamp(6) not null default current_timestamp
);
create index on inbound_messages (tenant_id, space_id, received_at);

create table outbound_messages (
    id          bigserial primary key,
    tenant_id   bigint not null references companies,
    space_id    bigint not null references workspaces,
    ticket_id   bigint references tickets,
    recipient   varchar not null,
    body        text not null,
    state       varchar not null default 'queued',
    sent_at     timestamp(6),
    created_at  timestamp(6) not null default current_timestamp
);
create index on outbound_messages (tenant_id, space_id, created_at);

create table message_attachments (
    id                  bigserial primary key,
    inbound_message_id  bigint not null references inbound_messages on delete cascade,
    filename            varchar not null,
    storage_key         varchar not null
);
create index on message_attachments (inbound_message_id);

create table call_recordings (
    id          serial primary key,
    org_id      integer not null,
    call_sid    varchar not null,
    seconds     integer not null,
    transcript  text,
    created_at  timestamp(6) not null default current_timestamp,
    foreign key (org_id) references companies
);
create index on call_recordings (org_id);

create table chat_sessions (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    visitor       varchar not null,
    agent_id      bigint references users,
    ended_at      timestamp(6),
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on chat_sessions (workspace_id);

create table chat_messages (
    id               bigserial primary key,
    chat_session_id  bigint not null references chat_sessions on delete cascade,
    from_agent       boolean not null default false,
    body             text not null,
    created_at       timestamp(6) not null default current_timestamp
);
create index on chat_messages (chat_session_id);

create table webhooks (
    id              bigserial primary key,
    company_id      bigint not null references companies,
    url             varchar not null,
    signing_secret  varchar not null,
    events          varchar[] not null default '{}',
    enabled         boolean not null default true,
    created_at      timestamp(6) not null default current_timestamp,
    updated_at      timestamp(6) not null default current_timestamp
);
create index on webhooks (company_id);

create table webhook_deliveries (
    id          bigserial primary key,
    webhook_id  bigint not null references webhooks on delete cascade,
    event       varchar not null,
    payload     jsonb not null default '{}',
    response    integer,
    created_at  timestamp(6) not null default current_timestamp
);
create index on webhook_deliveries (webhook_id);
