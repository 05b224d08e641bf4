#include "pg/settings.hpp"

#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

constinit int missing_identity_value = static_cast<int>(MissingIdentity::error);
constinit int log_logins_value = static_cast<int>(LogLogins::refused);
constinit bool connection_login_value = false;
constinit char *seal_key_file_value = nullptr;
constinit char *sealed_identity_value = nullptr;
constinit char *databases_value = nullptr;
constinit char *fetch_ca_file_value = nullptr;
constinit bool fetch_private_addresses_value = false;
constinit bool test_mode_value = false;

constexpr config_enum_entry missing_identity_options[] = {
    {"error", static_cast<int>(MissingIdentity::error), false},
    {"deny", static_cast<int>(MissingIdentity::deny), false},
    {nullptr, 0, false},
};

constexpr config_enum_entry log_logins_options[] = {
    {"none", static_cast<int>(LogLogins::none), false},
    {"refused", static_cast<int>(LogLogins::refused), false},
    {"all", static_cast<int>(LogLogins::all), false},
    {nullptr, 0, false},
};

// What login bound, readable and never writable: PGC_INTERNAL, the value comes from the show hook.
struct Shown {
  const char *name;
  const char *meaning;
  const char *(*show)();
};

constexpr Shown shown_settings[] = {
    {"tenancy.account", "Key of the account that this session acts in.", show_account},
    {"tenancy.workspace", "Key of the workspace that this session acts in.", show_workspace},
    {"tenancy.app_user", "Key of the user that this session acts as.", show_user},
    {"tenancy.subject", "Subject of the token that this session presented.", show_subject},
    {"tenancy.issuer", "Issuer of the token that this session presented.", show_issuer},
    {"tenancy.application", "Application that this session uses.", show_application},
    {"tenancy.api_context", "API context that this session came through.", show_api_context},
    {"tenancy.roles", "Roles of this session, with those that they include.", show_roles},
    {"tenancy.expires_at", "When the identity of this session ends.", show_expires_at},
};

constinit char *shown_values[std::size(shown_settings)] = {};

}  // namespace

void define_settings() {
  // The seal is the second wall, the level is the first: as PGC_USERSET a known seal could be
  // stored by ALTER ROLE ... SET, and DISCARD ALL would then restore an identity instead of ending
  // it.
  DefineCustomStringVariable(
      "tenancy.identity", "The sealed identity that login bound.", nullptr, &sealed_identity_value,
      "", PGC_SUSET,
      GUC_SUPERUSER_ONLY | GUC_NO_SHOW_ALL | GUC_DISALLOW_IN_FILE | GUC_NOT_IN_SAMPLE,
      check_identity, assign_identity, show_identity);
  DefineCustomEnumVariable(
      "tenancy.missing_identity", "What a pool's query does without a login: error or deny.",
      "With deny the accessors return NULL for roles in tenancy.pool; all others get the error.",
      &missing_identity_value, static_cast<int>(MissingIdentity::error), missing_identity_options,
      PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomEnumVariable("tenancy.log_logins", "Which logins are reported to the server log.",
                           nullptr, &log_logins_value, static_cast<int>(LogLogins::refused),
                           log_logins_options, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable("tenancy.connection_login",
                           "Whether login may bind an identity until the connection ends.",
                           "A pooler that shares connections would hand it to the next client.",
                           &connection_login_value, false, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  DefineCustomStringVariable(
      "tenancy.seal_key_file", "File whose content keys the seal of identities.",
      "Empty: a random key at each start. Needed only where nodes must accept each other's seals.",
      &seal_key_file_value, "", PGC_POSTMASTER, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
  DefineCustomStringVariable(
      "tenancy.databases", "Databases whose issuers' keys are fetched, each by a worker.", nullptr,
      &databases_value, "", PGC_POSTMASTER, GUC_LIST_INPUT, nullptr, nullptr, nullptr);
  DefineCustomStringVariable("tenancy.fetch_ca_file",
                             "File of the certificates that key servers are verified with.",
                             "Empty: the system's. A file replaces those.", &fetch_ca_file_value,
                             "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable(
      "tenancy.fetch_private_addresses", "Whether keys are fetched from private addresses too.",
      "Off: from public addresses alone; not from private, loopback and link-local ones.",
      &fetch_private_addresses_value, false, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
  DefineCustomBoolVariable("tenancy.test_mode",
                           "Whether pg_tenancy_test works, which may become any user.",
                           "Never on where real tenants are.", &test_mode_value, false,
                           PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
  for (std::size_t i = 0; i < std::size(shown_settings); ++i)
    DefineCustomStringVariable(shown_settings[i].name, shown_settings[i].meaning, nullptr,
                               &shown_values[i], "", PGC_INTERNAL,
                               GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, nullptr, nullptr,
                               shown_settings[i].show);
  MarkGUCPrefixReserved("tenancy");
}

MissingIdentity missing_identity() noexcept {
  return static_cast<MissingIdentity>(missing_identity_value);
}
bool connection_login() noexcept {
  return connection_login_value;
}
LogLogins log_logins() noexcept {
  return static_cast<LogLogins>(log_logins_value);
}
const char *seal_key_file() noexcept {
  return seal_key_file_value;
}
const char *databases_setting() noexcept {
  return databases_value == nullptr ? "" : databases_value;
}
const char *fetch_ca_file() noexcept {
  return fetch_ca_file_value == nullptr || fetch_ca_file_value[0] == '\0' ? nullptr
                                                                          : fetch_ca_file_value;
}
bool fetch_private_addresses() noexcept {
  return fetch_private_addresses_value;
}
bool test_mode() noexcept {
  return test_mode_value;
}

}  // namespace tenancy::pg
