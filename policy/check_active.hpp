// A tenant or user that is gone must not log in: warns of a table of the hierarchy, or of a
// membership, that has a column for that and no `active:`.
#pragma once

#include "policy/ast.hpp"
#include "policy/diagnostic.hpp"
#include "policy/model.hpp"
#include "policy/schema.hpp"

namespace tenancy::policy {

// schema: null if there is none; then nothing is known. REQUIRES: no error so far.
void check_active(const ast::File &file, const Model &model, const Schema *schema,
                  Diagnostics &diagnostics);

// Whether a column of this name seems to say that a row counts no longer: state, deleted_at,
// is_active, user_archived_at.
bool is_state_column(std::string_view name);

}  // namespace tenancy::policy
