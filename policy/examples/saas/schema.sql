-- The tables of a small document service, as its developers would write them without any
-- thought of row level security, but for two habits that isolation needs:
--
--   * every row below an account carries account_id, and below a workspace workspace_id too;
--   * every foreign key between them is composite. A single-column key would let one tenant
--     attach a row to another tenant's, and learn from the error whether it exists.

begin;

create table accounts (
    id     uuid primary key default gen_random_uuid(),
    name   text not null,
    plan   text not null default 'free'   check (plan in ('free', 'team', 'enterprise')),
    state  text not null default 'active' check (state in ('active', 'suspended'))
);

create table workspaces (
    id          uuid primary key default gen_random_uuid(),
    account_id  uuid not null references accounts,
    name        text not null,
    unique (id, account_id),
    unique (account_id, name)
);

-- issuer and subject are the `iss` and `sub` of the user's tokens.
create table users (
    id          uuid primary key default gen_random_uuid(),
    account_id  uuid not null references accounts,
    issuer      text not null,
    subject     text not null,
    name        text not null,
    email       text not null,
    unique (issuer, subject),
    unique (id, account_id)
);

create table account_members (
    account_id  uuid not null references accounts,
    user_id     uuid not null,
    role        text not null check (role in ('owner', 'admin')),
    primary key (user_id, account_id),
    foreign key (user_id, account_id) references users (id, account_id) on delete cascade
);

create table workspace_members (
    workspace_id  uuid not null,
    account_id    uuid not null,
    user_id       uuid not null,
    role          text not null check (role in ('editor', 'viewer')),
    primary key (user_id, workspace_id),
    foreign key (workspace_id, account_id) references workspaces (id, account_id) on delete cascade,
    foreign key (user_id, account_id) references users (id, account_id) on delete cascade
);

create table documents (
    id            uuid primary key default gen_random_uuid(),
    account_id    uuid not null,
    workspace_id  uuid not null,
    owner_id      uuid not null,
    title         text not null,
    body          text not null default '',
    published     boolean not null default false,
    created_at    timestamptz not null default now(),
    unique (id, account_id, workspace_id),
    foreign key (workspace_id, account_id) references workspaces (id, account_id),
    foreign key (owner_id, account_id) references users (id, account_id)
);
create index on documents (account_id, workspace_id, created_at);

create table comments (
    id            uuid primary key default gen_random_uuid(),
    account_id    uuid not null,
    workspace_id  uuid not null,
    document_id   uuid not null,
    author_id     uuid not null,
    body          text not null,
    foreign key (document_id, account_id, workspace_id)
        references documents (id, account_id, workspace_id) on delete cascade,
    foreign key (author_id, account_id) references users (id, account_id)
);
create index on comments (account_id, workspace_id, document_id);

create table invoices (
    id            bigint generated always as identity primary key,
    account_id    uuid not null references accounts,
    number        integer not null,
    amount_cents  bigint not null,
    state         text not null default 'open' check (state in ('open', 'paid', 'disputed')),
    unique (account_id, number)
);

create table countries (
    code  text primary key,
    name  text not null
);

commit;
