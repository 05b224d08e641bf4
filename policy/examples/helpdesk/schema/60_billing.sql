-- What the companies pay.

create sequence invoice_number_seq start 1000;

create table subscriptions (
    id                  bigserial primary key,
    company_id          bigint not null unique references companies,
    plan_id             integer not null references plans,
    seats               integer not null,
    processor_id        varchar,
    current_period_end  date not null,
    created_at          timestamp(6) not null default current_timestamp,
    updated_at          timestamp(6) not null default current_timestamp
);

create table invoices (
    id           bigserial primary key,
    company_id   bigint not null references companies,
    number       bigint not null default nextval('invoice_number_seq'),
    total_cents  bigint not null,
    state        varchar not null default 'open' check (state in ('open', 'paid', 'disputed')),
    issued_on    date not null,
    created_at   timestamp(6) not null default current_timestamp,
    updated_at   timestamp(6) not null default current_timestamp,
    unique (company_id, number)
);
alter sequence invoice_number_seq owned by invoices.number;

create table invoice_lines (
    id            bigserial primary key,
    invoice_id    bigint not null references invoices on delete cascade,
    description   varchar not null,
    quantity      numeric(12, 2) not null default 1,
    amount_cents  bigint not null
);
create index on invoice_lines (invoice_id);
