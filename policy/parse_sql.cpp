// The escape hatch: `{ sql: "...", reviewer: "..." }`. What is held of the SQL is only that it is
// one expression, that it cannot mean other tables and functions than it names, and that it does
// not reach into the session itself. Whether it is right is for its reviewer to know.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "policy/condition.hpp"
#include "policy/expression.hpp"
#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

template <std::size_t size>
bool contains(const std::array<std::string_view, size> &words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Nodes of PostgreSQL's parse trees that an expression and the queries in it may be made of.
constexpr std::array<std::string_view, 36> known_nodes{
    "A_ArrayExpr",    "A_Const",    "A_Expr",       "A_Indices",    "A_Indirection",
    "A_Star",         "Alias",      "BitString",    "BoolExpr",     "Boolean",
    "BooleanTest",    "CaseExpr",   "CaseWhen",     "CoalesceExpr", "CollateClause",
    "ColumnRef",      "Float",      "FuncCall",     "Integer",      "JoinExpr",
    "List",           "MinMaxExpr", "NamedArgExpr", "NullTest",     "RangeFunction",
    "RangeSubselect", "RangeVar",   "ResTarget",    "RowExpr",      "SQLValueFunction",
    "SelectStmt",     "SortBy",     "String",       "SubLink",      "TypeCast",
    "TypeName"};

constexpr std::array<std::string_view, 4> refused_clauses{"withClause", "lockingClause",
                                                          "intoClause", "windowClause"};

constexpr std::array<std::string_view, 18> accessors{
    "account_key",   "account_uuid",   "account_bigint",
    "workspace_key", "workspace_uuid", "workspace_bigint",
    "user_key",      "user_uuid",      "user_bigint",
    "subject",       "issuer",         "api_context",
    "roles",         "has_role",       "can",
    "claim",         "expires_at",     "context_is"};

constexpr std::array<std::string_view, 29> aggregates{"array_agg",
                                                      "avg",
                                                      "bit_and",
                                                      "bit_or",
                                                      "bit_xor",
                                                      "bool_and",
                                                      "bool_or",
                                                      "corr",
                                                      "count",
                                                      "covar_pop",
                                                      "covar_samp",
                                                      "every",
                                                      "json_agg",
                                                      "json_object_agg",
                                                      "jsonb_agg",
                                                      "jsonb_object_agg",
                                                      "max",
                                                      "min",
                                                      "mode",
                                                      "percentile_cont",
                                                      "percentile_disc",
                                                      "range_agg",
                                                      "range_intersect_agg",
                                                      "stddev",
                                                      "string_agg",
                                                      "sum",
                                                      "var_pop",
                                                      "variance",
                                                      "xmlagg"};

class SqlParser : Expression {
 public:
  SqlParser(const Source &source, const Node &scalar, Diagnostics &diagnostics)
      : Expression(source, scalar, diagnostics) {}

  Condition parse(std::string_view reviewer) {
    check_surface();
    const JsonDocument tree = parse_tree(text_);
    walk(where_clause(tree));
    return {Condition::Kind::unverified, "", false, {}, {}, span(0, text_.size()), text_,
            std::string(reviewer)};
  }

 private:
  void check_surface() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::string_view rest = std::string_view(text_).substr(at);
      const char c = rest.front();
      if (c == '\\') {
        refuse(at, 1, "a backslash means different things to different servers",
               "write text as PostgreSQL's standard has it: 'it''s'");
      }
      if (c == '\'' || c == '"') {
        const std::size_t end = std::min(text_.find(c, at + 1), text_.size() - 1) + 1;
        if (rest.substr(0, end - at).find('\\') != std::string_view::npos) {
          at += rest.find('\\');
        } else {
          at = end;
        }
      } else if (rest.starts_with("--") || rest.starts_with("/*")) {
        refuse(at, 2, "a comment inside a condition", "put it into a YAML comment, after #");
      } else if (c == ';') {
        refuse(at, 1, "a condition ends before this statement",
               "a condition is one expression that spans the whole value");
      } else if (c == '$') {
        refuse(at, 1, "a parameter or a dollar quote", "write constants as 'text'");
      } else {
        ++at;
      }
    }
    if (text_.find_first_not_of(" \n") == std::string::npos) {
      refuse(0, 1, "an empty condition", "write the SQL of one expression");
    }
  }

  void walk(Json node) {
    const std::vector<JsonMember> members = node.members();
    for (const JsonMember &member : members) {
      if (contains(refused_clauses, member.name)) {
        refuse(place(member.value), 1, "this clause has no place in a condition",
               "write a plain query, without WITH, FOR UPDATE, INTO and WINDOW");
      }
    }
    for (const JsonMember &member : members) {
      const bool is_node = member.name.front() >= 'A' && member.name.front() <= 'Z';
      if (is_node) check(member.name, member.value);
      walk(member.value);
    }
    for (std::size_t i = 0; i < node.size(); ++i) walk(node[i]);
  }

  void check(std::string_view name, Json node) {
    const std::size_t at = place(node);
    if (name == "ParamRef") refuse(at, 1, "a parameter", "write constants as 'text'");
    if (name == "RangeVar") return table(node);
    if (name == "FuncCall") return function(node);
    if (!contains(known_nodes, name)) {
      refuse(at, word_length(at), fmt::format("{} has no place in a condition", name),
             "write operators, functions and plain queries");
    }
  }

  void table(Json node) {
    const std::size_t at = place(node);
    const std::string_view schema = node["schemaname"].string();
    const std::string_view name = node["relname"].string();
    if (schema.empty() || node["catalogname"].exists()) {
      refuse(at, word_length(at), fmt::format("it is not said in which schema \"{}\" is", name),
             "write schema.table: the search path may be another's");
    }
    check_schema(schema, at);
    static constexpr std::array<std::string_view, 4> open{"account", "workspace", "app_user",
                                                          "membership"};
    if (schema == "tenancy" && !contains(open, name)) {
      refuse(at, word_length(at), fmt::format("tenancy.{} is no table of the application", name),
             suggest(name, {"tenancy.account", "tenancy.workspace", "tenancy.app_user",
                            "tenancy.membership"}));
    }
  }

  void function(Json node) {
    const std::size_t at = place(node);
    const Json names = node["funcname"];
    const std::string_view schema = names[0]["String"]["sval"].string();
    const std::string_view name = names[names.size() - 1]["String"]["sval"].string();
    if (node["over"].exists() || node["agg_star"].exists() || node["agg_distinct"].exists() ||
        node["agg_order"].exists() || node["agg_filter"].exists() ||
        node["agg_within_group"].exists() ||
        ((names.size() == 1 || schema == "pg_catalog") && contains(aggregates, name))) {
      refuse(at, word_length(at), fmt::format("{}() looks at more than one row", name),
             "ask with exists (select ...), or let a function answer");
    }
    if (names.size() != 2) {
      refuse(at, word_length(at), fmt::format("it is not said in which schema {}() is", name),
             fmt::format("write schema.function; PostgreSQL's own is pg_catalog.{}", name));
    }
    check_schema(schema, at);
    if (schema == "pg_catalog" && (name == "set_config" || name == "current_setting")) {
      refuse(at, word_length(at), fmt::format("{}() does not know who is bound", name),
             "a setting can be set by any session: ask tenancy.user_key() and its kin");
    }
    if (schema == "tenancy" && !contains(accessors, name)) {
      refuse(at, word_length(at), fmt::format("tenancy.{}() is not for conditions", name),
             suggest(name, {accessors.begin(), accessors.end()}));
    }
  }

  void check_schema(std::string_view schema, std::size_t at) {
    if (schema == "pg_temp" || schema.starts_with("pg_temp_") || schema.starts_with("pg_toast")) {
      refuse(at, word_length(at), "what is temporary belongs to one session",
             "name what the application keeps");
    }
  }
};

}  // namespace

std::optional<Condition> parse_sql(const Source &source, const Node &scalar,
                                   std::string_view reviewer, Diagnostics &diagnostics) {
  try {
    return SqlParser(source, scalar, diagnostics).parse(reviewer);
  } catch (const Expression::Refused &) {
    return std::nullopt;
  }
}

std::optional<Condition> read_condition(const Source &source, const Node &node,
                                        std::string_view what, Diagnostics &diagnostics) {
  if (node.kind != Node::Kind::mapping) {
    const bool boolean = node.text == "true" || node.text == "false";  // refused as a condition
    if (!boolean && !read_name(node, "a condition", diagnostics)) return std::nullopt;
    return parse_condition(source, node, diagnostics);
  }
  MappingReader members(node, std::string(what), {"sql", "reviewer"}, diagnostics);
  const Node *sql = members.require("sql");
  const Node *reviewer = members.require("reviewer");
  if (sql == nullptr || reviewer == nullptr) return std::nullopt;
  const auto name = read_name(*reviewer, "the reviewer", diagnostics);
  if (!name || !read_name(*sql, "the SQL of a condition", diagnostics)) return std::nullopt;
  return parse_sql(source, *sql, name->text, diagnostics);
}

}  // namespace tenancy::policy
