#include <fmt/format.h>

#include <algorithm>

#include "core/ident.hpp"
#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

bool is_named(const TableName &table, const std::string &written) {
  return written == table.name || written == table.schema + "." + table.name;
}

// Reads one relation's condition: what links the two tables, and what is asked of its own.
class RelationChecker {
 public:
  RelationChecker(const ast::File &file, const ast::Relation &written, const Model &model,
                  Diagnostics &diagnostics)
      : file_(file), written_(written), model_(model), diagnostics_(diagnostics) {}

  // Nothing, and the reason was reported.
  std::optional<Relation> read() {
    const std::size_t errors = diagnostics_.errors();
    const std::size_t room = max_identifier_size - model_.application.size() - 1;
    if (written_.name.text.size() > room) {
      diagnostics_.error("name", "the relation's name is too long to name a function with",
                         written_.name.span, fmt::format("{} characters are left for it", room));
    }
    if (!find_own_table()) return std::nullopt;
    Relation relation{written_.name.text, own().name, {}, {}, {}, {}, written_.name.span.begin};
    std::vector<Condition> rows;
    const Condition &match = written_.match;
    if (match.kind == Condition::Kind::conjunction) {
      for (const Condition &part : match.parts) sort(part, relation, rows);
    } else {
      sort(match, relation, rows);
    }
    if (diagnostics_.errors() != errors) return std::nullopt;
    if (relation.links.empty()) {
      diagnostics_.error("no-link", "nothing says which rows this relation belongs to",
                         extent(match),
                         fmt::format("write {}.column = table.column{}",
                                     written_.alias ? written_.alias->text : own().name.name,
                                     written_.alias ? ""
                                                    : "; where both are one table, give one of "
                                                      "them a second name with \"as:\""));
      return std::nullopt;
    }
    relation.base = model_.tables[*base_].name;
    if (own().account.empty() && !pinned_) {
      diagnostics_.error(
          "relation-of-all-tenants",
          fmt::format("the rows of \"{}\" are of all tenants, so each would act on the others'",
                      written_.table.text),
          written_.table.span,
          "relate a table of an account or a workspace, or compare one of its columns with a "
          "session value: ... and shares.user_id = session.user_id");
      return std::nullopt;
    }
    if (rows.size() == 1) relation.rows = rows.front();
    if (rows.size() > 1) {
      relation.rows = Condition{Condition::Kind::conjunction, "", false, {}, rows, match.span};
    }
    return relation;
  }

 private:
  const Table &own() const { return model_.tables[own_]; }

  std::vector<std::string> table_names() const {
    std::vector<std::string> names;
    for (const ast::Table &table : file_.tables) names.push_back(table.name.text);
    return names;
  }

  bool find_own_table() {
    const TableName name = resolve_table(written_.table);
    for (std::size_t i = 0; i < model_.tables.size(); ++i) {
      if (model_.tables[i].name != name) continue;
      own_ = i;
      return true;
    }
    diagnostics_.error(
        "unknown-table", fmt::format("there is no table \"{}\" in this file", written_.table.text),
        written_.table.span,
        suggest(written_.table.text, table_names()) +
            "; its scope there says whose its rows are, and its rules may be an empty list");
    return false;
  }

  enum class Side { own, base, neither };

  // Which table a column is of; reports one that is of neither.
  Side side(const Operand &column) {
    const bool own_side =
        written_.alias ? column.table == written_.alias->text : is_named(own().name, column.table);
    if (own_side) return check_listed(column, own_) ? Side::own : Side::neither;
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < model_.tables.size(); ++i) {
      if (!is_named(model_.tables[i].name, column.table)) continue;
      if (found) {
        diagnostics_.error("unknown-table",
                           fmt::format("\"{}\" is a table in several schemas", column.table),
                           column.span, "write schema.table.column");
        return Side::neither;
      }
      found = i;
    }
    if (!found) {
      diagnostics_.error("unknown-table",
                         fmt::format("there is no table \"{}\" in this file", column.table),
                         column.span, suggest(column.table, table_names()));
      return Side::neither;
    }
    if (base_ && *base_ != *found) {
      diagnostics_.error(
          "third-table",
          fmt::format("this relation links \"{}\" already, and \"{}\" is a third table",
                      model_.tables[*base_].name.name, column.table),
          column.span, "declare a relation for each pair of tables");
      return Side::neither;
    }
    base_ = found;
    return check_listed(column, *found) ? Side::base : Side::neither;
  }

  // Where the table lists its columns, the column must be one of them.
  bool check_listed(const Operand &column, std::size_t table) {
    const ast::Table &written = file_.tables[table];
    const auto is = [&](const ast::Name &name) { return name.text == column.text; };
    if (!written.columns || std::any_of(written.columns->begin(), written.columns->end(), is) ||
        std::any_of(written.key.begin(), written.key.end(), is) ||
        (written.key.empty() && column.text == "id") ||
        column.text == model_.tables[table].account ||
        column.text == model_.tables[table].workspace) {
      return true;
    }
    std::vector<std::string> names;
    for (const ast::Name &name : *written.columns) names.push_back(name.text);
    diagnostics_.error("unknown-column",
                       fmt::format("table \"{}\" has no column \"{}\" in its list",
                                   written.name.text, column.text),
                       column.span, suggest(column.text, names));
    return false;
  }

  void sort(const Condition &part, Relation &relation, std::vector<Condition> &rows) {
    using Kind = Operand::Kind;
    const bool columns = part.kind == Condition::Kind::comparison &&
                         part.operands[0].kind == Kind::column &&
                         part.operands[1].kind == Kind::column;
    if (columns) {
      const Side left = side(part.operands[0]);
      const Side right = side(part.operands[1]);
      if (left == Side::neither || right == Side::neither) return;
      if (left != right) {
        const bool own_left = left == Side::own;
        if (part.comparator != "=") {
          diagnostics_.error("no-link", "two tables are linked with = only", extent(part),
                             "compare equal columns; what else is asked goes on the relation's own "
                             "columns");
        }
        relation.links.push_back(
            {part.operands[own_left ? 0 : 1].text, part.operands[own_left ? 1 : 0].text});
        return;
      }
    }
    bool good = true;
    for_each_operand(part, [&](const Operand &operand) {
      if (operand.kind != Kind::column || !good) return;
      const Side of = side(operand);
      good = of == Side::own;
      if (of != Side::base) return;
      diagnostics_.error(
          "condition-of-the-base",
          fmt::format("\"{}\" is asked about here, but the relation is to say which rows of "
                      "\"{}\" count",
                      operand.table, written_.table.text),
          operand.span,
          part.kind == Condition::Kind::disjunction
              ? "a link stands by itself, joined with the rest by \"and\""
              : fmt::format("put it into the rule: rows: \"{} ... and exists({})\"; a table "
                            "that is related to itself needs \"as:\"",
                            operand.text, written_.name.text));
    });
    if (!good) return;
    if (part.kind == Condition::Kind::comparison && part.comparator == "=" &&
        part.operands[0].kind != part.operands[1].kind) {
      pinned_ = pinned_ || part.operands[0].kind == Kind::session ||
                part.operands[1].kind == Kind::session;
    }
    rows.push_back(without_table(part));
  }

  static Condition without_table(Condition condition) {
    for (Operand &operand : condition.operands) operand.table.clear();
    for (Condition &part : condition.parts) part = without_table(std::move(part));
    return condition;
  }

  const ast::File &file_;
  const ast::Relation &written_;
  const Model &model_;
  Diagnostics &diagnostics_;
  std::size_t own_ = 0;
  std::optional<std::size_t> base_;
  bool pinned_ = false;  // to the session, by a condition
};

class UseChecker {
 public:
  UseChecker(const ast::File &file, Model &model, Diagnostics &diagnostics)
      : file_(file), model_(model), diagnostics_(diagnostics) {}

  void check() {
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      for (const ast::Rule &rule : file_.tables[i].rules) {
        check(rule, rule.rows, model_.tables[i]);
        check(rule, rule.new_row, model_.tables[i]);
      }
    }
    for (const ast::Relation &relation : file_.relations) {
      if (std::find(used_.begin(), used_.end(), relation.name.text) == used_.end()) {
        diagnostics_.warning(
            "unused-relation", fmt::format("no rule asks for \"{}\"", relation.name.text),
            relation.name.span,
            fmt::format("write exists({}) in \"rows\", or remove it", relation.name.text));
      }
    }
  }

 private:
  void check(const ast::Rule &rule, const std::optional<Condition> &condition, const Table &table) {
    if (!condition) return;
    for_each_part(*condition, [&](const Condition &part) {
      if (part.kind == Condition::Kind::exists) use(rule, part, table);
    });
  }

  void use(const ast::Rule &rule, const Condition &asked, const Table &table) {
    used_.push_back(asked.text);
    const bool written = std::any_of(
        file_.relations.begin(), file_.relations.end(),
        [&](const ast::Relation &relation) { return relation.name.text == asked.text; });
    const auto found =
        std::find_if(model_.relations.begin(), model_.relations.end(),
                     [&](const Relation &relation) { return relation.name == asked.text; });
    std::vector<std::string> names;
    for (const Relation &relation : model_.relations) {
      if (relation.base == table.name) names.push_back(relation.name);
    }
    if (found == model_.relations.end()) {
      if (written) return;  // what is wrong with it was reported
      diagnostics_.error(
          "unknown-relation", fmt::format("there is no relation \"{}\"", asked.text), asked.span,
          names.empty() ? "declare it under \"relations:\"" : suggest(asked.text, names));
      return;
    }
    if (found->base != table.name) {
      diagnostics_.error(
          "relation-of-another-table",
          fmt::format("\"{}\" belongs to rows of \"{}\", not of \"{}\"", asked.text,
                      found->base.name, table.name.name),
          asked.span,
          names.empty() ? "declare a relation that links this table" : suggest(asked.text, names));
      return;
    }
    for (const ast::Name &name : rule.contexts) {
      const ApiContext context = name.text == "app" ? ApiContext::app : ApiContext::dashboard;
      auto &contexts = found->contexts;
      if (std::find(contexts.begin(), contexts.end(), context) == contexts.end()) {
        contexts.push_back(context);
      }
    }
  }

  const ast::File &file_;
  Model &model_;
  Diagnostics &diagnostics_;
  std::vector<std::string> used_;
};

}  // namespace

void check_relations(const ast::File &file, Model &model, Diagnostics &diagnostics) {
  const bool tables_known = !diagnostics.failed();
  for (std::size_t i = 0; i < file.relations.size(); ++i) {
    const ast::Relation &written = file.relations[i];
    const auto twice = std::find_if(
        file.relations.begin(), file.relations.begin() + static_cast<std::ptrdiff_t>(i),
        [&](const ast::Relation &other) { return other.name.text == written.name.text; });
    if (twice != file.relations.begin() + static_cast<std::ptrdiff_t>(i)) {
      diagnostics.error("duplicate",
                        fmt::format("relation \"{}\" stands here twice", written.name.text),
                        written.name.span, "give one of them another name");
    } else if (tables_known) {
      auto relation = RelationChecker(file, written, model, diagnostics).read();
      if (relation) model.relations.push_back(std::move(*relation));
    }
  }
  if (tables_known) UseChecker(file, model, diagnostics).check();
}

}  // namespace tenancy::policy
