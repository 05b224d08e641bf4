#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>

#include "policy/check.hpp"
#include "policy/constant.hpp"
#include "policy/schema.hpp"
#include "policy/truth.hpp"

namespace tenancy::policy {

namespace {

using TableOf = std::function<const SchemaTable *(const Operand &)>;

// What stands on one side of a comparison. Nothing is known of a column that is not there.
struct Typed {
  TypeClass type_class = TypeClass::other;
  std::string type;                      // SQL, of what a domain is made of
  const SchemaType *declared = nullptr;  // of a column
  const SchemaColumn *column = nullptr;
  const SchemaTable *table = nullptr;
};

// Holds one condition against the types of its columns.
class TypeChecker {
 public:
  // behind_barrier: the table of which an index serves only by way of operators that are leakproof;
  // null if none is looked for.
  TypeChecker(const Schema &schema, const Model &model, TableOf table_of,
              const SchemaTable *behind_barrier, Diagnostics &diagnostics)
      : schema_(schema),
        model_(model),
        table_of_(std::move(table_of)),
        behind_barrier_(behind_barrier),
        diagnostics_(diagnostics) {}

  void check(const Condition &condition) { check(condition, false, {}); }

 private:
  using Names = std::set<std::string>;

  // tested: columns that the author asked for null beside this part.
  void check(const Condition &c, bool under_not, Names tested) {
    for (const Condition &part : c.parts) {
      if (part.kind == Condition::Kind::null_test) tested.insert(part.operands[0].text);
    }
    switch (c.kind) {
      case Condition::Kind::comparison:
        return comparison(c, under_not, tested);
      case Condition::Kind::membership:
        return membership(c, under_not, tested);
      case Condition::Kind::column:
        return boolean_column(c, under_not, tested);
      case Condition::Kind::null_test:
        return null_test(c);
      default:
        break;
    }
    const bool inverts = c.kind == Condition::Kind::negation;
    for (const Condition &part : c.parts) check(part, under_not || inverts, tested);
  }

  std::optional<Typed> typed(const Operand &operand) {
    if (operand.kind == Operand::Kind::session) {
      if (operand.text == "subject") return Typed{TypeClass::text, "text"};
      const KeyType key = operand.text == "user_id"      ? model_.user.type
                          : operand.text == "account_id" ? model_.account.type
                                                         : model_.workspace.type;
      if (key == KeyType::uuid) return Typed{TypeClass::uuid, "uuid"};
      if (key == KeyType::bigint) return Typed{TypeClass::integer, "bigint"};
      return Typed{TypeClass::text, "text"};
    }
    const SchemaTable *table = table_of_(operand);
    if (table == nullptr) return std::nullopt;  // the table itself is what is wrong
    const SchemaColumn *column = table->find_column(operand.text);
    if (column == nullptr) {
      std::vector<std::string> names;
      for (const SchemaColumn &each : table->columns) names.push_back(each.name);
      diagnostics_.error(
          "unknown-column",
          fmt::format("table \"{}\" has no column \"{}\"", table->name.name, operand.text),
          operand.span, suggest(operand.text, names));
      return std::nullopt;
    }
    Typed result{TypeClass::other, column->type, schema_.find_type(column->type), column, table};
    if (result.declared != nullptr) result.type_class = result.declared->type_class;
    for (const SchemaType *type = result.declared; type != nullptr && !type->domain_over.empty();
         type = schema_.find_type(type->domain_over)) {
      result.type = type->domain_over;
    }
    return result;
  }

  void refuse(const Operand &operand, std::string message, std::string help) {
    diagnostics_.error("wrong-type", std::move(message), operand.span, std::move(help));
  }

  static std::string described(const Operand &operand, const Typed &typed) {
    const std::string_view level = operand.kind == Operand::Kind::session ? "session." : "";
    return fmt::format("\"{}{}\" is {}", level, operand.text, typed.type);
  }

  bool check_constant(const Operand &constant, const Typed &typed, bool equality) {
    static const std::vector<std::string> none;
    // Only a text that is to be equal can be too long.
    const std::string_view type = equality || typed.type_class != TypeClass::text
                                      ? std::string_view(typed.type)
                                      : std::string_view("text");
    Misfit found = misfit(constant, typed.type_class, type,
                          typed.declared == nullptr ? none : typed.declared->labels);
    if (found.message.empty()) return true;
    refuse(constant, std::move(found.message), std::move(found.help));
    return false;
  }

  static bool comparable(const Typed &a, const Typed &b) {
    const auto number = [](const Typed &each) {
      return each.type_class == TypeClass::integer || each.type_class == TypeClass::number;
    };
    if (a.type_class == TypeClass::other || b.type_class == TypeClass::other) return false;
    if (number(a) && number(b)) return true;
    if (a.type_class != b.type_class) return false;
    if (a.type_class == TypeClass::enumeration) return a.type == b.type;
    const auto zoned = [](const Typed &each) {
      return each.type.find("with time zone") != std::string::npos;
    };
    return a.type_class != TypeClass::timestamp || zoned(a) == zoned(b);
  }

  void comparison(const Condition &c, bool under_not, const Names &tested) {
    const bool equality = c.comparator == "=" || c.comparator == "<>";
    const Operand &left = c.operands[0];
    const Operand &right = c.operands[1];
    std::optional<Typed> a;
    std::optional<Typed> b;
    if (!is_constant(left)) a = typed(left);
    if (!is_constant(right)) b = typed(right);
    if ((!a && !is_constant(left)) || (!b && !is_constant(right))) return;
    for (const auto &[operand, type] : {std::pair{&left, &a}, std::pair{&right, &b}}) {
      if (!*type || equality) continue;
      if ((*type)->type_class == TypeClass::uuid || (*type)->type_class == TypeClass::boolean) {
        return refuse(*operand, fmt::format("{}, which has no order", described(*operand, **type)),
                      "compare with = or <>");
      }
    }
    if (!a && !check_constant(left, *b, equality)) return;
    if (!b && !check_constant(right, *a, equality)) return;
    if (a && b && !comparable(*a, *b)) {
      return refuse(right, fmt::format("{} and {}", described(left, *a), described(right, *b)),
                    "compare columns and session values of one type");
    }
    const bool one_table =
        a && b && a->column != nullptr && b->column != nullptr && a->table == b->table;
    const bool null_matters = under_not || c.comparator == "<>" ||
                              (c.comparator == "=" && one_table && a->column != b->column);
    for (const auto &[operand, type] : {std::pair{&left, &a}, std::pair{&right, &b}}) {
      if (!*type) continue;
      index(*operand, **type, equality);
      if (null_matters) null_operand(*operand, **type, tested);
    }
  }

  void membership(const Condition &c, bool under_not, const Names &tested) {
    const auto type = typed(c.operands[0]);
    if (!type) return;
    for (std::size_t i = 1; i < c.operands.size(); ++i) {
      if (!check_constant(c.operands[i], *type, true)) return;
    }
    index(c.operands[0], *type, true);
    if (c.negated || under_not) null_operand(c.operands[0], *type, tested);
  }

  void boolean_column(const Condition &c, bool under_not, const Names &tested) {
    const Operand &column = c.operands[0];
    const auto type = typed(column);
    if (!type) return;
    if (type->type_class != TypeClass::boolean) {
      return refuse(column, fmt::format("{}, and no condition by itself", described(column, *type)),
                    "compare it: = 'text', = 1, is not null");
    }
    if (under_not) null_operand(column, *type, tested);
  }

  void null_test(const Condition &c) {
    const Operand &column = c.operands[0];
    const auto type = typed(column);
    if (!type || !never_null(*type)) return;
    diagnostics_.warning(c.negated ? "always-true" : "never-true",
                         fmt::format("\"{}\" is never null", column.text), column.span,
                         c.negated ? "leave it out" : "nothing is given by this");
  }

  static bool never_null(const Typed &type) {
    return type.column->not_null || (type.declared != nullptr && type.declared->domain_not_null);
  }

  void null_operand(const Operand &operand, const Typed &type, const Names &tested) {
    if (type.column == nullptr || never_null(type) || tested.contains(operand.text)) return;
    diagnostics_.warning(
        "nullable",
        fmt::format(
            "\"{}\" may be null, and then this is neither true nor false: the row falls out",
            operand.text),
        operand.span,
        fmt::format(
            "say what is meant: ({0} is null or ...), ({0} is not null and ...); or set the "
            "column not null",
            operand.text));
  }

  void index(const Operand &operand, const Typed &type, bool equality) {
    if (type.column == nullptr) return;
    if (!type.column->deterministic) {
      diagnostics_.warning(
          "collation",
          fmt::format("the collation of \"{}\" takes different texts for equal", operand.text),
          operand.span, "give the column a deterministic collation, or compare another one");
    }
    if (type.table != behind_barrier_ || type.declared == nullptr ||
        (equality ? type.declared->leakproof_equal : type.declared->leakproof_less) ||
        !warned_.insert(operand.text).second) {
      return;
    }
    diagnostics_.warning(
        "not-leakproof",
        fmt::format("comparing {} is not leakproof, so no index serves \"{}\" behind row level "
                    "security",
                    type.declared->name, operand.text),
        operand.span,
        type.type_class == TypeClass::enumeration
            ? "where it matters, let the column be text with a CHECK, or smallint"
        : type.type_class == TypeClass::number
            ? "where it matters, let the column be bigint or double precision"
            : "where it matters, let the column be text, bigint, uuid, date or timestamptz");
  }

  const Schema &schema_;
  const Model &model_;
  TableOf table_of_;
  const SchemaTable *behind_barrier_;
  Diagnostics &diagnostics_;
  Names warned_;
};

class ConditionsChecker {
 public:
  ConditionsChecker(const ast::File &file, const Model &model, const Schema *schema,
                    Diagnostics &diagnostics)
      : file_(file), model_(model), schema_(schema), diagnostics_(diagnostics) {}

  void check() {
    if (file_.account) active(file_.account->active, model_.account.table);
    if (file_.workspace) active(file_.workspace->active, model_.workspace.table);
    if (file_.user) active(file_.user->active, model_.user.table);
    if (file_.account_membership) {
      active(file_.account_membership->active, model_.account_membership.table);
    }
    if (file_.workspace_membership) {
      active(file_.workspace_membership->active, model_.workspace_membership.table);
    }
    for (const ast::Relation &relation : file_.relations) this->relation(relation);
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      for (const ast::Rule &rule : file_.tables[i].rules) {
        const bool finds = rule.read || rule.update || rule.remove;
        if (rule.rows) of_table(*rule.rows, model_.tables[i].name, finds);
        if (rule.new_row) of_table(*rule.new_row, model_.tables[i].name, false);
      }
    }
  }

 private:
  void active(const std::optional<Condition> &condition, const TableName &table) {
    if (condition) of_table(*condition, table, false);
  }

  void of_table(const Condition &condition, const TableName &name, bool behind_barrier) {
    truth(condition);
    const SchemaTable *table = schema_ == nullptr ? nullptr : schema_->find_table(name);
    if (table == nullptr) return;
    TypeChecker(
        *schema_, model_, [table](const Operand &) { return table; },
        behind_barrier ? table : nullptr, diagnostics_)
        .check(condition);
  }

  void relation(const ast::Relation &written) {
    truth(written.match);
    const auto found =
        std::find_if(model_.relations.begin(), model_.relations.end(),
                     [&](const Relation &each) { return each.at == written.name.span.begin; });
    if (schema_ == nullptr || found == model_.relations.end()) return;
    const SchemaTable *own = schema_->find_table(found->table);
    const SchemaTable *base = schema_->find_table(found->base);
    const auto table_of = [&](const Operand &operand) {
      const bool is_own = written.alias
                              ? operand.table == written.alias->text
                              : operand.table == found->table.name ||
                                    operand.table == found->table.schema + "." + found->table.name;
      return is_own ? own : base;
    };
    TypeChecker(*schema_, model_, table_of, base, diagnostics_).check(written.match);
  }

  // The smallest part that says always or never the same is what is wrong.
  void truth(const Condition &condition) {
    const Truth whole = truth_of(condition);
    if (whole == Truth::open) {
      for (const Condition &part : condition.parts) truth(part);
      return;
    }
    const bool part_too =
        std::any_of(condition.parts.begin(), condition.parts.end(),
                    [](const Condition &part) { return truth_of(part) != Truth::open; });
    if (part_too) {
      for (const Condition &part : condition.parts) truth(part);
      return;
    }
    diagnostics_.warning(whole == Truth::always ? "always-true" : "never-true",
                         whole == Truth::always ? "this is true of every row without nulls"
                                                : "this is true of no row",
                         extent(condition),
                         whole == Truth::always
                             ? "leave it out, or say \"is not null\" if that is meant"
                             : "nothing is given by this: was \"or\" meant, or another value?");
  }

  const ast::File &file_;
  const Model &model_;
  const Schema *schema_;
  Diagnostics &diagnostics_;
};

}  // namespace

void check_conditions(const ast::File &file, const Model &model, const Schema *schema,
                      Diagnostics &diagnostics) {
  ConditionsChecker(file, model, schema, diagnostics).check();
}

}  // namespace tenancy::policy
