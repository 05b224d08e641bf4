#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/ident.hpp"
#include "policy/plan.hpp"

namespace tenancy::policy {

namespace {

class Printer {
 public:
  Printer(const Model &model, std::string_view alias) : model_(model), alias_(alias) {}

  // under_not: a null would come out as null there, where it is to be false.
  std::string condition(const Condition &c, bool under_not = false) const {
    switch (c.kind) {
      case Condition::Kind::conjunction:
        return joined(c, " and ", under_not);
      case Condition::Kind::disjunction:
        return joined(c, " or ", under_not);
      case Condition::Kind::negation:
        return is_word(c.parts[0]) ? "not " + condition(c.parts[0], true)
                                   : fmt::format("not ({})", condition(c.parts[0], true));
      case Condition::Kind::comparison:
        return fmt::format("{} {} {}", operand(c.operands[0]), c.comparator,
                           operand(c.operands[1]));
      case Condition::Kind::null_test:
        return operand(c.operands[0]) + (c.negated ? " is not null" : " is null");
      case Condition::Kind::membership:
        return membership(c);
      case Condition::Kind::column:
        return operand(c.operands[0]);
      case Condition::Kind::exists:
        return under_not ? fmt::format("coalesce({}, false)", exists(c)) : exists(c);
      case Condition::Kind::unverified:
        break;
    }
    return "(" + c.text + ")";
  }

 private:
  static bool is_word(const Condition &c) {
    return c.kind == Condition::Kind::column || c.kind == Condition::Kind::exists;
  }

  std::string joined(const Condition &c, std::string_view word, bool under_not) const {
    std::string out;
    for (const Condition &part : c.parts) {
      const bool nested =
          part.kind == Condition::Kind::conjunction || part.kind == Condition::Kind::disjunction;
      if (!out.empty()) out += word;
      out += nested ? fmt::format("({})", condition(part, under_not)) : condition(part, under_not);
    }
    return out;
  }

  // The shapes for which an index on the columns is used.
  std::string exists(const Condition &c) const {
    const Relation &relation = model_.relation(c.text);
    const std::string function = relation_function(relation, model_);
    std::vector<std::string> columns;
    std::vector<std::string> results;
    for (std::size_t i = 0; i < relation.links.size(); ++i) {
      columns.push_back(column(relation.links[i].base));
      results.push_back(fmt::format("x.link_{}", i + 1));
    }
    if (columns.size() == 1)
      return fmt::format("{} = any (array(select {}()))", columns[0], function);
    return fmt::format("({}) in (select {} from {}() as x)", fmt::join(columns, ", "),
                       fmt::join(results, ", "), function);
  }

  std::string membership(const Condition &c) const {
    std::string list;
    for (std::size_t i = 1; i < c.operands.size(); ++i) {
      list += (i > 1 ? ", " : "") + operand(c.operands[i]);
    }
    return fmt::format("{}{} in ({})", operand(c.operands[0]), c.negated ? " not" : "", list);
  }

  std::string operand(const Operand &o) const {
    switch (o.kind) {
      case Operand::Kind::column:
        return column(o.text);
      case Operand::Kind::text:
        return quote_literal(o.text);
      case Operand::Kind::number:
      case Operand::Kind::boolean:
        return o.text;
      case Operand::Kind::session:
        break;
    }
    if (o.text == "account_id") return accessor("account", model_.account.type);
    if (o.text == "workspace_id") return accessor("workspace", model_.workspace.type);
    if (o.text == "user_id") return accessor("user", model_.user.type);
    return "tenancy.subject()";
  }

  std::string column(const std::string &name) const {
    return alias_.empty() ? quote_identifier(name)
                          : fmt::format("{}.{}", alias_, quote_identifier(name));
  }

  const Model &model_;
  std::string_view alias_;
};

}  // namespace

std::string accessor(std::string_view level, KeyType type) {
  const std::string_view kind = type == KeyType::uuid     ? "uuid"
                                : type == KeyType::bigint ? "bigint"
                                                          : "key";
  return fmt::format("tenancy.{}_{}()", level, kind);
}

std::string relation_function(const Relation &relation, const Model &model) {
  return quote_qualified(model.account.table.schema, model.application + "_" + relation.name);
}

std::string print(const Condition &condition, const Model &model, std::string_view alias) {
  return Printer(model, alias).condition(condition);
}

}  // namespace tenancy::policy
