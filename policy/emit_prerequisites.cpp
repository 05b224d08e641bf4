#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

std::string_view type_name(KeyType type) {
  return type == KeyType::uuid ? "uuid" : type == KeyType::bigint ? "bigint" : "text";
}

struct Named {
  TableName table;
  std::vector<std::string> columns;
};

struct Typed {
  TableName table;
  std::string column;
  KeyType type;
  bool required;  // not null
};

// Collects what the policy says about the tables, each thing once, in order of appearance.
class Expectations {
 public:
  explicit Expectations(const Model &model) {
    typed(model.account.table, model.account.key, model.account.type);
    named(model.account.table, model.account.claim);
    columns_of(model.account.table, model.account.active);
    typed(model.workspace.table, model.workspace.key, model.workspace.type);
    typed(model.workspace.table, model.workspace.account, model.account.type);
    named(model.workspace.table, model.workspace.claim);
    columns_of(model.workspace.table, model.workspace.active);
    typed(model.user.table, model.user.key, model.user.type);
    if (!model.user.issuer.empty()) typed(model.user.table, model.user.issuer, KeyType::text);
    typed(model.user.table, model.user.subject, KeyType::text);
    columns_of(model.user.table, model.user.active);
    for (const Relation &relation : model.relations) {
      for (const Relation::Link &link : relation.links) {
        named(relation.table, link.column);
        named(relation.base, link.base);
      }
      columns_of(relation.table, relation.rows);
    }
    membership(model.account_membership, model.account.type, model.user.type);
    membership(model.workspace_membership, model.workspace.type, model.user.type);
    for (const Table &table : model.tables) {
      if (!table.account.empty()) typed(table.name, table.account, model.account.type, true);
      if (!table.workspace.empty()) typed(table.name, table.workspace, model.workspace.type, true);
      exists(table.name);
      for (const std::string &column : table.columns) named(table.name, column);
      for (const Grant &grant : table.grants) {
        if (grant.columns) {
          for (const std::string &column : *grant.columns) named(table.name, column);
        }
        columns_of(table.name, grant.rows);
        columns_of(table.name, grant.new_row);
      }
    }
  }

  const std::vector<Named> &named() const { return named_; }
  const std::vector<Typed> &typed() const { return typed_; }

 private:
  void membership(const Membership &m, KeyType of, KeyType user) {
    typed(m.table, m.user, user);
    typed(m.table, m.of, of);
    named(m.table, m.role);
    columns_of(m.table, m.active);
  }

  void columns_of(const TableName &table, const std::optional<Condition> &condition) {
    if (!condition) return;
    for_each_operand(*condition, [&](const Operand &operand) {
      if (operand.kind == Operand::Kind::column) named(table, operand.text);
    });
  }

  std::size_t exists(const TableName &table) {
    const auto [place, is_new] = tables_.emplace(table, named_.size());
    if (is_new) named_.push_back({table, {}});
    return place->second;
  }

  void named(const TableName &table, const std::string &column) {
    const std::size_t at = exists(table);
    if (columns_.emplace(at, column).second) named_[at].columns.push_back(column);
  }

  void typed(const TableName &table, const std::string &column, KeyType type,
             bool required = false) {
    named(table, column);
    const auto [place, is_new] = types_.emplace(std::pair(exists(table), column), typed_.size());
    if (is_new) {
      typed_.push_back({table, column, type, required});
    } else {
      typed_[place->second].required = typed_[place->second].required || required;
    }
  }

  std::vector<Named> named_;
  std::vector<Typed> typed_;
  // Where in them each is; a column with its table's place.
  std::map<TableName, std::size_t> tables_;
  std::set<std::pair<std::size_t, std::string>> columns_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> types_;
};

// A membership of a workspace that stands in a table of the account is of a workspace of that
// account only if a key says so.
bool needs_workspace_key(const Model &model, const Table &table) {
  const bool written = std::any_of(table.grants.begin(), table.grants.end(),
                                   [](const Grant &grant) { return grant.verb != Verb::read; });
  return written && !table.parent && table.name == model.workspace_membership.table &&
         table.workspace.empty() && !table.account.empty();
}

std::string foreign_keys(const Model &model) {
  std::vector<std::vector<std::string>> rows;
  for (const Table &table : model.tables) {
    if (needs_workspace_key(model, table)) {
      rows.push_back({quote_literal(qualified(table.name)),
                      text_array({model.workspace_membership.of, table.account}),
                      quote_literal(qualified(model.workspace.table)),
                      text_array({model.workspace.key, model.workspace.account})});
    }
    if (!table.parent) continue;
    std::vector<std::string> here;
    std::vector<std::string> there;
    for (const auto &[column, parent_column] : table.parent->columns) {
      here.push_back(column);
      there.push_back(parent_column);
    }
    rows.push_back({quote_literal(qualified(table.name)), text_array(here),
                    quote_literal(qualified(table.parent->table)), text_array(there)});
  }
  if (rows.empty()) return "        (null, array[]::text[], null, array[]::text[])";
  return values_rows(rows, 8);
}

}  // namespace

std::string emit_prerequisites(const Plan &plan) {
  const Expectations expected(*plan.model);
  std::vector<std::vector<std::string>> named;
  for (const Named &each : expected.named()) {
    named.push_back({quote_literal(qualified(each.table)),
                     each.columns.empty() ? "array[]::text[]" : text_array(each.columns)});
  }
  std::vector<std::vector<std::string>> typed;
  for (const Typed &each : expected.typed()) {
    typed.push_back({quote_literal(qualified(each.table)), quote_literal(each.column),
                     quote_literal(type_name(each.type)), each.required ? "true" : "false"});
  }
  const std::string block = fmt::format(
      R"(
declare
    problems text;
    remedies text;
begin
    if not exists (select from pg_extension e where e.extname = 'pg_tenancy') then
        raise exception 'extension "pg_tenancy" is not installed in this database'
            using errcode = 'undefined_object',
                  hint = 'create extension pg_tenancy;';
    elsif to_regprocedure('tenancy.table_state(regclass)') is null then
        raise exception 'extension "pg_tenancy" of this database is too old for this policy'
            using errcode = 'object_not_in_prerequisite_state',
                  hint = 'alter extension pg_tenancy update;';
    end if;
    if not (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user) then
        raise exception 'role "%" is itself subject to row level security', current_user
            using errcode = 'insufficient_privilege',
                  hint = 'Apply the policy as a superuser or as a role with BYPASSRLS: it will own'
                         ' the directory function, which reads before there is an identity.';
    end if;

    with
    named (relation, columns) as (values
{}
    ),
    typed (relation, name, type, required) as (values
{}
    ),
    linked (relation, columns, parent, parent_columns) as (values
{}
    ),
    there as (
        select n.relation, c.oid
          from named n
          join pg_class c on c.oid = to_regclass(n.relation) and c.relkind in ('r', 'p')
    ),
    column_there as (
        select t.relation, a.attname as name, a.atttypid as type, a.attnotnull as required,
               a.attcollation as collation
          from there t
          join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    ),
    problem (what, remedy) as (
        select format('table %s does not exist', n.relation), null
          from named n
         where n.relation not in (select t.relation from there t)
        union all
        select format('table %s has no column %I', n.relation, wanted.name), null
          from named n
          join there t using (relation)
         cross join unnest(n.columns) as wanted (name)
         where not exists (select from column_there c
                            where c.relation = n.relation and c.name = wanted.name)
        union all
        select format('column %I of %s is of type %s, which is not the %s of the policy',
                      t.name, t.relation, format_type(c.type, null), t.type), null
          from typed t
          join column_there c using (relation, name)
         where c.type <> all (case t.type
                                  when 'uuid' then array['uuid'::regtype]
                                  when 'bigint' then array['int8'::regtype, 'int4', 'int2']
                                  else array['text'::regtype, 'varchar']
                              end)
        union all
        select format('column %I of %s has a collation that takes different texts for equal',
                      t.name, t.relation), null
          from typed t
          join column_there c using (relation, name)
          join pg_collation l on l.oid = c.collation
         where not l.collisdeterministic
        union all
        select format('tenant column %I of %s may be null', t.name, t.relation),
               format('alter table %s alter column %I set not null;', t.relation, t.name)
          from typed t
          join column_there c using (relation, name)
         where t.required and not c.required
        union all
        select format('%s lacks the foreign key that keeps its rows with their parents',
                      l.relation),
               format('alter table %s add foreign key (%s) references %s (%s);', l.relation,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.columns) c), l.parent,
                      (select string_agg(quote_ident(c), ', ') from unnest(l.parent_columns) c))
          from linked l
          join there child on child.relation = l.relation
          join there parent on parent.relation = l.parent
         where not exists (
                   select from pg_constraint k
                    where k.contype = 'f' and k.conrelid = child.oid and k.confrelid = parent.oid
                      and (select array_agg(format('%I %I', h.attname, p.attname))
                             from unnest(k.conkey, k.confkey) as pair (here, there)
                             join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                             join pg_attribute p on p.attrelid = k.confrelid
                                                and p.attnum = pair.there)
                          @> (select array_agg(format('%I %I', pair.here, pair.there))
                                from unnest(l.columns, l.parent_columns) as pair (here, there)))
    )
    select string_agg(p.what, e'\n'), string_agg(p.remedy, e'\n')
      into problems, remedies
      from problem p;
    if problems is not null then
        raise exception 'the tables of this database do not fit the policy'
            using errcode = 'invalid_object_definition',
                  detail = problems,
                  hint = coalesce(remedies, 'Change the policy file, or the tables.');
    end if;
end
)",
      values_rows(named, 8), values_rows(typed, 8), foreign_keys(*plan.model));
  return "do " + dollar_quote("prerequisites", block) + ";\n";
}

}  // namespace tenancy::policy
