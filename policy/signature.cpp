#include "policy/signature.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <array>
#include <string_view>
#include <utility>

#include "core/ident.hpp"
#include "core/json.hpp"

namespace tenancy::policy {

namespace {

// The types that SQL has words of its own for, which are not quoted; by their name in the catalog.
constexpr std::array<std::pair<std::string_view, std::string_view>, 18> sql_names{{
    {"bool", "boolean"},
    {"int2", "smallint"},
    {"int4", "integer"},
    {"int8", "bigint"},
    {"float4", "real"},
    {"float8", "double precision"},
    {"numeric", "numeric"},
    {"interval", "interval"},
    {"bit", "bit"},
    {"json", "json"},
    {"bpchar", "character"},
    {"varchar", "character varying"},
    {"varbit", "bit varying"},
    {"time", "time without time zone"},
    {"timetz", "time with time zone"},
    {"timestamp", "timestamp without time zone"},
    {"timestamptz", "timestamp with time zone"},
    {"char", "\"char\""},
}};

struct Result : PgQueryParseResult {
  explicit Result(const std::string &query) : PgQueryParseResult(pg_query_parse(query.c_str())) {}
  Result(const Result &) = delete;
  Result &operator=(const Result &) = delete;
  ~Result() { pg_query_free_parse_result(*this); }
};

std::vector<std::string> strings(Json list) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    out.emplace_back(list[i]["String"]["sval"].string());
  }
  return out;
}

// The type as SQL; empty if it is none that an argument can have.
std::string spelling(Json type) {
  std::vector<std::string> names = strings(type["names"]);
  if (names.size() == 2 && names[0] == "pg_catalog") names.erase(names.begin());
  if (names.empty() || names.size() > 2 || type["pct_type"].boolean() || type["setof"].boolean()) {
    return {};
  }
  std::string out;
  if (names.size() == 2) {
    out = quote_qualified(names[0], names[1]);
  } else {
    out = quote_identifier(names[0]);
    for (const auto &[name, sql] : sql_names) {
      if (name == names[0]) out = sql;
    }
  }
  if (type["arrayBounds"].size() > 0) out += "[]";  // of any number of dimensions
  return out;
}

std::optional<Signature> read(const std::string &text) {
  // A comment would swallow what follows the text; a zero byte would end it.
  if (text.find("--") != text.npos || text.find("/*") != text.npos ||
      text.find('\0') != text.npos) {
    return std::nullopt;
  }
  const Result result("GRANT EXECUTE ON FUNCTION " + text + " TO one");
  if (result.error != nullptr) return std::nullopt;
  const auto tree = JsonDocument::parse(result.parse_tree);
  if (!tree || tree->root()["stmts"].size() != 1) return std::nullopt;
  const Json grant = tree->root()["stmts"][0]["stmt"]["GrantStmt"];
  const Json function = grant["objects"][0]["ObjectWithArgs"];
  if (grant["objects"].size() != 1 || grant["grantees"].size() != 1 ||
      function["args_unspecified"].boolean()) {
    return std::nullopt;
  }
  const std::vector<std::string> name = strings(function["objname"]);
  if (name.empty() || name.size() > 2) return std::nullopt;
  Signature signature{{name.size() == 2 ? name[0] : "public", name.back()}, {}};
  for (std::size_t i = 0; i < function["objargs"].size(); ++i) {
    std::string type = spelling(function["objargs"][i]["TypeName"]);
    if (type.empty()) return std::nullopt;
    signature.arguments.push_back(std::move(type));
  }
  return signature;
}

}  // namespace

std::optional<Signature> parse_signature(const ast::Name &text, Diagnostics &diagnostics) {
  std::optional<Signature> signature = read(text.text);
  if (!signature) {
    diagnostics.error("signature", fmt::format("\"{}\" is no signature of a function", text.text),
                      text.span,
                      "write its name and the types of its arguments: search(text, integer), "
                      "app.refresh()");
  }
  return signature;
}

}  // namespace tenancy::policy
