// Which columns of a managed table a statement may name, by the rules of the roles that the bound
// identity holds. Grants give a context role what any role of the policy may do; this takes back
// what the roles held do not.
#pragma once

#include "core/identity.hpp"
#include "pg/managed_table.hpp"

namespace tenancy::pg {

// Called once, from _PG_init: a hook on the check of permissions, which is made at each execution
// of a statement, also of a prepared one.
//
// A table is judged for the user as whom it is used (a definer view's tables: the view's owner), if
// the policies of an application bind him; so who has BYPASSRLS is exempt, and so are the server's
// own checks of foreign keys. What a column is asked for decides: one that is read takes a read
// rule, also in WHERE, RETURNING and EXCLUDED; a whole row takes all columns; a verb without a
// column takes some rule of the verb. With several roles, the right is their union. Refusals are
// 42501 and name the roles that would do; where the table only reports, they are counted.
void install_column_rules();

// Whether nothing is judged: the user has BYPASSRLS, or this is a check of a foreign key.
bool is_exempt(Oid user);

struct Judgement {
  const Management *management;  // null: there is nothing to judge
  const Identity *identity;
  Right right;
};
// The right by which the bound identity uses a verb on the table. Raises where there is no identity
// or no rule; where the table reports, that is counted and nothing is left to judge. Nor is there
// under tenancy.missing_identity = deny: no row passes the policies.
Judgement judgement_for(const ManagedTable &managed, Verb verb);

// 42501: no rule lets the identity do this to a column.
[[noreturn]] void refuse_column(const ManagedTable &managed, const Management &management,
                                const Identity &identity, Verb verb, AttrNumber column);

// Whether the client's statement names the column in an INSERT, or may have.
bool is_named_in_insert(const ManagedTable &managed, AttrNumber column);

}  // namespace tenancy::pg
