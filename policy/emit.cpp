#include "policy/emit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ident.hpp"

namespace tenancy::policy {

namespace {

std::string emit_roles(const Plan &plan) {
  const Model &model = *plan.model;
  std::vector<std::string> schemas;
  for (const std::string &schema : plan.schemas) schemas.push_back(quote_identifier(schema));
  return fmt::format(R"(do $roles$
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
                     context_role_array(model), fmt::join(schemas, ", "), context_roles(model));
}

class Emitter {
 public:
  Emitter(const Plan &plan, const Source &source, const Schema *schema, Form form)
      : plan_(plan), source_(source), schema_(schema), form_(form) {
    for (const TablePlan &table : plan.tables) all_.push_back(&table);
  }

  Script emit() {
    script_.application = plan_.model->application;
    script_.origin = file_label(source_);
    script_.source_hash = hash_of(source_.record());
    emit_prepare(plan_, source_, schema_, script_);
    emit_tables();
    const std::string objects = emit_object_prerequisites(plan_);
    add("What the policy takes for granted about this database",
        emit_prerequisites(plan_) + (objects.empty() ? "" : "\n" + objects));
    script_.statements.back().checks = true;
    frame("Roles of the API contexts. Grant them to the login roles of your pools",
          emit_roles(plan_) + "\n" + emit_application(plan_));
    take_back();
    frame("Who belongs to which account and workspace, asked at each login",
          emit_directory(plan_, source_), directory_comment());
    if (const std::string relations = emit_relations(plan_, source_); !relations.empty()) {
      frame("Which rows a relation reaches, asked once for each query", relations.substr(1));
    }
    for (Statement &statement : tables_) script_.statements.push_back(std::move(statement));
    if (form_ == Form::script && schema_ == nullptr) {
      add("Partitions, where there are any, are closed to whoever names them",
          emit_partitions(plan_, enforced()));
    }
    frame("Whoever inserts into a serial column draws from its sequence", emit_sequences(plan_));
    frame("Views, functions and sequences that an API context may use",
          emit_objects(plan_, source_) + "\n" + emit_drop_relations(plan_));
    if (form_ == Form::script) {
      add("The rules by themselves, and what all tables have become",
          emit_rules(plan_, all_).substr(1) + emit_state(plan_, all_));
    }
    script_.frame_hash = hash_of(frame_);
    add("What was applied. The hash is the SHA-256 of the policy file",
        emit_record(plan_, source_, script_.frame_hash));
    return std::move(script_);
  }

 private:
  std::string directory_comment() const {
    const Model &model = *plan_.model;
    return fmt::format("comment on function {}(text, text, text, text) is {};\n",
                       qualified(model.directory_function),
                       quote_literal(origin_comment(reference(source_, {model.account.at}))));
  }

  void add(std::string title, std::string_view sql, std::string comments = {}) {
    Statement statement;
    statement.title = std::move(title);
    statement.sql = with_notes(sql);
    statement.comments = std::move(comments);
    script_.statements.push_back(std::move(statement));
  }

  // What is no table's, the same in both forms.
  void frame(std::string title, std::string_view sql, std::string comments = {}) {
    frame_ += without_notes(sql);
    add(std::move(title), sql, std::move(comments));
  }

  void take_back() {
    if (form_ == Form::steps) {
      add("Take back what has left the policy",
          emit_take_back(plan_, all_, Among::others) + "\n" + emit_set_aside(plan_));
      script_.unfit = query_unfit_relations(plan_);
      return;
    }
    add("What is there before the policy, for its removal", emit_managed(plan_, all_, hashes_));
    add("Take back all that an earlier version of the policy gave",
        emit_take_back(plan_, all_, Among::others) + "\n" +
            emit_take_back(plan_, all_, Among::these));
  }

  Tables enforced() const {
    Tables tables;
    for (const TablePlan *table : all_) {
      if (table->table->enforcement == Enforcement::enforce) tables.push_back(table);
    }
    return tables;
  }

  bool has_partitions(const TablePlan &table) const {
    if (table.table->enforcement == Enforcement::report) return false;
    if (schema_ == nullptr) return form_ == Form::steps;
    const SchemaTable *there = schema_->find_table(table.table->name);
    return there != nullptr && there->partitioned_by.has_value();
  }

  void emit_tables() {
    for (const TablePlan *table : all_) {
      const Tables only{table};
      EmittedTable emitted = emit_table(*table, plan_, source_);
      const std::string rules = emit_rules(plan_, only);
      Statement statement;
      statement.table = table->table->name;
      statement.title =
          fmt::format("{}: {}", qualified(table->table->name), scope_of(*table->table));
      statement.reference = reference(source_, {table->table->at});
      statement.hash = hash_of(without_notes(emitted.sql) + rules);
      statement.sql = with_notes(emitted.sql);
      if (has_partitions(*table)) statement.sql += "\n" + emit_partitions(plan_, only);
      statement.comments = std::move(emitted.comments);
      hashes_.push_back(statement.hash);
      if (form_ == Form::steps) {
        statement.sql = emit_managed(plan_, only, {statement.hash}) +
                        emit_take_back(plan_, only, Among::these) + statement.sql + rules +
                        emit_state(plan_, only);
      }
      tables_.push_back(std::move(statement));
    }
  }

  const Plan &plan_;
  const Source &source_;
  const Schema *schema_;
  Form form_;
  Script script_;
  std::string frame_;
  Tables all_;
  std::vector<std::string> hashes_;
  std::vector<Statement> tables_;
};

}  // namespace

Script emit(const Plan &plan, const Source &source, const Schema *schema, Form form) {
  return Emitter(plan, source, schema, form).emit();
}

std::string file_label(const Source &source, std::size_t at) {
  std::string name = source.name_at(at);
  for (char &c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return name;
}

std::string context_role(const Model &model, ApiContext context) {
  return fmt::format("{}_{}", model.application, name_of(context));
}

std::string context_roles(const Model &model) {
  return fmt::format("{}, {}", context_role(model, ApiContext::app),
                     context_role(model, ApiContext::dashboard));
}

std::string context_role_array(const Model &model) {
  std::vector<std::string> roles;
  for (const ApiContext context : api_contexts) roles.push_back(context_role(model, context));
  return text_array(roles);
}

std::string policy_pattern(const Model &model) {
  return fmt::format(
      "^{0}_((app|dashboard)_(floor|select|insert|update|delete)"
      "|report_(open|select|insert|update|delete))$",
      model.application);
}

std::string origin_comment(std::string_view reference) {
  return fmt::format("{}; compiled by pg_tenancy", reference);
}

std::string qualified(const TableName &table) {
  return quote_qualified(table.schema, table.name);
}

std::string reference(const Source &source, const std::vector<std::size_t> &places) {
  std::string out;
  std::string file;
  std::size_t last = 0;
  for (const std::size_t at : places) {
    const std::string name = file_label(source, at);
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
