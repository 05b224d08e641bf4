-- An application that knows nothing of row level security: children without tenant columns, two
-- levels deep, a partitioned one, keys of single columns, rights of PUBLIC.
create table accounts (id bigint generated always as identity primary key, name text not null);
create table workspaces (id bigint generated always as identity primary key, account_id bigint not null references accounts, name text not null);
create table users (id bigint generated always as identity primary key, issuer text not null, subject text not null, unique (issuer, subject));
create table account_members (user_id bigint references users, account_id bigint references accounts, role text not null);
create table workspace_members (user_id bigint references users, workspace_id bigint references workspaces, role text not null);
create table projects (
    id            bigint generated always as identity primary key,
    account_id    bigint not null default 0,
    workspace_id  bigint not null,
    name          text not null
);
create table tasks (
    id          bigint generated always as identity primary key,
    project_id  bigint not null references projects on delete cascade,
    title       text not null,
    changes     integer not null default 0
);
create index on tasks (project_id);
create table notes (
    id       bigint generated always as identity primary key,
    task_id  bigint not null references tasks on delete restrict,
    body     text not null
);
create index on notes (task_id);
create table readings (
    task_id  bigint not null references tasks,
    at       date not null,
    value    integer not null,
    primary key (task_id, at)
) partition by range (at);
create table readings_2025 partition of readings for values from ('2025-01-01') to ('2026-01-01');
create table readings_2026 partition of readings for values from ('2026-01-01') to ('2027-01-01') partition by hash (task_id);
create table readings_2026_0 partition of readings_2026 for values with (modulus 2, remainder 0);
create table readings_2026_1 partition of readings_2026 for values with (modulus 2, remainder 1);
create table other (id int);

create function touch() returns trigger language plpgsql as 'begin new.changes := new.changes + 1; return new; end';
create trigger touch before update on tasks for each row when (old.title <> new.title) execute function touch();
create sequence numbers;
create view titles with (security_invoker) as select id, title from tasks;
create function double(integer) returns integer language sql immutable return $1 * 2;

grant select on projects, readings to public;
grant select (id, title) on tasks to public;
grant select on readings_2025, titles to public;
grant usage on sequence numbers to public;
grant select, insert, update, delete on all tables in schema public to apply_legacy;
grant usage on all sequences in schema public to apply_legacy;

insert into accounts (name) select 'account ' || n from generate_series(1, 4) n;
insert into workspaces (account_id, name) select 1 + (n - 1) / 2, 'workspace ' || n from generate_series(1, 8) n;
insert into users (issuer, subject) select 'https://apply.example', 'user ' || n from generate_series(1, 8) n;
insert into workspace_members select n, n, 'editor' from generate_series(1, 8) n;
insert into projects (account_id, workspace_id, name) select w.account_id, w.id, 'project ' || n from generate_series(1, 400) n join workspaces w on w.id = 1 + n % 8;
insert into tasks (project_id, title) select 1 + n % 400, 'task ' || n from generate_series(1, :rows) n;
insert into notes (task_id, body) select 1 + n % :rows, 'note ' || n from generate_series(1, :rows) n;
insert into readings select 1 + n % 1000, date '2025-12-01' + (n / 1000), n from generate_series(0, 59999) n;
