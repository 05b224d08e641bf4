#include "policy/emit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "core/ident.hpp"
#include "core/sha256.hpp"
#include "policy/parse.hpp"

namespace tenancy::policy {

namespace {

constexpr std::string_view rule_line =
    "--------------------------------------------------------------------------------------------"
    "--------\n";

std::string sql_file_name(const Source &source, std::size_t at = 0) {
  std::string name = source.name_at(at);
  for (char &c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return name;
}

std::string heading(std::string_view text) {
  return fmt::format("\n{}-- {}\n\n", rule_line, text);
}

std::string emit_roles(const Plan &plan) {
  const Model &model = *plan.model;
  std::string out =
      heading("Roles of the API contexts. Grant them to the login roles of your pools.");
  std::vector<std::string> literals;
  std::vector<std::string> schemas;
  for (const ApiContext context : api_contexts) {
    literals.push_back(context_role(model, context));
  }
  for (const std::string &schema : plan.schemas) schemas.push_back(quote_identifier(schema));
  out += fmt::format(R"(do $roles$
declare
    wanted text;
    unfit text;
begin
    foreach wanted in array {} loop
        if not exists (select from pg_roles r where r.rolname = wanted) then
            execute format('create role %I nologin', wanted);
        end if;
        select concat_ws(', ',
                   case when r.rolsuper then 'is superuser' end,
                   case when r.rolbypassrls then 'has BYPASSRLS' end,
                   case when r.rolcanlogin then 'can log in' end,
                   case when exists (select from pg_auth_members m where m.member = r.oid)
                        then 'is a member of other roles' end,
                   case when exists (select from pg_shdepend d
                                      where d.refclassid = 'pg_authid'::regclass
                                        and d.refobjid = r.oid and d.deptype = 'o')
                        then 'owns objects' end)
          into unfit
          from pg_roles r where r.rolname = wanted;
        if unfit <> '' then
            raise exception 'role "%" cannot be a context role: it %', wanted, unfit
                using errcode = 'invalid_role_specification',
                      hint = 'A context role has what the policy grants and nothing else. Take the'
                             ' rest from it, or choose another name for the application.';
        end if;
    end loop;
end
$roles$;

grant usage on schema {} to {};
)",
                     text_array(literals), fmt::join(schemas, ", "), context_roles(model));
  return out;
}

std::string relation_functions(const Model &model) {
  std::vector<std::string> functions;
  for (const Relation &relation : model.relations) {
    if (!relation.contexts.empty()) functions.push_back(relation_function(relation, model) + "()");
  }
  return functions.empty() ? "array[]::text[]" : text_array(functions);
}

// Applying converges whatever was applied before, also where a table has left the policy.
std::string emit_take_back(const Plan &plan) {
  const Model &model = *plan.model;
  std::vector<std::string> roles;
  for (const ApiContext context : api_contexts) roles.push_back(context_role(model, context));
  return heading("Take back all that an earlier version of the policy gave.") +
         fmt::format(R"(do $take_back$
declare
    held record;
begin
    for held in
        select p.polname as policy, p.polrelid::regclass as relation
          from pg_policy p
         where p.polname ~ '^{}_(app|dashboard)_(floor|select|insert|update|delete)$'
    loop
        execute format('drop policy %I on %s', held.policy, held.relation);
    end loop;

    for held in
        select distinct c.oid::regclass as relation,
               case c.relkind when 'S' then 'sequence' else 'table' end as kind
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_class c on c.oid = d.objid
         where r.rolname = any ({})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_class'::regclass
           and d.deptype = 'a'
    loop
        execute format('revoke all on %s %s from {}',
                       held.kind, held.relation);
    end loop;

    for held in
        select p.oid::regprocedure as function
          from pg_proc p
         where starts_with(obj_description(p.oid, 'pg_proc'), {})
           and not exists (select from unnest({}) as kept (function)
                            where to_regprocedure(kept.function) = p.oid)
    loop
        execute format('drop function %s', held.function);
    end loop;
end
$take_back$;
)",
                     model.application, text_array(roles), context_roles(model),
                     quote_literal(relation_comment(model)), relation_functions(model));
}

std::string emit_sequences(const Plan &plan) {
  std::vector<std::vector<std::string>> rows;
  for (const TablePlan &table : plan.tables) {
    for (const ColumnGrant &grant : table.grants) {
      if (grant.verb != Verb::insert) continue;
      rows.push_back({quote_literal(qualified(table.table->name)),
                      quote_literal(context_role(*plan.model, grant.context))});
    }
  }
  if (rows.empty()) return {};
  return heading("Whoever inserts into a serial column draws from its sequence.") + "do " +
         dollar_quote("sequences", fmt::format(R"(
declare
    drawn record;
begin
    for drawn in
        select d.objid::regclass as sequence, inserted.role
          from (values
{}
          ) as inserted (relation, role)
          join pg_depend d on d.refclassid = 'pg_class'::regclass
                          and d.refobjid = inserted.relation::regclass
                          and d.classid = 'pg_class'::regclass
                          and d.deptype = 'a'
          join pg_class c on c.oid = d.objid and c.relkind = 'S'
    loop
        execute format('grant usage on sequence %s to %I', drawn.sequence, drawn.role);
    end loop;
end
)",
                                               values_rows(rows, 14))) +
         ";\n";
}

std::string sha256_hex(std::string_view text) {
  const std::optional<Digest> digest = sha256(text);
  if (!digest) throw std::runtime_error("the cryptographic library cannot compute SHA-256");
  std::string hex;
  for (const std::uint8_t byte : *digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

// The rules of each table, and the table with their hash: a table without the rules of its hash is
// closed to every context role.
std::string emit_rules(const Plan &plan) {
  const std::string application = quote_literal(plan.model->application);
  std::vector<std::vector<std::string>> rules;
  std::vector<std::vector<std::string>> tables;
  for (const TablePlan &table : plan.tables) {
    std::set<std::string> seen;
    std::vector<std::vector<std::string>> rows;
    for (const Grant &grant : table.table->grants) {
      std::vector<std::string> row{application,
                                   quote_literal(table.table->name.schema),
                                   quote_literal(table.table->name.name),
                                   quote_literal(name_of(grant.context)),
                                   grant.role.empty() ? "null" : quote_literal(grant.role),
                                   quote_literal(name_of(grant.verb)),
                                   grant.columns ? text_array(*grant.columns) : "null::text[]"};
      if (seen.insert(fmt::format("{}", fmt::join(row, " "))).second)
        rows.push_back(std::move(row));
    }
    const std::string hash = quote_literal(sha256_hex(values_rows(rows, 0)));
    tables.push_back({application, quote_literal(table.table->name.schema),
                      quote_literal(table.table->name.name), "'enforce'", "'strict'", hash,
                      "null::jsonb"});
    for (std::vector<std::string> &row : rows) {
      row.push_back(hash);
      rules.push_back(std::move(row));
    }
  }
  std::string out = fmt::format(
      "delete from tenancy.rule where application = {0};\n"
      "delete from tenancy.managed_table where application = {0};\n",
      application);
  if (!tables.empty()) {
    out += fmt::format(
        "insert into tenancy.managed_table\n    (application, schema_name, table_name, "
        "enforcement, columns, hash, before)\nvalues\n{};\n",
        values_rows(tables, 4));
  }
  if (!rules.empty()) {
    out += fmt::format(
        "insert into tenancy.rule\n    (application, schema_name, table_name, "
        "api_context, role, verb, columns, hash)\nvalues\n{};\n",
        values_rows(rules, 4));
  }
  return out;
}

std::string emit_record(const Plan &plan, const Source &source) {
  const Model &model = *plan.model;
  const std::string application = quote_literal(model.application);
  return heading("What was applied. The hash is the SHA-256 of the policy file.") +
         fmt::format(R"(insert into tenancy.application (name, directory_schema, directory_name)
values ({0}, {1}, {2})
on conflict (name) do update
    set directory_schema = excluded.directory_schema,
        directory_name = excluded.directory_name;

{3}
insert into tenancy.policy (application, hash, language_version, compiler_version, source)
select applied.*
  from (values (
    {0},
    {4},
    {5},
    {6},
    {7}
  )) as applied (application, hash, language_version, compiler_version, source)
 where not exists (
           select from (select p.hash, p.compiler_version
                          from tenancy.policy p
                         where p.application = {0}
                         order by p.id desc
                         limit 1) as newest
            where newest.hash = applied.hash
              and newest.compiler_version = applied.compiler_version);
)",
                     application, quote_literal(model.directory_function.schema),
                     quote_literal(model.directory_function.name), emit_rules(plan),
                     quote_literal(policy_hash(source)), language_version,
                     quote_literal(TENANCY_VERSION), dollar_quote("policy", source.record()));
}

}  // namespace

std::string emit(const Plan &plan, const Source &source) {
  std::string out = fmt::format(
      R"(-- {}: compiled from {} by pg_tenancy {}. Change that file, not this one.
-- Apply it as the owner of the tables with BYPASSRLS, or as a superuser. It may be applied again.

begin;
set local search_path = pg_catalog, pg_temp;
set local client_min_messages = warning;
set local lock_timeout = '5s';
)",
      plan.model->application, sql_file_name(source), TENANCY_VERSION);
  out += heading("What the policy takes for granted about this database.");
  out += emit_prerequisites(plan);
  out += emit_roles(plan);
  out += emit_take_back(plan);
  out += heading("Who belongs to which account and workspace, asked at each login.");
  out += emit_directory(plan, source);
  if (const std::string relations = emit_relations(plan, source); !relations.empty()) {
    out +=
        heading("Which rows a relation reaches, asked once for each query.") + relations.substr(1);
  }
  for (const TablePlan &table : plan.tables) out += emit_table(table, plan, source);
  out += emit_sequences(plan);
  out += heading("Views, functions and sequences that an API context may use.");
  out += emit_objects(plan, source);
  out += emit_record(plan, source);
  return out + "\ncommit;\n";
}

std::string policy_hash(const Source &source) {
  return sha256_hex(source.record());
}

std::string context_role(const Model &model, ApiContext context) {
  return fmt::format("{}_{}", model.application, name_of(context));
}

std::string context_roles(const Model &model) {
  return fmt::format("{}, {}", context_role(model, ApiContext::app),
                     context_role(model, ApiContext::dashboard));
}

std::string qualified(const TableName &table) {
  return quote_qualified(table.schema, table.name);
}

std::string reference(const Source &source, const std::vector<std::size_t> &places) {
  std::string out;
  std::string file;
  std::size_t last = 0;
  for (const std::size_t at : places) {
    const std::string name = sql_file_name(source, at);
    const std::size_t line = source.position(at).line;
    if (name != file) {
      out += fmt::format("{}{}:{}", out.empty() ? "" : ", ", name, line);
    } else if (line != last) {
      out += fmt::format(", {}", line);
    }
    file = name;
    last = line;
  }
  return out;
}

std::string column_list(const std::vector<std::string> &columns) {
  std::vector<std::string> quoted;
  for (const std::string &column : columns) quoted.push_back(quote_identifier(column));
  return fmt::format("({})", fmt::join(quoted, ", "));
}

std::string text_array(const std::vector<std::string> &values) {
  std::vector<std::string> quoted;
  for (const std::string &value : values) quoted.push_back(quote_literal(value));
  return fmt::format("array[{}]", fmt::join(quoted, ", "));
}

std::string dollar_quote(std::string_view name, std::string_view text) {
  std::string tag = fmt::format("${}$", name);
  // The end of the text and the tag after it must not make up a tag either.
  for (int n = 1; (std::string(text) + tag).find(tag) != text.size(); ++n) {
    tag = fmt::format("${}{}$", name, n);
  }
  return tag + std::string(text) + tag;
}

std::string values_rows(const std::vector<std::vector<std::string>> &rows, std::size_t indent) {
  std::vector<std::size_t> widths;
  for (const auto &row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size() + 2);
  }
  std::string out;
  for (const auto &row : rows) {
    if (!out.empty()) out += ",\n";
    out += std::string(indent, ' ') + "(";
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out += fmt::format("{:<{}}", row[i] + ",", widths[i]);
    }
    out += row.back() + ")";
  }
  return out;
}

}  // namespace tenancy::policy
