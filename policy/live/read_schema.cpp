#include "policy/live/read_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/live/schema_queries.hpp"
#include "policy/live/text_array.hpp"
#include "policy/schema_words.hpp"

namespace tenancy::policy {

namespace {

std::string text(const Rows &rows, std::size_t row, std::size_t column) {
  return std::string(rows.at(row, column));
}

std::optional<std::string> optional_text(const Rows &rows, std::size_t row, std::size_t column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return text(rows, row, column);
}

bool flag(const Rows &rows, std::size_t row, std::size_t column) {
  return rows.at(row, column) == "t";
}

char letter(const Rows &rows, std::size_t row, std::size_t column) {
  const std::string_view value = rows.at(row, column);
  return value.empty() ? '\0' : value[0];
}

std::vector<std::string> list(const Rows &rows, std::size_t row, std::size_t column) {
  return read_text_array(rows.at(row, column));
}

ForeignAction action(char letter) {
  switch (letter) {
    case 'r':
      return ForeignAction::restrict;
    case 'c':
      return ForeignAction::cascade;
    case 'n':
      return ForeignAction::set_null;
    case 'd':
      return ForeignAction::set_default;
    default:
      return ForeignAction::no_action;
  }
}

TypeClass type_class(std::string_view name) {
  const auto found = std::find_if(type_class_words.begin(), type_class_words.end(),
                                  [&](const auto &word) { return word.first == name; });
  return found == type_class_words.end() ? TypeClass::other : found->second;
}

class CatalogReader {
 public:
  CatalogReader(Database &database, const std::vector<std::string> &schema_names)
      : database_(database) {
    read_schema_names(schema_names);
  }

  Schema read() {
    schema_.server = database_.version() / 10000;
    relations();
    columns();
    types();
    keys();
    foreign_keys();
    indexes();
    functions();
    sequences();
    schema_.arrange();
    return std::move(schema_);
  }

 private:
  Rows ask(const std::string &sql, const std::string &parameter) {
    return database_.query(sql, {parameter});
  }

  void read_schema_names(const std::vector<std::string> &wanted) {
    const Rows rows =
        database_.query(schema_queries::schemas,
                        {wanted.empty() ? std::optional<std::string>() : write_text_array(wanted)});
    std::vector<std::string> found;
    for (std::size_t i = 0; i < rows.size(); ++i) found.push_back(text(rows, i, 0));
    for (const std::string &name : wanted) {
      if (std::find(found.begin(), found.end(), name) != found.end()) continue;
      throw DatabaseError(
          fmt::format("there is no schema \"{}\" to read", name), "3F000", "",
          "name a schema of the application, not one of an extension or the system");
    }
    schema_names_ = write_text_array(found);
  }

  void relations() {
    const Rows rows = ask(schema_queries::relations, schema_names_);
    std::vector<std::string> oids;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string oid = text(rows, i, 0);
      oids.push_back(oid);
      TableName name{text(rows, i, 1), text(rows, i, 2)};
      const char kind = letter(rows, i, 4);
      if (kind == 'v' || kind == 'm') {
        view_at_.emplace(oid, schema_.views.size());
        SchemaView &view = schema_.views.emplace_back();
        view.name = std::move(name);
        view.owner = text(rows, i, 3);
        view.materialized = kind == 'm';
        view.security_invoker = flag(rows, i, 11);
        continue;
      }
      table_at_.emplace(oid, schema_.tables.size());
      SchemaTable &table = schema_.tables.emplace_back();
      table.name = std::move(name);
      table.owner = text(rows, i, 3);
      table.foreign = kind == 'f';
      table.partitioned_by = optional_text(rows, i, 5);
      // FORCE without ENABLE does nothing.
      table.row_security = !flag(rows, i, 7)  ? RowSecurity::off
                           : flag(rows, i, 8) ? RowSecurity::forced
                                              : RowSecurity::enabled;
      const std::vector<std::string> parent_schemas = list(rows, i, 9);
      const std::vector<std::string> parents = list(rows, i, 10);
      for (std::size_t p = 0; p < parents.size(); ++p) {
        if (flag(rows, i, 6)) table.partition_of = {parent_schemas[p], parents[p]};
        if (!flag(rows, i, 6)) table.inherits.push_back({parent_schemas[p], parents[p]});
      }
    }
    relations_ = write_text_array(oids);
  }

  SchemaTable &table(const Rows &rows, std::size_t row) {
    return schema_.tables[table_at_.at(text(rows, row, 0))];
  }

  void columns() {
    const Rows rows = ask(schema_queries::columns, relations_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto view = view_at_.find(text(rows, i, 0));
      SchemaColumn &column = view == view_at_.end()
                                 ? table(rows, i).columns.emplace_back()
                                 : schema_.views[view->second].columns.emplace_back();
      column.name = text(rows, i, 1);
      column.type = text(rows, i, 2);
      column.deterministic = flag(rows, i, 7);
      if (view != view_at_.end()) continue;
      column.not_null = flag(rows, i, 3);
      const char generated = letter(rows, i, 5);
      const char identity = letter(rows, i, 6);
      column.generated = generated == 's'   ? Generated::stored
                         : generated == 'v' ? Generated::computed
                                            : Generated::no;
      column.identity = identity == 'a'   ? Identity::always
                        : identity == 'd' ? Identity::by_default
                                          : Identity::no;
      (column.generated == Generated::no ? column.default_value : column.generated_from) =
          optional_text(rows, i, 4);
    }
  }

  void types() {
    const Rows rows = ask(schema_queries::types, relations_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      schema_.types.push_back({text(rows, i, 0), type_class(rows.at(i, 1)), flag(rows, i, 2),
                               flag(rows, i, 3), list(rows, i, 4), text(rows, i, 5),
                               flag(rows, i, 6)});
    }
  }

  void keys() {
    const Rows rows = ask(schema_queries::keys, relations_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const char kind = letter(rows, i, 2);
      table(rows, i).keys.push_back({text(rows, i, 1),
                                     kind == 'p'   ? KeyKind::primary
                                     : kind == 'u' ? KeyKind::unique
                                                   : KeyKind::exclusion,
                                     list(rows, i, 3), list(rows, i, 4), flag(rows, i, 5),
                                     flag(rows, i, 6), flag(rows, i, 7)});
    }
  }

  void foreign_keys() {
    const Rows rows = ask(schema_queries::foreign_keys(database_.version()), relations_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      table(rows, i).foreign_keys.push_back({text(rows, i, 1),
                                             list(rows, i, 2),
                                             {text(rows, i, 3), text(rows, i, 4)},
                                             list(rows, i, 5),
                                             action(letter(rows, i, 6)),
                                             action(letter(rows, i, 7)),
                                             list(rows, i, 8),
                                             letter(rows, i, 9) == 'f',
                                             flag(rows, i, 10),
                                             flag(rows, i, 11)});
    }
  }

  void indexes() {
    const Rows rows = ask(schema_queries::indexes, relations_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // Those of materialized views make no difference to a policy.
      if (!table_at_.contains(text(rows, i, 0))) continue;
      SchemaIndex &index = table(rows, i).indexes.emplace_back();
      index.name = text(rows, i, 1);
      index.method = text(rows, i, 2);
      index.unique = flag(rows, i, 3);
      index.nulls_not_distinct = flag(rows, i, 4);
      index.valid = flag(rows, i, 5);
      const std::vector<std::string> names = list(rows, i, 6);
      const std::vector<std::string> expressions = list(rows, i, 7);
      for (std::size_t n = 0; n < names.size(); ++n) {
        index.elements.push_back({names[n], expressions[n]});
      }
      index.include = list(rows, i, 8);
      index.where = optional_text(rows, i, 9);
    }
  }

  void functions() {
    const Rows rows = ask(schema_queries::functions, schema_names_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      SchemaFunction &function = schema_.functions.emplace_back();
      function.name = {text(rows, i, 0), text(rows, i, 1)};
      function.arguments = list(rows, i, 2);
      const char kind = letter(rows, i, 3);
      function.kind = kind == 'p'   ? RoutineKind::procedure
                      : kind == 'a' ? RoutineKind::aggregate
                      : kind == 'w' ? RoutineKind::window
                                    : RoutineKind::function;
      function.returns = text(rows, i, 4);
      function.owner = text(rows, i, 5);
      function.security_definer = flag(rows, i, 6);
      function.pins_search_path = flag(rows, i, 7);
      function.leakproof = flag(rows, i, 8);
      const char volatility = letter(rows, i, 9);
      function.volatility = volatility == 'i'   ? Volatility::immutable
                            : volatility == 's' ? Volatility::stable
                                                : Volatility::is_volatile;
    }
  }

  void sequences() {
    const Rows rows = ask(schema_queries::sequences, schema_names_);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      SchemaSequence &sequence = schema_.sequences.emplace_back();
      sequence.name = {text(rows, i, 0), text(rows, i, 1)};
      sequence.owner = text(rows, i, 2);
      if (rows.is_null(i, 3)) continue;
      sequence.owned_by =
          SequenceOwner{{text(rows, i, 3), text(rows, i, 4)}, text(rows, i, 5), flag(rows, i, 6)};
    }
  }

  Database &database_;
  Schema schema_;
  std::string schema_names_;                     // as text[]
  std::string relations_;                        // as oid[]
  std::map<std::string, std::size_t> table_at_;  // by OID
  std::map<std::string, std::size_t> view_at_;
};

}  // namespace

Schema read_schema(Database &database, const std::vector<std::string> &schema_names) {
  Transaction transaction(database, "isolation level repeatable read, read only");
  database.execute(schema_queries::pin_settings);
  Schema schema = CatalogReader(database, schema_names).read();
  transaction.commit();
  return schema;
}

}  // namespace tenancy::policy
