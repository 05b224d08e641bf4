#include <fmt/format.h>

#include <iterator>

#include "core/ident.hpp"
#include "policy/schema_file.hpp"
#include "policy/schema_words.hpp"
#include "policy/yaml_scalar.hpp"

namespace tenancy::policy {

namespace {

std::string sql(const TableName &name) {
  return quote_qualified(name.schema, name.name);
}

std::string sql_list(const std::vector<std::string> &names) {
  std::string out;
  for (const std::string &name : names) {
    out += (out.empty() ? "(" : ", ") + quote_identifier(name);
  }
  return out + ")";
}

std::string column_text(const SchemaColumn &column) {
  std::string out = column.type;
  if (!column.deterministic) out += " collate nondeterministic";
  if (column.not_null) out += " not null";
  if (column.identity != Identity::no) {
    out += fmt::format(" generated {} as identity", word_of(column.identity));
  } else if (column.generated != Generated::no) {
    out += fmt::format(" generated always as ({}) {}", column.generated_from.value_or(""),
                       word_of(column.generated));
  } else if (column.default_value) {
    out += " default " + *column.default_value;
  }
  return out;
}

std::string key_text(const SchemaKey &key) {
  std::string out(word_of(key.kind));
  if (key.nulls_not_distinct) out += " nulls not distinct";
  if (key.kind == KeyKind::exclusion) {
    std::string list;
    for (std::size_t i = 0; i < key.columns.size(); ++i) {
      const std::string &column = key.columns[i];
      list += fmt::format("{}{} with {}", i > 0 ? ", " : "",
                          column.empty() ? "()" : quote_identifier(column), key.operators.at(i));
    }
    out += " (" + list + ")";
  } else {
    out += " " + sql_list(key.columns);
  }
  if (key.without_overlaps) out += " without overlaps";
  if (key.deferrable) out += " deferrable";
  return out;
}

std::string foreign_key_text(const SchemaForeignKey &key) {
  std::string out = fmt::format("{} references {} {}", sql_list(key.columns), sql(key.referenced),
                                sql_list(key.referenced_columns));
  if (key.period) out += " period";
  if (key.match_full) out += " match full";
  if (key.on_update != ForeignAction::no_action) {
    out += fmt::format(" on update {}", word_of(key.on_update));
  }
  if (key.on_delete != ForeignAction::no_action) {
    out += fmt::format(" on delete {}", word_of(key.on_delete));
    if (!key.delete_columns.empty()) out += " " + sql_list(key.delete_columns);
  }
  if (!key.validated) out += " not valid";
  return out;
}

std::string index_text(const SchemaIndex &index) {
  std::string out = fmt::format("{}{} ", index.unique ? "unique " : "", index.method);
  std::string elements;
  for (const IndexElement &element : index.elements) {
    elements += elements.empty() ? "(" : ", ";
    elements +=
        element.column.empty() ? "(" + element.expression + ")" : quote_identifier(element.column);
  }
  out += elements + ")";
  if (!index.include.empty()) out += " include " + sql_list(index.include);
  if (index.nulls_not_distinct) out += " nulls not distinct";
  if (!index.valid) out += " invalid";
  if (index.where) out += " where " + *index.where;
  return out;
}

class Writer {
 public:
  std::string schema(const Schema &schema) {
    out_ =
        "# The tables as `tenancy schema dump` read them. Do not edit: dump again, and review what "
        "changed.\n";
    line(0, "schema", "1");
    line(0, "postgresql", std::to_string(schema.server));
    section(0, "types", schema.types, [&](const SchemaType &t) { type(t); });
    section(0, "tables", schema.tables, [&](const SchemaTable &t) { table(schema, t); });
    section(0, "views", schema.views, [&](const SchemaView &v) { view(v); });
    section(0, "functions", schema.functions, [&](const SchemaFunction &f) { function(f); });
    section(0, "sequences", schema.sequences, [&](const SchemaSequence &s) { sequence(s); });
    out_ += "complete: true\n";
    return std::move(out_);
  }

 private:
  void key(int depth, std::string_view name) {
    out_.append(static_cast<std::size_t>(depth) * 2, ' ');
    out_ += yaml_scalar(name, Place::block) + ":";
  }

  void line(int depth, std::string_view name, std::string_view value) {
    key(depth, name);
    out_ += " " + yaml_scalar(value, Place::block) + "\n";
  }

  template <class Items, class Write>
  void section(int depth, std::string_view name, const Items &items, Write write) {
    if (items.empty()) return;
    key(depth, name);
    out_ += "\n";
    for (const auto &item : items) write(item);
  }

  // { name: value, ... }
  void add(std::string &flow, std::string_view name, std::string_view value) {
    flow += fmt::format("{}{}: {}", flow.empty() ? "" : ", ", name, value);
  }

  template <class Items, class Text>
  std::string flow_list(const Items &items, Text text) {
    std::string list;
    for (const auto &item : items) {
      list += (list.empty() ? "" : ", ") + yaml_scalar(text(item), Place::flow);
    }
    return "[" + list + "]";
  }

  std::string flow_list(const std::vector<std::string> &items) {
    return flow_list(items, [](const std::string &item) { return item; });
  }

  void type(const SchemaType &type) {
    std::string flow;
    add(flow, "class", name_of(type.type_class));
    std::vector<std::string> leakproof;
    if (type.leakproof_equal) leakproof.emplace_back("equal");
    if (type.leakproof_less) leakproof.emplace_back("less");
    if (!leakproof.empty()) add(flow, "leakproof", flow_list(leakproof));
    if (!type.domain_over.empty()) {
      add(flow, "domain_over", yaml_scalar(type.domain_over, Place::flow));
    }
    if (type.domain_not_null) add(flow, "not_null", "true");
    if (!type.labels.empty()) add(flow, "labels", flow_list(type.labels));
    key(1, type.name);
    out_ += " { " + flow + " }\n";
  }

  void columns(const std::vector<SchemaColumn> &columns) {
    if (columns.empty()) {
      key(2, "columns");
      out_ += " {}\n";
    }
    section(2, "columns", columns, [&](const SchemaColumn &c) { line(3, c.name, column_text(c)); });
  }

  void table(const Schema &schema, const SchemaTable &table) {
    key(1, sql(table.name));
    out_ += "\n";
    line(2, "owner", table.owner);
    if (table.foreign) line(2, "kind", "foreign");
    if (table.partition_of) line(2, "partition_of", sql(*table.partition_of));
    if (table.partitioned_by) line(2, "partitioned_by", *table.partitioned_by);
    if (!table.inherits.empty()) {
      key(2, "inherits");
      out_ += " " + flow_list(table.inherits, sql) + "\n";
    }
    if (table.row_security != RowSecurity::off) {
      line(2, "row_security", word_of(table.row_security));
    }
    const SchemaTable *parent =
        table.partition_of ? schema.find_table(*table.partition_of) : nullptr;
    if (parent == nullptr || parent->columns != table.columns) columns(table.columns);
    section(2, "keys", table.keys, [&](const SchemaKey &k) { line(3, k.name, key_text(k)); });
    section(2, "foreign_keys", table.foreign_keys,
            [&](const SchemaForeignKey &k) { line(3, k.name, foreign_key_text(k)); });
    section(2, "indexes", table.indexes,
            [&](const SchemaIndex &i) { line(3, i.name, index_text(i)); });
  }

  void view(const SchemaView &view) {
    key(1, sql(view.name));
    out_ += "\n";
    line(2, "owner", view.owner);
    if (view.materialized) line(2, "kind", "materialized");
    if (!view.materialized) line(2, "security", view.security_invoker ? "invoker" : "definer");
    columns(view.columns);
  }

  // A list: a signature may be longer than a key of YAML can be.
  void function(const SchemaFunction &function) {
    std::string flow;
    add(flow, "name", yaml_scalar(sql(function.name), Place::flow));
    add(flow, "arguments", flow_list(function.arguments));
    if (function.kind != RoutineKind::function) add(flow, "kind", word_of(function.kind));
    if (!function.returns.empty()) add(flow, "returns", yaml_scalar(function.returns, Place::flow));
    add(flow, "volatility", word_of(function.volatility));
    add(flow, "security", function.security_definer ? "definer" : "invoker");
    if (function.pins_search_path) add(flow, "pins_search_path", "true");
    if (function.leakproof) add(flow, "leakproof", "true");
    add(flow, "owner", yaml_scalar(function.owner, Place::flow));
    out_ += "  - { " + flow + " }\n";
  }

  void sequence(const SchemaSequence &sequence) {
    std::string flow;
    add(flow, "owner", yaml_scalar(sequence.owner, Place::flow));
    if (const auto &by = sequence.owned_by) {
      const std::string column = sql(by->table) + "." + quote_identifier(by->column);
      add(flow, "owned_by", yaml_scalar(column, Place::flow));
      if (by->identity) add(flow, "identity", "true");
    }
    key(1, sql(sequence.name));
    out_ += " { " + flow + " }\n";
  }

  std::string out_;
};

}  // namespace

std::string format_schema(const Schema &schema) {
  return Writer().schema(schema);
}

}  // namespace tenancy::policy
