// What a function keeps in its FmgrInfo from one call to the next, and for how long that holds.
#pragma once

#include "pg/postgres.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {

// What an answer from the identity depends on. A FmgrInfo may outlive the statement (PL/pgSQL keeps
// it for a transaction), so that expiry is asked anew at the next.
struct Moment {
  std::uint64_t generation;  // 0, in fresh memory: never
  TimestampTz statement;
};

inline Moment this_moment() noexcept {
  return {identity_generation(), GetCurrentStatementStartTimestamp()};
}

inline bool holds(const Moment &moment) noexcept {
  return moment.generation == identity_generation() &&
         moment.statement == GetCurrentStatementStartTimestamp();
}

// The function's own T, zeroed when made; it lives as long as the FmgrInfo.
template <class T>
T *kept(FunctionCallInfo fcinfo) {
  FmgrInfo *function = fcinfo->flinfo;
  if (function->fn_extra == nullptr)
    function->fn_extra = MemoryContextAllocZero(function->fn_mcxt, sizeof(T));
  return static_cast<T *>(function->fn_extra);
}

// Whether no argument can differ in the next call of the FmgrInfo. A parameter can: it is the same
// for a statement, but PL/pgSQL passes its variables as such. The argument that is left out may.
inline bool arguments_are_literals(FunctionCallInfo fcinfo, int left_out = -1) noexcept {
  const Node *call = fcinfo->flinfo->fn_expr;
  if (call == nullptr || !IsA(call, FuncExpr)) return false;
  const ListCell *cell;
  foreach (cell, reinterpret_cast<const FuncExpr *>(call)->args)
    if (foreach_current_index(cell) != left_out && !IsA(lfirst(cell), Const)) return false;
  return true;
}

}  // namespace tenancy::pg
