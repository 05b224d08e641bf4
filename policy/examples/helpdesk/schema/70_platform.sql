-- What no tenant sees. The policy leaves these tables out, and feature_flags.

create table audit_logs (
    id          bigserial primary key,
    company_id  bigint,
    user_id     bigint,
    action      varchar not null,
    data        jsonb not null default '{}',
    created_at  timestamp(6) not null default current_timestamp
);
create index on audit_logs (company_id);

create table jobs (
    id         bigserial primary key,
    queue      varchar not null default 'default',
    handler    jsonb not null,
    run_at     timestamp(6) not null default current_timestamp,
    locked_at  timestamp(6)
);

create table schema_migrations (
    version  varchar primary key
);
