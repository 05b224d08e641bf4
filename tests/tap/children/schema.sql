-- Tables whose children have no tenant columns, one of them under a key of two columns.
create type state as enum ('open', 'done');
create table accounts (id bigint generated always as identity primary key, name text not null);
create table workspaces (id bigint generated always as identity primary key, account_id bigint not null references accounts, name text not null);
create table users (id bigint generated always as identity primary key, issuer text not null, subject text not null, unique (issuer, subject));
create table account_members (user_id bigint references users, account_id bigint references accounts, role text not null);
create table workspace_members (user_id bigint references users, workspace_id bigint references workspaces, role text not null);
create table customers (
    region        text not null,
    number        integer not null,
    account_id    bigint not null,
    workspace_id  bigint not null,
    name          text not null,
    primary key (region, number)
);
create table customer_emails (
    id               bigint generated always as identity primary key,
    region           text not null,
    customer_number  integer not null,
    address          text not null,
    token            text,
    foreign key (region, customer_number) references customers
);
create table bounces (
    id        bigint generated always as identity primary key,
    email_id  bigint not null references customer_emails,
    reason    text not null,
    raw       text
);
create table shares (
    id            bigint generated always as identity primary key,
    account_id    bigint not null,
    workspace_id  bigint not null,
    user_id       bigint not null,
    number        integer not null
);
insert into accounts (name) select 'account ' || n from generate_series(1, 2) n;
insert into workspaces (account_id, name) select n, 'workspace ' || n from generate_series(1, 2) n;
insert into customers select 'eu', n, 1 + n % 2, 1 + n % 2, 'customer ' || n from generate_series(1, 10) n;
insert into customer_emails (region, customer_number, address) select 'eu', n, n || '@example.com' from generate_series(1, 10) n;
insert into bounces (email_id, reason) select n, 'full' from generate_series(1, 10) n;
insert into shares (account_id, workspace_id, user_id, number) select 1, 1, 1, n from generate_series(1, 10) n;
