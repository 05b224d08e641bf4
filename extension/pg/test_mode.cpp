#include "pg/test_mode.hpp"

#include "core/hs256.hpp"
#include "core/secret_key.hpp"
#include "core/sha256.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"
#include "pg/shared.hpp"

namespace tenancy::pg {
namespace {

constexpr std::string_view prefix = "pg_tenancy_test:";
constexpr const char *extension_name = "pg_tenancy_test";
constexpr const char *tester_role = "tenancy_tester";

constinit bool several_identities = false;

void require_test_mode() {
  if (test_mode()) return;
  ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                  errmsg("pg_tenancy_test works on test servers only"),
                  errhint("Set tenancy.test_mode = on in postgresql.conf and restart the server; "
                          "never where real tenants are.")));
}

void require_tester() {
  require_test_mode();
  if (!OidIsValid(get_extension_oid(extension_name, true)))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("extension %s is not installed in this database", extension_name),
                    errhint("Run CREATE EXTENSION %s.", extension_name)));
  const Oid role = GetAuthenticatedUserId();
  const Oid testers = get_role_oid(tester_role, true);
  if (superuser_arg(role) || (OidIsValid(testers) && is_member_of_role(role, testers))) return;
  ereport(ERROR,
          (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
           errmsg("the role that connected, \"%s\", is no tester", GetUserNameFromId(role, false)),
           errhint("Connect as a superuser, or grant %s to the role.", tester_role)));
}

// The label cannot begin what is sealed, which starts with a length.
Digest signing_key() {
  char label[64];
  const int length =
      snprintf(label, sizeof label, "pg_tenancy_test key of database %u", MyDatabaseId);
  const SealKey &seal_key = pg::seal_key();
  const auto key = hmac_sha256({reinterpret_cast<const char *>(seal_key.data()), seal_key.size()},
                               {label, static_cast<std::size_t>(length)});
  if (!key)
    ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not derive the test key")));
  return *key;
}

std::string_view bytes_of(const Digest &digest) noexcept {
  return {reinterpret_cast<const char *>(digest.data()), digest.size()};
}

text *sign(std::string_view header, std::string_view claims) {
  require_tester();
  const Digest key = signing_key();
  const std::size_t length = hs256_size(header.size(), claims.size());
  auto *token = static_cast<text *>(palloc(VARHDRSZ + length));
  SET_VARSIZE(token, VARHDRSZ + length);
  if (!sign_hs256(bytes_of(key), header, claims, {VARDATA(token), length}))
    ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("could not sign the token")));
  return token;
}

void end_of_transaction(XactEvent event, void *) {
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    several_identities = false;
}

}  // namespace

void install_test_mode() {
  RegisterXactCallback(end_of_transaction, nullptr);
  if (test_mode())
    ereport(WARNING, (errmsg("tenancy.test_mode is on: pg_tenancy_test may become any user"),
                      errhint("Turn it off where real tenants are.")));
}

bool in_test() noexcept {
  return several_identities && test_mode();
}

bool is_test_issuer(std::string_view issuer) noexcept {
  return issuer.starts_with(prefix);
}

std::string_view issuer_tested(std::string_view issuer) {
  if (!test_mode() || !OidIsValid(get_extension_oid(extension_name, true))) return {};
  return issuer.substr(prefix.size());
}

void become_test_issuer(IssuerRules &rules, std::string_view issuer) {
  rules.issuer = issuer;
  rules.algorithms.add(*algorithm_of("HS256"));
}

ParsedKeySet test_key_set() {
  const Digest key = signing_key();
  return parse_secret_key("pg_tenancy_test", bytes_of(key), "HS256");
}

}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_test_require_test_mode);
Datum tenancy_test_require_test_mode(FunctionCallInfo) {
  tenancy::pg::require_test_mode();
  PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(tenancy_test_require_tester);
Datum tenancy_test_require_tester(FunctionCallInfo) {
  tenancy::pg::require_tester();
  PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(tenancy_test_sign);
Datum tenancy_test_sign(PG_FUNCTION_ARGS) {
  PG_RETURN_TEXT_P(tenancy::pg::sign(tenancy::pg::view(PG_GETARG_TEXT_PP(0)),
                                     tenancy::pg::view(PG_GETARG_TEXT_PP(1))));
}

PG_FUNCTION_INFO_V1(tenancy_test_allow_several_identities);
Datum tenancy_test_allow_several_identities(FunctionCallInfo) {
  tenancy::pg::require_tester();
  tenancy::pg::several_identities = true;
  PG_RETURN_VOID();
}

}  // extern "C"
