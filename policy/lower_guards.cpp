#include <algorithm>

#include "policy/lower.hpp"

namespace tenancy::policy {

namespace {

// The roles of an account by which one holds the role in every workspace of it; without those that
// hold another one of them.
std::vector<std::string> account_holders(const Model &model, const std::string &role) {
  std::vector<const Role *> holders;
  for (const Role &each : model.roles) {
    const bool holds = std::find(each.holds.begin(), each.holds.end(), role) != each.holds.end();
    if (holds && is_account_role(each.name)) holders.push_back(&each);
  }
  std::vector<std::string> least;
  for (const Role *each : holders) {
    const bool needless = std::any_of(holders.begin(), holders.end(), [&](const Role *other) {
      return other != each &&
             std::find(each->holds.begin(), each->holds.end(), other->name) != each->holds.end();
    });
    if (!needless) least.push_back(each->name);
  }
  return least;
}

void add(std::vector<RoleGuard> &guards, const Membership &membership, const Model &model,
         bool account_roles_only) {
  auto guard = std::find_if(guards.begin(), guards.end(),
                            [&](const RoleGuard &each) { return each.column == membership.role; });
  if (guard == guards.end()) {
    guards.push_back({membership.role, false, {}});
    guard = guards.end() - 1;
  }
  for (const auto &[stored, role] : membership.values) {
    auto value = std::find_if(
        guard->values.begin(), guard->values.end(),
        [&, &wanted = stored](const RoleGuard::Value &v) { return v.stored == wanted; });
    if (value == guard->values.end()) {
      guard->values.push_back({stored, {}});
      value = guard->values.end() - 1;
    }
    value->held.push_back(account_roles_only ? account_holders(model, role)
                                             : std::vector<std::string>{role});
  }
}

}  // namespace

std::vector<RoleGuard> role_guards(const Model &model, const Table &table) {
  std::vector<RoleGuard> guards;
  if (table.name == model.account_membership.table) {
    add(guards, model.account_membership, model, false);
  }
  if (table.name == model.workspace_membership.table) {
    // Where the rows are those of every workspace of the account, what one is in the workspace that
    // one has open says nothing of the row's.
    add(guards, model.workspace_membership, model, table.workspace.empty());
  }
  for (RoleGuard &guard : guards) guard.null_gives_nothing = guards.size() > 1;
  return guards;
}

}  // namespace tenancy::policy
