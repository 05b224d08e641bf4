// What follows from a condition's words alone, whatever the rows.
#pragma once

#include "policy/condition.hpp"

namespace tenancy::policy {

enum class Truth { open, always, never };

// always: false of no row (but null of some, perhaps); never: true of no row. By simple reasoning:
// open where it would take more.
Truth truth_of(const Condition &condition);

// Whether every row of which `narrow` is true is one of which `wide` is true, nulls included. By
// the form of the two: false where it would take more.
bool implies(const Condition &narrow, const Condition &wide);

}  // namespace tenancy::policy
