#include "policy/model.hpp"

#include <algorithm>
#include <stdexcept>

namespace tenancy::policy {

std::string_view name_of(ApiContext context) {
  return context == ApiContext::app ? "app" : "dashboard";
}

std::string_view name_of(Verb verb) {
  switch (verb) {
    case Verb::read:
      return "read";
    case Verb::insert:
      return "insert";
    case Verb::update:
      return "update";
    case Verb::remove:
      break;
  }
  return "delete";
}

bool is_account_role(std::string_view role) {
  return role.starts_with("account.");
}

const Role &Model::role(std::string_view name) const {
  const auto found =
      std::find_if(roles.begin(), roles.end(), [&](const Role &role) { return role.name == name; });
  if (found == roles.end()) throw std::logic_error("a role that check() should have refused");
  return *found;
}

bool Model::passes(const Table &table, const std::string &name, const std::string &wanted) const {
  if (wanted.empty() || name == wanted) return true;
  if (name.empty()) return false;
  // An account role's workspace roles count only while a workspace is bound, which no floor but a
  // workspace's requires.
  if (is_account_role(name) && !is_account_role(wanted) && table.workspace.empty()) return false;
  const std::vector<std::string> &held = role(name).holds;
  return std::find(held.begin(), held.end(), wanted) != held.end();
}

const Relation &Model::relation(std::string_view name) const {
  const auto found = std::find_if(relations.begin(), relations.end(),
                                  [&](const Relation &relation) { return relation.name == name; });
  if (found == relations.end()) {
    throw std::logic_error("a relation that check() should have refused");
  }
  return *found;
}

}  // namespace tenancy::policy
