// The server's shared memory: the seal key, and per backend a nonce and the mark of what has ended.
#pragma once

#include "core/seal.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

using Nonce = std::array<std::uint8_t, 16>;

// One per backend slot of the server. Written by the backend that owns the slot, read by its
// parallel workers, which start after what they may see was written; so there is no lock.
struct Slot {
  Nonce nonce;  // a slot is used again by later backends; a seal must not be
  // Bindings up to this serial are no identity, whatever the setting says: all, and those of one
  // transaction.
  std::uint64_t ended_till;
  std::uint64_t transactions_till;
};

// Called once, from _PG_init: asks for the memory and has it filled at start.
void install_shared_memory();

// The slot of this process, or of its leader if it is a parallel worker. Null before the process
// has one (boot, auxiliary processes). The first call of a backend gives its slot a fresh nonce.
// Neither raises nor allocates.
Slot *own_slot() noexcept;

// Which slot that is, below MaxBackends; -1 before there is one.
int own_slot_number() noexcept;

// REQUIRES: own_slot() != nullptr
const SealKey &seal_key() noexcept;

}  // namespace tenancy::pg
