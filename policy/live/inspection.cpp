#include "policy/live/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

std::string column(const Rows &rows, std::size_t column) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < rows.size(); ++i) values.emplace_back(rows.at(i, column));
  return write_array(values);
}

std::vector<std::string> lines(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string shell_word(const std::string &text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  return text.find_first_not_of(plain) == text.npos ? text : out + "'";
}

}  // namespace

std::string write_array(const std::vector<std::string> &elements) {
  std::string out = "{";
  for (const std::string &element : elements) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

Inspection::Inspection(Database &db, const Plan &compiled, const Source &file)
    : database(db), plan(compiled), source(file) {
  const Rows there = database.query(
      "select current_database(), exists (select from pg_extension where extname = 'pg_tenancy')");
  if (there.at(0, 1) != "t") {
    throw std::runtime_error(fmt::format(
        "extension \"pg_tenancy\" is not installed in database \"{}\"", there.at(0, 0)));
  }
  look_up_tables();
  look_up_roles();
}

void Inspection::look_up_tables() {
  std::vector<std::string> in_schema;
  std::vector<std::string> named;
  for (const TablePlan &table : plan.tables) {
    in_schema.push_back(table.table->name.schema);
    named.push_back(table.table->name.name);
  }
  const Rows found = database.query(
      R"(select c.oid, c.oid::regclass
  from unnest($1::name[], $2::name[]) with ordinality as wanted (schema, name, n)
  left join pg_namespace s on s.nspname = wanted.schema
  left join pg_class c on c.relnamespace = s.oid and c.relname = wanted.name
                      and c.relkind in ('r', 'p')
 order by wanted.n)",
      {write_array(in_schema), write_array(named)});
  std::vector<std::string> ids;
  std::vector<std::string> of;
  std::vector<std::string> columns;
  std::vector<std::string> levels;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const TablePlan &table = plan.tables[i];
    if (found.is_null(i, 0)) {
      missing.push_back(qualified(table.table->name));
      continue;
    }
    tables.push_back({std::string(found.at(i, 0)), std::string(found.at(i, 1)), &table});
    ids.push_back(tables.back().id);
    for (const auto &[name, accessor] : table.floor) {
      of.push_back(tables.back().id);
      columns.push_back(name);
      levels.push_back(accessor);
    }
  }
  managed = write_array(ids);
  pinned = write_array(of);
  pin_columns = write_array(columns);
  pin_levels = write_array(levels);
  schemas = column(database.query("select oid from pg_namespace where nspname = any ($1::name[])",
                                  {write_array(plan.schemas)}),
                   0);
  const Rows members = database.query(
      R"(with recursive member (id, top) as (
  select t.id, t.id from unnest($1::oid[]) as t (id)
  union
  select i.inhrelid, m.top
    from member m
    join pg_inherits i on i.inhparent = m.id and i.inhrelid <> all ($1::oid[])
)
select id, top from member order by id, top)",
      {managed});
  family = column(members, 0);
  family_top = column(members, 1);
}

void Inspection::look_up_roles() {
  std::vector<std::string> ids;
  for (const ApiContext each : api_contexts) {
    const std::string name = context_role(*plan.model, each);
    const Rows role = database.query("select oid from pg_roles where rolname = $1", {name});
    if (role.size() == 0) {
      missing_roles.push_back(name);
      continue;
    }
    context.emplace(name, each);
    ids.emplace_back(role.at(0, 0));
  }
  contexts = write_array(ids);
  pools = "{}";
  if (may("select has_table_privilege('tenancy.pool', 'select')")) {
    const Rows found = database.query(
        R"(select distinct r.oid
  from tenancy.pool p
  join pg_roles r on r.rolname = p.login_role
 where p.application = $1)",
        {plan.model->application});
    pool_count = found.size();
    pools = column(found, 0);
  } else {
    not_seen(
        "which roles are pools: tenancy.pool needs tenancy_auditor; context roles alone were "
        "looked at");
  }
  // A superuser is everybody; that is a finding of its own.
  reached = column(database.query(fmt::format(R"(select distinct r.oid
  from pg_roles m
  join pg_roles r on r.oid = m.oid or {}
 where m.oid = any ($1::oid[] || $2::oid[]) and not m.rolsuper
 order by r.oid)",
                                              reaches("m.oid", "r.oid")),
                                  {contexts, pools}),
                   0);
}

std::string Inspection::reaches(std::string_view member, std::string_view role) const {
  if (database.version() < 160000)
    return fmt::format("pg_has_role({}, {}, 'member')", member, role);
  return fmt::format(
      "(pg_has_role({0}, {1}, 'set') or pg_has_role({0}, {1}, 'usage')"
      " or pg_has_role({0}, {1}, 'member with admin option'))",
      member, role);
}

Fix Inspection::apply() const {
  return {Fix::Kind::command,
          fmt::format("tenancy build {} | psql --quiet --set ON_ERROR_STOP=1 \"$DATABASE\"",
                      shell_word(source.path()))};
}

void Inspection::find(std::string_view check, std::string object, std::string what, Fix fix,
                      const std::vector<std::string> &covers) {
  const auto known = std::find_if(checks().begin(), checks().end(),
                                  [&](const Check &each) { return each.name == check; });
  const Severity severity = known == checks().end() ? Severity::error : known->severity;
  covered_.emplace(check, object);
  for (const std::string &each : covers) covered_.emplace(check, each);
  findings.all.push_back(
      {std::string(check), severity, std::move(object), std::move(what), std::move(fix)});
}

void Inspection::find_all(std::string_view check, const std::string &sql,
                          const Parameters &parameters) {
  const Rows rows = database.query(sql, parameters);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<std::string> covers;
    if (rows.columns() > 3) covers = lines(rows.at(i, 3));
    find(check, std::string(rows.at(i, 0)), std::string(rows.at(i, 1)),
         {Fix::Kind::sql, std::string(rows.at(i, 2))}, covers);
  }
}

bool Inspection::is_covered(const std::string &check, const std::string &object) const {
  return covered_.contains({check, object});
}

bool Inspection::may(const std::string &sql) const {
  return database.query(sql).at(0, 0) == "t";
}

}  // namespace tenancy::policy
