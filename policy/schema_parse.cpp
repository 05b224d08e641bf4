#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "policy/reader.hpp"
#include "policy/schema_file.hpp"
#include "policy/schema_lines.hpp"
#include "policy/schema_words.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

namespace {

constexpr const char *again = "dump the schema again";

class Parser {
 public:
  Parser(const Source &source, Diagnostics &diagnostics)
      : source_(source), diagnostics_(diagnostics), errors_before_(diagnostics.errors()) {}

  void file(const Node &root) {
    MappingReader file(
        root, "the schema file",
        {"schema", "postgresql", "types", "tables", "views", "functions", "sequences", "complete"},
        diagnostics_);
    if (const Node *node = file.require("postgresql")) server(*node);
    // It is the last line: without it the file was cut off.
    if (const Node *node = file.require("complete")) flag(node);
    each_member(file.find("types"), "types", [&](const Member &m) { type(m); });
    std::sort(schema_.types.begin(), schema_.types.end(),
              [](const SchemaType &a, const SchemaType &b) { return a.name < b.name; });
    each_member(file.find("tables"), "tables", [&](const Member &m) { table(m); });
    each_member(file.find("views"), "views", [&](const Member &m) { view(m); });
    each_item(file.find("functions"), "functions", [&](const Node &n) { function(n); });
    each_member(file.find("sequences"), "sequences", [&](const Member &m) { sequence(m); });
    schema_.arrange();
    if (diagnostics_.errors() == errors_before_ && check_partitions()) fill_partitions();
  }

  Schema take() { return std::move(schema_); }

 private:
  void error(const Node &node, std::string message) {
    diagnostics_.error("schema", std::move(message), node.span, again);
  }

  template <class Visit>
  void each_member(const Node *node, std::string_view what, Visit visit) {
    if (node == nullptr || !expect_mapping(*node, what, diagnostics_)) return;
    for (const Member &member : node->members) visit(member);
  }

  template <class Visit>
  void each_item(const Node *node, std::string_view what, Visit visit) {
    if (node == nullptr || node->kind == Node::Kind::refused) return;
    if (node->kind != Node::Kind::sequence) {
      error(*node, fmt::format("{} is no list", what));
      return;
    }
    for (const Node &item : node->items) visit(item);
  }

  // Empty, and reported, if it is no scalar.
  std::string text(const Node *node) {
    if (node == nullptr || node->kind == Node::Kind::refused) return {};
    if (node->kind != Node::Kind::scalar) error(*node, "here should be text");
    return node->text;
  }

  std::vector<std::string> texts(const Node *node, std::string_view what) {
    std::vector<std::string> all;
    each_item(node, what, [&](const Node &item) { all.push_back(text(&item)); });
    return all;
  }

  bool flag(const Node *node) {
    if (node == nullptr) return false;
    if (text(node) != "true") error(*node, "here stands \"true\" or nothing");
    return true;
  }

  template <class Value, std::size_t size>
  Value word(const Node *node, const std::array<Word<Value>, size> &words, Value absent) {
    if (node == nullptr) return absent;
    const std::string wanted = text(node);
    const auto found =
        std::find_if(words.begin(), words.end(), [&](const auto &w) { return w.first == wanted; });
    if (found != words.end()) return found->second;
    std::vector<std::string> known;
    for (const auto &[each, value] : words) known.emplace_back(each);
    diagnostics_.error("schema", fmt::format("\"{}\" is no word for this place", wanted),
                       node->span, suggest(wanted, known));
    return absent;
  }

  // read(words) on the whole text of a scalar.
  template <class Read>
  auto sql(const Node &node, Read read) {
    const std::string content = text(&node);
    SqlWords words(content);
    auto result = read(words);
    words.finish();
    if (words.failed() && node.kind == Node::Kind::scalar) {
      const std::size_t at = source_offset(source_, node, words.at());
      diagnostics_.error("schema", fmt::format("here should be {}", words.wanted()), {at, at},
                         again);
    }
    return result;
  }

  TableName qualified(const Node &node) {
    return sql(node, [](SqlWords &words) { return words.qualified(); });
  }

  // Tables, views and sequences share their names; one name can be spelled in two ways.
  TableName relation(const Node &key) {
    TableName name = qualified(key);
    const auto [first, is_new] = relations_.emplace(name, key.span);
    if (!is_new) {
      error(key, fmt::format("this stands here twice; the first one is in line {}",
                             source_.line_of(first->second)));
    }
    return name;
  }

  bool check_partitions() {
    constexpr int deepest = 100;
    bool good = true;
    for (const SchemaTable &table : schema_.tables) {
      int depth = 0;
      const SchemaTable *up = &table;
      while (up != nullptr && up->partition_of && ++depth <= deepest) {
        up = schema_.find_table(*up->partition_of);
      }
      if (depth <= deepest) continue;
      good = false;
      diagnostics_.error("schema", "a partition of itself, or one nested deeper than 100 levels",
                         relations_.at(table.name), again);
    }
    return good;
  }

  // A partition that names no columns has those of the next table above that does. REQUIRES: no
  // table stands twice, no partition goes round.
  void fill_partitions() {
    for (SchemaTable &table : schema_.tables) {
      if (!sharing_.contains(table.name)) continue;
      const SchemaTable *up = &table;
      while (up != nullptr && sharing_.contains(up->name)) {
        up = schema_.find_table(*up->partition_of);
      }
      if (up != nullptr) {
        table.columns = up->columns;
      } else {
        diagnostics_.error("schema", "a partition without columns, whose parent is not in the file",
                           relations_.at(table.name), again);
      }
    }
  }

  void server(const Node &node) {
    const std::string digits = text(&node);
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), schema_.server);
    if (failure != std::errc() || end != digits.data() + digits.size() || schema_.server < 1) {
      error(node, "here should be the major version of a server");
    }
  }

  void type(const Member &member) {
    MappingReader reader(member.value, "a type",
                         {"class", "leakproof", "domain_over", "not_null", "labels"}, diagnostics_);
    SchemaType &type = schema_.types.emplace_back();
    type.name = member.key.text;
    type.type_class = word(reader.require("class"), type_class_words, TypeClass::other);
    each_item(reader.find("leakproof"), "leakproof", [&](const Node &item) {
      const std::string name = text(&item);
      if (name != "equal" && name != "less") error(item, "here stands \"equal\" or \"less\"");
      (name == "equal" ? type.leakproof_equal : type.leakproof_less) = true;
    });
    type.domain_over = text(reader.find("domain_over"));
    type.domain_not_null = flag(reader.find("not_null"));
    type.labels = texts(reader.find("labels"), "labels");
  }

  std::vector<SchemaColumn> columns(const Node *node) {
    std::vector<SchemaColumn> all;
    each_member(node, "columns", [&](const Member &member) {
      SchemaColumn &column = all.emplace_back(sql(member.value, read_column));
      column.name = member.key.text;
      const auto type = std::lower_bound(
          schema_.types.begin(), schema_.types.end(), column.type,
          [](const SchemaType &t, const std::string &name) { return t.name < name; });
      if (column.type.empty()) return;
      if (type == schema_.types.end() || type->name != column.type) {
        error(member.value, fmt::format("the type \"{}\" is not under types", column.type));
      }
    });
    return all;
  }

  template <class Item, class Read>
  void lines(const Node *node, std::string_view what, std::vector<Item> &items, Read read) {
    each_member(node, what, [&](const Member &member) {
      items.push_back(sql(member.value, read));
      items.back().name = member.key.text;
    });
  }

  void table(const Member &member) {
    MappingReader reader(member.value, "a table",
                         {"owner", "kind", "partition_of", "partitioned_by", "inherits",
                          "row_security", "columns", "keys", "foreign_keys", "indexes"},
                         diagnostics_);
    SchemaTable &table = schema_.tables.emplace_back();
    table.name = relation(member.key);
    table.owner = text(reader.require("owner"));
    table.foreign = word(reader.find("kind"), foreign_words, false);
    if (const Node *parent = reader.find("partition_of")) table.partition_of = qualified(*parent);
    if (const Node *key = reader.find("partitioned_by")) table.partitioned_by = text(key);
    each_item(reader.find("inherits"), "inherits",
              [&](const Node &item) { table.inherits.push_back(qualified(item)); });
    table.row_security = word(reader.find("row_security"), row_security_words, RowSecurity::off);
    const bool shared = table.partition_of && reader.find("columns") == nullptr;
    if (shared) sharing_.insert(table.name);
    if (!shared) table.columns = columns(reader.require("columns"));
    lines(reader.find("keys"), "keys", table.keys, read_key);
    lines(reader.find("foreign_keys"), "foreign_keys", table.foreign_keys, read_foreign_key);
    lines(reader.find("indexes"), "indexes", table.indexes, read_index);
  }

  void view(const Member &member) {
    MappingReader reader(member.value, "a view", {"owner", "kind", "security", "columns"},
                         diagnostics_);
    SchemaView &view = schema_.views.emplace_back();
    view.name = relation(member.key);
    view.owner = text(reader.require("owner"));
    view.materialized = word(reader.find("kind"), materialized_words, false);
    view.security_invoker = !word(reader.find("security"), security_words, true);
    view.columns = columns(reader.require("columns"));
  }

  void function(const Node &node) {
    MappingReader reader(node, "a function",
                         {"name", "arguments", "kind", "returns", "volatility", "security",
                          "pins_search_path", "leakproof", "owner"},
                         diagnostics_);
    SchemaFunction &function = schema_.functions.emplace_back();
    if (const Node *name = reader.require("name")) function.name = qualified(*name);
    function.arguments = texts(reader.require("arguments"), "arguments");
    if (!functions_.emplace(function.name, function.arguments).second) {
      error(node, "this function stands here twice");
    }
    function.kind = word(reader.find("kind"), routine_words, RoutineKind::function);
    function.returns = text(reader.find("returns"));
    function.volatility =
        word(reader.require("volatility"), volatility_words, Volatility::is_volatile);
    function.security_definer = word(reader.require("security"), security_words, false);
    function.pins_search_path = flag(reader.find("pins_search_path"));
    function.leakproof = flag(reader.find("leakproof"));
    function.owner = text(reader.require("owner"));
  }

  void sequence(const Member &member) {
    MappingReader reader(member.value, "a sequence", {"owner", "owned_by", "identity"},
                         diagnostics_);
    SchemaSequence &sequence = schema_.sequences.emplace_back();
    sequence.name = relation(member.key);
    sequence.owner = text(reader.require("owner"));
    const bool identity = flag(reader.find("identity"));
    const Node *owned_by = reader.find("owned_by");
    if (owned_by == nullptr) return;
    sequence.owned_by = sql(*owned_by, [&](SqlWords &words) {
      SequenceOwner owner;
      owner.table = words.qualified();
      words.expect(".");
      owner.column = words.identifier();
      owner.identity = identity;
      return owner;
    });
  }

  const Source &source_;
  Diagnostics &diagnostics_;
  const std::size_t errors_before_;
  Schema schema_;
  std::map<TableName, Span> relations_;
  std::set<TableName> sharing_;  // partitions that name no columns
  std::set<std::pair<TableName, std::vector<std::string>>> functions_;
};

// Whether the file begins as one that this version can read.
bool check_version(const Node &root, Diagnostics &diagnostics) {
  const auto member = std::find_if(root.members.begin(), root.members.end(),
                                   [](const Member &m) { return m.key.text == "schema"; });
  if (member == root.members.end()) {
    diagnostics.error("schema", "this is no schema file", {root.span.begin, root.span.begin},
                      "make one: tenancy schema dump --db CONNINFO -o FILE");
    return false;
  }
  if (member->value.text != "1") {
    diagnostics.error("schema", "a schema file of another version", member->value.span,
                      "this tenancy reads version 1: dump the schema with it");
    return false;
  }
  return true;
}

}  // namespace

std::optional<Schema> parse_schema(const Source &source, Diagnostics &diagnostics) {
  const std::size_t before = diagnostics.errors();
  const std::optional<Node> root = read_yaml(source, diagnostics);
  if (!root || !check_version(*root, diagnostics)) return std::nullopt;
  Parser parser(source, diagnostics);
  parser.file(*root);
  if (diagnostics.errors() > before) return std::nullopt;
  return parser.take();
}

}  // namespace tenancy::policy
