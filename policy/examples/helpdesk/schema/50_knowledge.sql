-- The help centre.

create table kb_categories (
    id            bigserial primary key,
    company_id    bigint not null references companies,
    workspace_id  bigint not null references workspaces,
    parent_id     bigint references kb_categories,
    name          varchar not null,
    created_at    timestamp(6) not null default current_timestamp,
    updated_at    timestamp(6) not null default current_timestamp
);
create index on kb_categories (workspace_id);

create table kb_articles (
    id              bigserial primary key,
    kb_category_id  bigint not null references kb_categories,
    author_id       bigint references users,
    slug            varchar not null,
    title           varchar not null,
    body            text not null default '',
    published_at    timestamp(6),
    deleted_at      timestamp(6),
    created_at      timestamp(6) not null default current_timestamp,
    updated_at      timestamp(6) not null default current_timestamp,
    unique (kb_category_id, slug)
);

create table kb_article_versions (
    id             bigserial primary key,
    kb_article_id  bigint not null references kb_articles on delete cascade,
    editor_id      bigint references users,
    body           text not null,
    created_at     timestamp(6) not null default current_timestamp
);
create index on kb_article_versions (kb_article_id);
