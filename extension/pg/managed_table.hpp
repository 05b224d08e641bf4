// The tables that applied policies manage, with the rules of their columns, as this backend has
// read them.
//
// INVARIANT: what is kept was read under the latest snapshot after the last invalidation that this
// backend has accepted. Every change to tenancy.managed_table and tenancy.rule invalidates
// tenancy.rule_signal (pg/signal.cpp), also on a standby; a change of the table or its policies
// invalidates the table's own relcache entry.
#pragma once

#include "core/identity.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

enum class Verb : std::uint8_t { read, insert, update, remove };
inline constexpr const char *verb_names[] = {"read", "insert", "update", "delete"};
constexpr const char *name_of(Verb verb) noexcept {
  return verb_names[static_cast<std::size_t>(verb)];
}

// Columns are in a Bitmapset as the server has them: by their number in the table, less
// FirstLowInvalidHeapAttributeNumber.
constexpr int member_of(AttrNumber column) noexcept {
  return column - FirstLowInvalidHeapAttributeNumber;
}

struct ColumnRule {
  std::string_view api_context;
  std::string_view role;  // a null data(): everyone
  Verb verb;
  bool has_all_columns;
  Bitmapset *columns;
};

// What the rules let an identity do to the table with a verb.
struct Right {
  bool has_rule;
  bool has_all_columns;
  Bitmapset *columns;
};

// What one application's policy says of the table.
struct Management {
  std::string_view application;
  Oid context_roles[2];  // InvalidOid: there is none
  // False where the policies are there and their rules are not, as after a restore that left the
  // extension's rows out. Then nothing is known of what a context role may do.
  bool has_rules;
  bool reports;     // enforcement: report
  bool is_for_orm;  // columns: orm
  List *rules;      // of ColumnRule
  // By verb: what the bound identity's right was found to be, and of which identity_generation().
  mutable Right known_rights[std::size(verb_names)];
  mutable std::uint64_t known_at[std::size(verb_names)];
};

struct ManagedTable {
  Oid table;          // as asked; the key of the hash table
  Oid root;           // of which it is a partition; else the table itself
  Bitmapset *live;    // its columns
  List *managements;  // of Management
  bool is_current;
  MemoryContext memory;  // of all this
};

// Called once, from _PG_init.
void install_managed_tables();

// The table as policies manage it; null if none does. Valid until the next call.
const ManagedTable *managed_table(Oid table);

// Whether the policies of an application that manages the table bind the user: he has the rights of
// one of its context roles.
bool is_bound(const ManagedTable &managed, Oid user);

// The application's management of the table; null if it has none.
const Management *management_by(const ManagedTable &managed, std::string_view application);

}  // namespace tenancy::pg
