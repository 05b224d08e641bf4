#include "pg/session.hpp"

#include <cstring>

#include "core/seal.hpp"
#include "pg/failure.hpp"
#include "pg/pool.hpp"
#include "pg/settings.hpp"
#include "pg/shared.hpp"
#include "pg/test_mode.hpp"

namespace tenancy::pg {
namespace {

// What a rollback to a savepoint must not undo.
struct Transaction {
  bool has_identity;
  bool logged_out;
  Digest digest;  // of the identity; of zeros where it could not be had, which equals none
};

constinit Transaction transaction{};
constinit const Identity *bound = nullptr;  // the setting's extra, owned by the server
constinit std::uint64_t generation = 1;
constinit std::uint64_t last_serial = 0;   // each binding of this backend has the next one
constinit std::uint64_t revoked_till = 0;  // bindings up to this serial were revoked
constinit Digest last_digest{};            // of the identity that this connection had last

enum class Liveness { live, missing, expired };

Liveness liveness() noexcept {
  const Slot *slot = own_slot();
  if (bound == nullptr || slot == nullptr) return Liveness::missing;
  if (bound->serial <= slot->ended_till)
    return bound->serial <= revoked_till ? Liveness::expired : Liveness::missing;
  if (!bound->of_connection && bound->serial <= slot->transactions_till) return Liveness::missing;
  return unix_now() < bound->expires_at ? Liveness::live : Liveness::expired;
}

void note_identity(const Identity &identity) noexcept {
  transaction.has_identity = true;
  transaction.digest = identity_digest(identity).value_or(Digest{});
}

// Where a seal holds. The leader's in a parallel worker: its roleId is the role that authenticated,
// which the worker inherits, and the slot is the leader's.
struct Binding {
  Oid role;
  Oid database;
  Nonce nonce;
};

Binding binding_of(const Slot &slot) noexcept {
  return {MyProc->roleId, MyDatabaseId, slot.nonce};
}

std::string_view bytes_of(const Binding &binding) noexcept {
  return {reinterpret_cast<const char *>(&binding), sizeof binding};
}

void store(const char *sealed, GucAction action) {
  set_config_option("tenancy.identity", sealed, PGC_SUSET, PGC_S_SESSION, action, true, ERROR,
                    false);
}

// SET LOCAL seed outlives its transaction: random() would go on from a seed of the last client's.
void seed_anew() {
  std::uint32_t seed = 0;
  if (!pg_strong_random(&seed, sizeof seed))
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not get random bytes")));
  constexpr double half = 0x80000000;
  DirectFunctionCall1(setseed, Float8GetDatum(seed / half - 1));
}

void end_of_transaction(XactEvent event, void *) {
  if (event == XACT_EVENT_PRE_PREPARE && transaction_has_identity())
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("cannot prepare a transaction that has an identity"),
                    errhint("Commit it in one phase: whoever commits a prepared transaction may be "
                            "somebody else.")));
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
    return;
  // currval() and lastval() would tell keys of its rows to the next client, who need not log in.
  if (transaction_has_identity() && !identity_is_the_connections()) ResetSequenceCaches();
  transaction = {};
  ++generation;
  if (last_serial != 0) own_slot()->transactions_till = last_serial;
}

const char *show(Slice Identity::*slice) {
  const Identity *identity = peek_identity();
  return identity == nullptr ? "" : text_of(*identity, identity->*slice).data();
}

const char *show(TenantKey Identity::*key) {
  const Identity *identity = peek_identity();
  return identity == nullptr ? "" : text_of(*identity, identity->*key).data();
}

}  // namespace

void install_session() {
  RegisterXactCallback(end_of_transaction, nullptr);
}

std::uint64_t identity_generation() noexcept {
  return generation;
}

const Identity *peek_identity() noexcept {
  return liveness() == Liveness::live ? bound : nullptr;
}

std::int64_t identity_expires_at() noexcept {
  return liveness() == Liveness::missing ? 0 : bound->expires_at;
}

bool identity_has_expired() noexcept {
  return liveness() == Liveness::expired;
}

bool transaction_has_identity() noexcept {
  return transaction.has_identity || liveness() != Liveness::missing;
}

bool identity_is_the_connections() noexcept {
  return bound != nullptr && bound->of_connection;
}

const Identity *live_identity() {
  switch (liveness()) {
    case Liveness::live:
      return bound;
    case Liveness::expired:
      refuse(Refusal::expired);
    case Liveness::missing:
      break;
  }
  if (missing_identity() == MissingIdentity::deny && is_pool(GetUserId())) return nullptr;
  raise_no_identity();
}

Refusal bind_identity(Identity &identity, Scope scope) {
  Slot *slot = own_slot();
  if (slot == nullptr) return Refusal::out_of_memory;
  const auto digest = identity_digest(identity);
  if (!digest) return Refusal::out_of_memory;
  if (in_test())
    transaction = {};
  else if (!transaction.has_identity && liveness() != Liveness::missing)
    note_identity(*bound);
  if (transaction.logged_out || (transaction.has_identity && transaction.digest != *digest))
    return Refusal::second_identity;

  if (last_digest != *digest) ResetSequenceCaches();  // as at the end of a transaction
  last_digest = *digest;
  seed_anew();

  identity.serial = ++last_serial;
  identity.of_connection = scope == Scope::connection;
  const std::string_view payload{reinterpret_cast<const char *>(&identity), identity.size};
  const std::size_t length = sealed_size(payload.size());
  char *sealed = static_cast<char *>(palloc(length + 1));
  const Binding binding = binding_of(*slot);
  if (!seal(seal_key(), bytes_of(binding), payload, {sealed, length}))
    return Refusal::out_of_memory;
  sealed[length] = '\0';
  transaction = {true, false, *digest};
  store(sealed, scope == Scope::connection ? GUC_ACTION_SET : GUC_ACTION_LOCAL);
  pfree(sealed);
  return Refusal::none;
}

bool end_identity() {
  const bool was_bound = peek_identity() != nullptr;
  Slot *slot = own_slot();
  if (slot != nullptr && (bound != nullptr || transaction.has_identity)) {
    if (!transaction.has_identity) note_identity(*bound);
    transaction.logged_out = true;
    slot->ended_till = last_serial;
    ++generation;
    store("", GUC_ACTION_SET);
  }
  return was_bound;
}

void revoke_identity() {
  Slot *slot = own_slot();
  if (slot == nullptr || bound == nullptr) return;
  slot->ended_till = revoked_till = last_serial;
  ++generation;
}

// Runs at boot, on reload and in workers, outside transactions: no catalog, no palloc, no error. A
// good seal is never refused (a refused value is printed), so the clock is not asked here.
bool check_identity(char **value, void **extra, GucSource) {
  *extra = nullptr;
  const std::string_view sealed = *value == nullptr ? std::string_view{} : *value;
  if (sealed.empty()) return true;
  const Slot *slot = own_slot();
  const std::size_t size = payload_size(sealed.size());
  if (slot == nullptr || size < sizeof(Identity) || size > max_identity_bytes) return false;
  auto *payload = static_cast<char *>(guc_extra_alloc(size));
  if (payload == nullptr) return false;
  const Binding binding = binding_of(*slot);
  if (!open_seal(seal_key(), bytes_of(binding), sealed, {payload, size}) ||
      !is_identity({payload, size})) {
    guc_extra_free(payload);
    return false;
  }
  *extra = payload;
  return true;
}

// RESET ALL of a connection's identity must not make room for another in the same transaction.
void assign_identity(const char *, void *extra) {
  if (bound != nullptr && extra != bound && IsTransactionState() && !transaction.has_identity &&
      liveness() != Liveness::missing)
    note_identity(*bound);
  bound = static_cast<const Identity *>(extra);
  ++generation;
}

const char *show_identity() {
  return bound == nullptr ? "" : "(sealed)";
}
const char *show_account() {
  return show(&Identity::account);
}
const char *show_workspace() {
  return show(&Identity::workspace);
}
const char *show_user() {
  return show(&Identity::user);
}
const char *show_subject() {
  return show(&Identity::subject);
}
const char *show_issuer() {
  return show(&Identity::issuer);
}
const char *show_application() {
  return show(&Identity::application);
}
const char *show_api_context() {
  return show(&Identity::api_context);
}

const char *show_roles() {
  const Identity *identity = peek_identity();
  if (identity == nullptr) return "";
  StringInfoData list;
  initStringInfo(&list);
  for (std::size_t i = 0; i < identity->role_count; ++i) {
    if (i > 0) appendStringInfoChar(&list, ',');
    appendStringInfoString(&list, role_at(*identity, i).data());
  }
  return list.data;
}

const char *show_expires_at() {
  const Identity *identity = peek_identity();
  return identity == nullptr ? "" : timestamptz_to_str(timestamp_of_unix(identity->expires_at));
}

}  // namespace tenancy::pg
