// The wall between C++ and the server's longjmp.
//
// Glue is a sandwich. Server: read arguments into plain data (may raise). Core: one noexcept call,
// views in, value out. Server: raise or build the result (may raise). While the server may raise,
// no object with a destructor is alive on the stack; what must live across server calls belongs to
// a memory context, through own(). There is no PG_TRY and no catch in this directory.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Ends object with destroy() when context is reset or deleted, also by an error's unwinding.
// The slot is allocated first, so that nothing can raise between making the object and owning it:
//   Owned *slot = owned_slot(context);      may raise
//   own(slot, core_call(...));              cannot
struct Owned {
  MemoryContextCallback callback;
  void *object;
  void (*destroy)(void *object) noexcept;
  MemoryContext context;
};

inline Owned *owned_slot(MemoryContext context) {
  auto *slot = static_cast<Owned *>(MemoryContextAllocZero(context, sizeof(Owned)));
  slot->context = context;
  return slot;
}

template <class T>
T *own(Owned *slot, T *object) noexcept {
  slot->object = object;
  slot->destroy = [](void *p) noexcept { destroy(static_cast<T *>(p)); };
  slot->callback.arg = slot;
  slot->callback.func = [](void *p) {
    auto *owned = static_cast<Owned *>(p);
    owned->destroy(owned->object);
  };
  MemoryContextRegisterResetCallback(slot->context, &slot->callback);
  return object;
}

inline std::string_view view(const text *value) noexcept {
  return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

inline text *to_text(std::string_view value) {
  return cstring_to_text_with_len(value.data(), static_cast<int>(value.size()));
}

}  // namespace tenancy::pg
