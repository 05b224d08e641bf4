// The identity of this backend: bound by login, read by the accessors, ended by the transaction, or
// by the connection where login was asked to bind it for that.
//
// INVARIANT: an identity is live only if the sealed setting opened in this backend (or is the
// leader's, in a parallel worker), nothing has ended it since, its transaction included, and it has
// not expired. What has ended stays so, whatever a rollback gives back to the setting.
// INVARIANT: a transaction has at most one identity; what it was, and that it logged out, outlives
// every rollback to a savepoint and ends with the transaction alone.
#pragma once

#include "core/identity.hpp"
#include "core/refusal.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// Called once, from _PG_init.
void install_session();

// Rises whenever what live_identity() gives may have changed; never 0. For caches in fn_extra.
std::uint64_t identity_generation() noexcept;

// The live identity. Without one: raises 28000, or 28T02 if it has expired or was revoked; where
// the role is a pool and tenancy.missing_identity is deny, returns null instead. Valid until the
// setting changes: copy what must outlive the call.
const Identity *live_identity();

// The same for show hooks: null instead of every error.
const Identity *peek_identity() noexcept;

// When the bound identity ends, in seconds since 1970, also after that time; 0 without one.
std::int64_t identity_expires_at() noexcept;
// May be called in a signal handler.
bool identity_has_expired() noexcept;

// Whether the transaction has, or had, an identity.
bool transaction_has_identity() noexcept;

// Whether the bound identity is the connection's, not one transaction's.
bool identity_is_the_connections() noexcept;

// How long login binds.
enum class Scope : std::uint8_t { transaction, connection };

// Binds identity, in which it fills in serial and of_connection, or says why not.
Refusal bind_identity(Identity &identity, Scope scope);

// Ends the identity, for the rest of the transaction and of the connection. True if there was one.
bool end_identity();
// The same for one that was revoked: what asks for it is told 28T02.
void revoke_identity();

// Hooks of the settings (pg/settings.cpp).
bool check_identity(char **value, void **extra, GucSource source);
void assign_identity(const char *value, void *extra);
const char *show_identity();
const char *show_account();
const char *show_workspace();
const char *show_user();
const char *show_subject();
const char *show_issuer();
const char *show_application();
const char *show_api_context();
const char *show_roles();
const char *show_expires_at();

}  // namespace tenancy::pg
