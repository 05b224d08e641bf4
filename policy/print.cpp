#include <fmt/format.h>

#include "core/ident.hpp"
#include "policy/plan.hpp"

namespace tenancy::policy {

namespace {

class Printer {
 public:
  Printer(const Model &model, std::string_view alias) : model_(model), alias_(alias) {}

  std::string condition(const Condition &c) const {
    switch (c.kind) {
      case Condition::Kind::conjunction:
        return joined(c, " and ");
      case Condition::Kind::disjunction:
        return joined(c, " or ");
      case Condition::Kind::negation:
        return c.parts[0].kind == Condition::Kind::column
                   ? "not " + condition(c.parts[0])
                   : fmt::format("not ({})", condition(c.parts[0]));
      case Condition::Kind::comparison:
        return fmt::format("{} {} {}", operand(c.operands[0]), c.comparator,
                           operand(c.operands[1]));
      case Condition::Kind::null_test:
        return operand(c.operands[0]) + (c.negated ? " is not null" : " is null");
      case Condition::Kind::membership:
        return membership(c);
      case Condition::Kind::column:
        break;
    }
    return operand(c.operands[0]);
  }

 private:
  std::string joined(const Condition &c, std::string_view word) const {
    std::string out;
    for (const Condition &part : c.parts) {
      const bool nested =
          part.kind == Condition::Kind::conjunction || part.kind == Condition::Kind::disjunction;
      if (!out.empty()) out += word;
      out += nested ? fmt::format("({})", condition(part)) : condition(part);
    }
    return out;
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
        return alias_.empty() ? quote_identifier(o.text)
                              : fmt::format("{}.{}", alias_, quote_identifier(o.text));
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

std::string print(const Condition &condition, const Model &model, std::string_view alias) {
  return Printer(model, alias).condition(condition);
}

}  // namespace tenancy::policy
