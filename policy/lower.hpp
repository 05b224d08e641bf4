// The model as what PostgreSQL is to hold.
#pragma once

#include "policy/plan.hpp"

namespace tenancy::policy {

// REQUIRES: the model outlives the plan.
Plan lower(const Model &model);

}  // namespace tenancy::policy
