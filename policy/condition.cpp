#include "policy/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/json.hpp"
#include "policy/expression.hpp"

namespace tenancy::policy {

namespace {

constexpr std::array<std::string_view, 4> session_values{"user_id", "account_id", "workspace_id",
                                                         "subject"};
constexpr std::string_view exists_word = "exist_";
constexpr std::string_view what_is_known =
    "a condition is made of columns, constants, session.user_id, session.account_id, "
    "session.workspace_id, session.subject, = <> < <= > >=, is [not] null, [not] in (...), "
    "exists(relation), and, or, not";

std::string lower(std::string_view word) {
  std::string out(word);
  for (char &c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

class Parser : Expression {
 public:
  Parser(const Source &source, const Node &scalar, ColumnsOf columns, Diagnostics &diagnostics)
      : Expression(source, scalar, diagnostics), columns_(columns), grammatical_(text_) {}

  Condition parse() {
    check_surface();
    const JsonDocument tree = parse_tree(grammatical_);
    return condition(where_clause(tree));
  }

 private:
  [[noreturn]] void refuse_node(Json node, std::string message,
                                std::string help = std::string(what_is_known)) {
    const std::size_t at = place(node);
    refuse(at, word_length(at), std::move(message), std::move(help));
  }

  // What the tree no longer shows: comments, statement ends, and whether `and` and `or` stand
  // side by side within one pair of parentheses.
  void check_surface() {
    enum { seen_and = 1, seen_or = 2 };
    std::vector<unsigned> seen{0};
    for (std::size_t at = 0; at < text_.size();) {
      const std::string_view rest = std::string_view(text_).substr(at);
      const char c = rest.front();
      if (c == '\'' || c == '"') {
        at = std::min(text_.find(c, at + 1), text_.size() - 1) + 1;
      } else if (rest.starts_with("--") || rest.starts_with("/*")) {
        refuse(at, 2, "a comment inside a condition", "put it into a YAML comment, after #");
      } else if (c == ';' || c == '$' || c == '\\' || c == '&') {
        refuse(at, 1, fmt::format("\"{}\" is not part of a condition", c),
               std::string(what_is_known));
      } else if (is_word(c)) {
        std::size_t end = at;
        while (end < text_.size() && is_word(text_[end])) ++end;
        const std::string word = lower(rest.substr(0, end - at));
        if (word == "exists" && names_relation(end)) {
          grammatical_.replace(at, exists_word.size(), exists_word);
          exists_.push_back(at);
        }
        if (end < text_.size() && text_[end] == '\'') {
          refuse(at, end - at, "a string with a prefix", "write it as 'text'");
        }
        const unsigned bit = word == "and" ? seen_and : word == "or" ? seen_or : 0;
        seen.back() |= bit;
        if (bit != 0 && seen.back() == (seen_and | seen_or)) {
          refuse(at, end - at, "\"and\" and \"or\" side by side",
                 "say what belongs together with parentheses: (a and b) or c, a and (b or c)",
                 "mixed-and-or");
        }
        at = end;
      } else {
        if (c == '(') seen.push_back(0);
        if (c == ')' && seen.size() > 1) seen.pop_back();
        ++at;
      }
    }
    if (text_.find_first_not_of(" \n") == std::string::npos) {
      refuse(0, 1, "an empty condition", "leave `rows:` out to mean all rows");
    }
  }

  // Whether `(name)` follows. PostgreSQL's grammar takes nothing but a query after exists, so it is
  // shown another word of the same length there.
  bool names_relation(std::size_t at) const {
    const auto skip_spaces = [&] {
      while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\n')) ++at;
    };
    skip_spaces();
    if (at >= text_.size() || text_[at] != '(') return false;
    ++at;
    skip_spaces();
    const std::size_t name = at;
    while (at < text_.size() && is_word(text_[at])) ++at;
    if (at == name) return false;
    skip_spaces();
    return at < text_.size() && text_[at] == ')';
  }

  Condition condition(Json node) {
    const JsonMember expression = only_member(node);
    if (expression.name == "BoolExpr") return boolean(expression.value);
    if (expression.name == "A_Expr") return comparison(expression.value);
    if (expression.name == "NullTest") return null_test(expression.value);
    if (expression.name == "ColumnRef") {
      Operand column = column_or_session(expression.value);
      if (column.kind != Operand::Kind::column) {
        refuse_node(expression.value, "a session value is not a condition",
                    "compare it: owner_id = session.user_id");
      }
      return {Condition::Kind::column, "", false, {column}, {}, column.span};
    }
    if (expression.name == "FuncCall") return exists(expression.value);
    if (expression.name == "A_Const") {
      refuse_node(expression.value, "a constant is not a condition",
                  "leave `rows:` out to mean all rows; write `new_row: all` to mean any row");
    }
    refuse_unknown(expression);
  }

  Condition exists(Json node) {
    const std::size_t at = place(node);
    if (std::find(exists_.begin(), exists_.end(), at) == exists_.end()) {
      refuse_unknown({"FuncCall", node});
    }
    if (columns_ == ColumnsOf::two_tables) {
      refuse_node(node, "a relation does not ask for another one",
                  "join the rows of one table with those of another");
    }
    const Json name = only_member(node["args"][0]).value;
    const std::size_t name_at = place(name);
    return {Condition::Kind::exists,
            "",
            false,
            {},
            {},
            span(name_at, word_length(name_at)),
            std::string(name["fields"][0]["String"]["sval"].string())};
  }

  Condition boolean(Json node) {
    const std::string_view op = node["boolop"].string();
    Condition result{op == "AND_EXPR"  ? Condition::Kind::conjunction
                     : op == "OR_EXPR" ? Condition::Kind::disjunction
                                       : Condition::Kind::negation,
                     "",
                     false,
                     {},
                     {},
                     span(place(node), 1)};
    for (std::size_t i = 0; i < node["args"].size(); ++i) {
      result.parts.push_back(condition(node["args"][i]));
    }
    return result;
  }

  Condition comparison(Json node) {
    static constexpr std::array<std::string_view, 6> comparators{"=", "<>", "<", "<=", ">", ">="};
    const std::string_view op = node["name"][0]["String"]["sval"].string();
    const bool known = node["name"].size() == 1 &&
                       std::find(comparators.begin(), comparators.end(), op) != comparators.end();
    const std::string_view kind = node["kind"].string();
    Condition result{Condition::Kind::comparison, std::string(op), false, {}, {},
                     span(place(node), 1)};
    if (kind == "AEXPR_OP" && known) {
      result.operands = {operand(node["lexpr"]), operand(node["rexpr"])};
      if (is_constant(result.operands[0]) && is_constant(result.operands[1])) {
        refuse_node(node, "two constants compared with each other",
                    "one side must be a column or a session value");
      }
      return result;
    }
    if (kind == "AEXPR_IN") {
      result.kind = Condition::Kind::membership;
      result.comparator.clear();
      result.negated = op == "<>";
      result.operands = {operand(node["lexpr"])};
      if (is_constant(result.operands[0])) {
        refuse_node(node, "a constant on the left of \"in\"", "write a column there");
      }
      const Json items = node["rexpr"]["List"]["items"];
      for (std::size_t i = 0; i < items.size(); ++i) {
        result.operands.push_back(operand(items[i]));
        if (!is_constant(result.operands.back())) {
          refuse_node(items[i], "a list holds constants only", "compare with = and join with or");
        }
      }
      return result;
    }
    refuse_node(node, fmt::format("the operator \"{}\" is not known here",
                                  kind == "AEXPR_OP" ? std::string(op)
                                                     : lower(kind.substr(kind.find('_') + 1))));
  }

  Condition null_test(Json node) {
    const Operand tested = operand(node["arg"]);
    if (tested.kind != Operand::Kind::column) {
      refuse_node(node, "only a column is tested for null", "a session value is never null");
    }
    const bool negated = node["nulltesttype"].string() == "IS_NOT_NULL";
    return {Condition::Kind::null_test, "", negated, {tested}, {}, tested.span};
  }

  Operand operand(Json node) {
    const JsonMember expression = only_member(node);
    if (expression.name == "ColumnRef") return column_or_session(expression.value);
    if (expression.name == "A_Const") return constant(expression.value);
    if (expression.name == "A_Expr" || expression.name == "BoolExpr") {
      refuse_node(expression.value, "an expression inside a comparison",
                  "both sides are a column, a session value or a constant");
    }
    refuse_unknown(expression);
  }

  Operand column_or_session(Json node) {
    const Json fields = node["fields"];
    const std::size_t at = place(node);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!fields[i]["String"].exists()) refuse_node(node, "\"*\" is not a column");
    }
    const std::string_view first = fields[0]["String"]["sval"].string();
    if (fields.size() == 1) {
      if (columns_ == ColumnsOf::two_tables) {
        refuse_node(node, fmt::format("it is not said of which table \"{}\" is a column", first),
                    "write table.column");
      }
      return {Operand::Kind::column, std::string(first), span(at, word_length(at))};
    }
    const std::string_view second = fields[1]["String"]["sval"].string();
    if (columns_ == ColumnsOf::two_tables && (first != "session" || fields.size() != 2)) {
      return column_of_table(fields, at);
    }
    if (first != "session" || fields.size() != 2) {
      refuse_node(
          node,
          fmt::format("\"{}\" is not the row's own column", text_.substr(at, word_length(at))),
          "write the column alone; other tables cannot be reached from a condition");
    }
    if (std::find(session_values.begin(), session_values.end(), second) == session_values.end()) {
      refuse_node(node, fmt::format("the session has no value \"{}\"", second),
                  suggest(second, {session_values.begin(), session_values.end()}));
    }
    return {Operand::Kind::session, std::string(second), span(at, word_length(at))};
  }

  // table.column or schema.table.column
  Operand column_of_table(Json fields, std::size_t at) const {
    std::string table;
    for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
      if (i > 0) table += '.';
      table += fields[i]["String"]["sval"].string();
    }
    return {Operand::Kind::column,
            std::string(fields[fields.size() - 1]["String"]["sval"].string()),
            span(at, word_length(at)), std::move(table)};
  }

  Operand constant(Json node) {
    const std::size_t at = place(node);
    if (node["sval"].exists()) {
      return {Operand::Kind::text, std::string(node["sval"]["sval"].string()),
              span(at, literal_length(at))};
    }
    if (node["boolval"].exists()) {
      return {Operand::Kind::boolean, node["boolval"]["boolval"].boolean() ? "true" : "false",
              span(at, word_length(at))};
    }
    if (node["ival"].exists() || node["fval"].exists()) return number(at);
    if (node["isnull"].exists()) {
      refuse_node(node, "nothing equals null, not even null",
                  "write \"is null\" or \"is not null\"");
    }
    refuse_node(node, "this kind of constant is not known here",
                "write 'text', a decimal number, true or false");
  }

  std::size_t literal_length(std::size_t at) const {
    std::size_t end = at + 1;
    while (end < text_.size() && (text_[end] != '\'' || text_.substr(end, 2) == "''")) {
      end += text_[end] == '\'' ? 2 : 1;
    }
    return std::min(end + 1, text_.size()) - at;
  }

  // From the text: libpg_query 15 prints every integer that is not positive as no integer at all.
  Operand number(std::size_t at) {
    std::string value;
    std::size_t end = at;
    if (end < text_.size() && text_[end] == '-') value += text_[end++];
    while (end < text_.size() && text_[end] == ' ') ++end;
    const std::size_t digits = end;
    while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.')) value += text_[end++];
    const bool decimal =
        end > digits && std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(digits),
                                    text_.begin() + static_cast<std::ptrdiff_t>(end),
                                    [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
    if (!decimal) {
      refuse(at, std::max<std::size_t>(end - at, 1), "a number in an unusual notation",
             "write it as -12 or 3.5");
    }
    return {Operand::Kind::number, value, span(at, end - at)};
  }

  static JsonMember only_member(Json node) {
    const std::vector<JsonMember> members = node.members();
    return members.empty() ? JsonMember{} : members.front();
  }

  [[noreturn]] void refuse_unknown(const JsonMember &expression) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> names{
        {{"FuncCall", "a function call"},
         {"SubLink", "a subquery"},
         {"TypeCast", "a cast"},
         {"CaseExpr", "a case expression"},
         {"BooleanTest", "\"is true\" and its kin"},
         {"SQLValueFunction", "a function call"},
         {"ParamRef", "a parameter"},
         {"A_ArrayExpr", "an array"},
         {"CoalesceExpr", "a function call"}}};
    const auto *named = std::find_if(names.begin(), names.end(), [&](const auto &name) {
      return name.first == expression.name;
    });
    refuse_node(expression.value,
                fmt::format("{} is not known here",
                            named == names.end() ? "this expression" : named->second));
  }

  ColumnsOf columns_;
  std::string grammatical_;          // the text as PostgreSQL's grammar is shown it
  std::vector<std::size_t> exists_;  // where it was shown another word
};

}  // namespace

bool Condition::operator==(const Condition &other) const {
  return kind == other.kind && comparator == other.comparator && negated == other.negated &&
         operands == other.operands && parts == other.parts && text == other.text;
}

Span extent(const Condition &condition) {
  Span all = condition.operands.empty() ? condition.span : condition.operands.front().span;
  bool first = condition.operands.empty() && !condition.parts.empty();
  const auto add = [&](Span span) {
    all = first ? span : Span{std::min(all.begin, span.begin), std::max(all.end, span.end)};
    first = false;
  };
  for (const Operand &operand : condition.operands) add(operand.span);
  for (const Condition &part : condition.parts) add(extent(part));
  return all;
}

std::optional<Condition> parse_condition(const Source &source, const Node &scalar,
                                         Diagnostics &diagnostics, ColumnsOf columns) {
  try {
    return Parser(source, scalar, columns, diagnostics).parse();
  } catch (const Expression::Refused &) {
    return std::nullopt;
  }
}

}  // namespace tenancy::policy
