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
  return write_text_array(values);
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
  look_up_declared();
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
      {write_text_array(in_schema), write_text_array(named)});
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
  managed = write_text_array(ids);
  pinned = write_text_array(of);
  pin_columns = write_text_array(columns);
  pin_levels = write_text_array(levels);
  schemas = column(database.query("select oid from pg_namespace where nspname = any ($1::name[])",
                                  {write_text_array(plan.schemas)}),
                   0);
  const Rows members = database.query(
      R"(with recursive member (id, top) as (
  select t.id, t.id from unnest($1::oid[]) as t (id)
  union
  select i.inhrelid, m.top
    from member m
    join pg_inherits i on i.inhparent = m.id and i.inhrelid <> all ($1::oid[])
)
select m.id, m.top, c.relispartition and c.relkind in ('r', 'p'), c.oid::regclass
  from member m
  join pg_class c on c.oid = m.id
 order by m.id, m.top)",
      {managed});
  family = column(members, 0);
  family_top = column(members, 1);
  std::vector<std::string> forced;
  for (const LiveTable &table : tables) {
    if (!table.enforced()) continue;
    forced.push_back(table.id);
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string id(members.at(i, 0));
      if (members.at(i, 1) != table.id || id == table.id || members.at(i, 2) != "t") continue;
      partitions.push_back({id, std::string(members.at(i, 3)), table.plan});
      forced.push_back(id);
    }
  }
  closed = write_text_array(forced);
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
  contexts = write_text_array(ids);
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

void Inspection::look_up_declared() {
  const Model &model = *plan.model;
  const auto roles = [&](const std::vector<ApiContext> &names) {
    std::set<std::string> out;
    for (const ApiContext each : names) out.insert(context_role(model, each));
    return out;
  };
  // The server's spelling; empty where there is no such thing.
  const auto spelled = [&](const TableName &name, const char *kind) {
    const Rows found = database.query(
        R"(select c.oid::regclass
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = $1 and c.relname = $2 and c.relkind = $3)",
        {name.schema, name.name, kind});
    return found.size() == 0 ? std::string() : std::string(found.at(0, 0));
  };
  for (const Outside &each : model.outside) declared.outside.insert(each.role);
  for (const View &each : model.views) {
    const std::string name = spelled(each.name, "v");
    if (name.empty()) missing.push_back(qualified(each.name));
    declared.views[name] = roles(each.contexts);
    if (each.columns) declared.view_columns[name] = *each.columns;
  }
  for (const Sequence &each : model.sequences) {
    const std::string name = spelled(each.name, "S");
    declared.sequences[name] = roles(each.contexts);
  }
  const auto function = [&](const TableName &name, const std::vector<std::string> &arguments,
                            const std::vector<ApiContext> &names, bool definer) {
    // What is looked up by its types may lie where one has no USAGE, which is an error.
    const Rows found = database.query(
        R"(select p.oid::regprocedure
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 where n.nspname = $1 and p.proname = $2 and p.pronargs = cardinality($3::text[])
   and not exists (select
                     from unnest($3::text[], p.proargtypes::oid[]) as a (wanted, type)
                    where a.type is distinct from to_regtype(a.wanted)::oid))",
        {name.schema, name.name, write_text_array(arguments)});
    if (found.size() == 0) return;
    const std::string spelling(found.at(0, 0));
    declared.functions[spelling] = roles(names);
    if (definer) declared.definers.insert(spelling);
  };
  for (const Function &each : model.functions) {
    function(each.name, each.arguments, each.contexts, !each.definer.empty());
  }
  for (const Relation &each : model.relations) {
    if (!each.contexts.empty()) {
      function({model.account.table.schema, model.application + "_" + each.name}, {}, each.contexts,
               true);
    }
  }
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
          fmt::format("tenancy build {} --db \"$DATABASE\" | psql --quiet --set ON_ERROR_STOP=1 "
                      "\"$DATABASE\"",
                      shell_word(source.path()))};
}

void Inspection::find(std::string_view check, std::string object, std::string what, Fix fix,
                      const std::vector<std::string> &covers) {
  const auto known = std::find_if(checks().begin(), checks().end(),
                                  [&](const Check &each) { return each.name == check; });
  const Severity severity = known == checks().end() ? Severity::error : known->severity;
  covered_.emplace(check, object);
  for (const std::string &each : covers) covered_.emplace(check, each);
  const std::optional<std::size_t> at = place(object);
  findings.all.push_back(
      {std::string(check), severity, at, std::move(object), std::move(what), std::move(fix)});
}

// `public.documents`, `title_key on public.documents`, `public.documents.title` and the like.
std::optional<std::size_t> Inspection::place(std::string_view object) const {
  for (const LiveTable &table : tables) {
    const std::string_view name = table.object;
    const bool begins =
        object.starts_with(name) &&
        (object.size() == name.size() || object[name.size()] == '.' || object[name.size()] == ' ');
    if (begins || object.ends_with(" on " + table.object)) return table.plan->table->at;
  }
  return std::nullopt;
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
