// The model as what PostgreSQL is to hold.
#pragma once

#include "policy/plan.hpp"

namespace tenancy::policy {

// REQUIRES: the model outlives the plan.
Plan lower(const Model &model);

// What keeps the writers of a membership table from giving or taking more than they hold.
std::vector<RoleGuard> role_guards(const Model &model, const Table &table);

}  // namespace tenancy::policy
