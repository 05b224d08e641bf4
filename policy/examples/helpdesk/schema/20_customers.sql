-- The customers of the companies: who writes the tickets.

create table organizations (
    id          bigserial primary key,
    company_id  bigint not null references companies,
    name        varchar not null,
    domain      varchar,
    created_at  timestamp(6) not null default current_timestamp,
    updated_at  timestamp(6) not null default current_timestamp,
    unique (company_id, name)
);

create table customers (
    id               bigserial primary key,
    company_id       bigint not null references companies,
    workspace_id     bigint not null references workspaces,
    organization_id  bigint references organizations,
    name             varchar not null,
    email            varchar not null,
    vip              boolean not null default false,
    tax_number       varchar,
    properties       jsonb not null default '{}',
    deleted_at       timestamp(6),
    created_at       timestamp(6) not null default current_timestamp,
    updated_at       timestamp(6) not null default current_timestamp,
    unique (workspace_id, email)
);

create table customer_emails (
    id           bigserial primary key,
    customer_id  bigint not null references customers on delete cascade,
    email        varchar not null,
    verified_at  timestamp(6),
    created_at   timestamp(6) not null default current_timestamp
);
create index on customer_emails (customer_id);

create table customer_notes (
    id           bigserial primary key,
    customer_id  bigint not null references customers on delete cascade,
    author_id    bigint references users,
    body         text not null,
    created_at   timestamp(6) not null default current_timestamp,
    updated_at   timestamp(6) not null default current_timestamp
);
create index on customer_notes (customer_id);

create table contact_lists (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on contact_lists (workspace_id);

create table contact_list_entries (
    contact_list_id  bigint not null references contact_lists on delete cascade,
    customer_id      bigint not null references customers on delete cascade,
    added_at         timestamp(6) not null default current_timestamp,
    primary key (contact_list_id, customer_id)
);

create table segments (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    name          varchar not null,
    filter        jsonb not null default '{}',
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on segments (workspace_id);

create type custom_field_kind as enum ('text', 'number', 'date', 'choice');

create table custom_fields (
    id          bigserial primary key,
    company_id  bigint not null references companies,
    name        varchar not null,
    kind        custom_field_kind not null default 'text',
    choices     varchar[],
    created_at  timestamp(6) not null default current_timestamp,
    updated_at  timestamp(6) not null default current_timestamp,
    unique (company_id, name)
);

-- Polymorphic, as ActiveRecord has it: the row is a ticket's or a customer's, and no key says so.
create table custom_field_values (
    id               bigserial primary key,
    custom_field_id  bigint not null references custom_fields on delete cascade,
    owner_type       varchar not null,
    owner_id         bigint not null,
    value            jsonb,
    created_at       timestamp(6) not null default current_timestamp,
    updated_at       timestamp(6) not null default current_timestamp
);
create index on custom_field_values (owner_type, owner_id);
create index on custom_field_values (custom_field_id);

create table privacy_requests (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    kind          varchar not null check (kind in ('access', 'erasure')),
    email         varchar not null,
    fulfilled_at  timestamp(6),
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on privacy_requests (company_id);
