#include "policy/lower.hpp"

#include <algorithm>

namespace tenancy::policy {

namespace {

void add_once(std::vector<std::size_t> &places, std::size_t at) {
  if (std::find(places.begin(), places.end(), at) == places.end()) places.push_back(at);
}

class TableLowering {
 public:
  TableLowering(const Model &model, const Table &table) : model_(model), table_(table) {}

  TablePlan plan() const {
    TablePlan plan{&table_, {}, {}, {}, {}, role_guards(model_, table_), false};
    pin(plan, table_.account, accessor("account", model_.account.type), table_.is_account);
    pin(plan, table_.workspace, accessor("workspace", model_.workspace.type), table_.is_workspace);
    for (const ApiContext context : api_contexts) {
      for (const Verb verb : verbs) {
        ColumnGrant grant{context, verb, std::nullopt, {}};
        RowPolicy policy{context, verb, {}};
        for (const Grant &each : table_.grants) {
          if (each.context != context || each.verb != verb) continue;
          add_columns(grant, each.columns);
          add_once(grant.at, each.at);
          policy.branches.push_back({each.role, each.rows, each.new_row, each.at});
        }
        if (policy.branches.empty()) continue;
        if (model_.columns == ColumnMode::orm && (verb == Verb::insert || verb == Verb::update) &&
            grant.columns) {
          grant.columns.reset();
          plan.checks_columns = true;
        }
        simplify(policy.branches);
        plan.grants.push_back(std::move(grant));
        plan.policies.push_back(std::move(policy));
      }
    }
    return plan;
  }

 private:
  // The union: what a role of the policy may not is held back by the extension (tenancy.rule).
  static void add_columns(ColumnGrant &grant,
                          const std::optional<std::vector<std::string>> &columns) {
    if (grant.at.empty()) {
      grant.columns = columns;
    } else if (!columns) {
      grant.columns.reset();
    } else if (grant.columns) {
      for (const std::string &column : *columns) {
        if (std::find(grant.columns->begin(), grant.columns->end(), column) ==
            grant.columns->end()) {
          grant.columns->push_back(column);
        }
      }
    }
  }

  // Whoever writes a child without an identity, a migration or a worker, has its tenant from the
  // parent, by the trigger of the prepare phase: the accessor would raise before that.
  void pin(TablePlan &plan, const std::string &column, const std::string &value,
           bool is_level) const {
    if (column.empty()) return;
    plan.floor.emplace_back(column, value);
    if (is_level) return;
    plan.defaults.emplace_back(
        column, table_.parent ? "case when tenancy.has_identity() then " + value + " end" : value);
  }

  // Removes the branches that another one covers; of two that say the same, the first stays.
  void simplify(std::vector<Branch> &branches) const {
    std::vector<Branch> kept;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      bool covered = false;
      for (std::size_t j = 0; j < branches.size() && !covered; ++j) {
        covered = j != i && covers(branches[j], branches[i]) &&
                  (j < i || !covers(branches[i], branches[j]));
      }
      if (!covered) kept.push_back(branches[i]);
    }
    branches = std::move(kept);
  }

  // Whether whoever passes by `small` passes by `large` too.
  bool covers(const Branch &large, const Branch &small) const {
    if (large.rows && large.rows != small.rows) return false;
    if (large.new_row && large.new_row != small.new_row) return false;
    return model_.passes(table_, small.role, large.role);
  }

  const Model &model_;
  const Table &table_;
};

}  // namespace

Plan lower(const Model &model) {
  Plan plan{&model, {}, {}};
  for (const Table &table : model.tables) {
    if (std::find(plan.schemas.begin(), plan.schemas.end(), table.name.schema) ==
        plan.schemas.end()) {
      plan.schemas.push_back(table.name.schema);
    }
    plan.tables.push_back(TableLowering(model, table).plan());
  }
  return plan;
}

}  // namespace tenancy::policy
