// Secret (HMAC) keys: they come in by function alone, and nothing gives them out again.
#include "core/secret_key.hpp"
#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/extension.hpp"
#include "pg/hygiene.hpp"

namespace tenancy::pg {
namespace {

Datum text_datum(std::string_view value) {
  return PointerGetDatum(to_text(value));
}

std::uint64_t execute(const char *sql, int parameters, Datum *values) {
  Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
  const int result = SPI_execute_with_args(sql, parameters, types, values, nullptr, false, 0);
  if (result < 0) elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
  return SPI_processed;
}

// The secret is parsed as the JWK that will be kept, so that what is stored is what can be loaded.
void add_secret_key(std::string_view issuer, std::string_view key_id, std::string_view secret,
                    std::string_view algorithm) {
  hide_statement();
  const Oid owner = require_extension();
  Owned *slot = owned_slot(CurrentMemoryContext);
  const ParsedKeySet parsed = parse_secret_key(key_id, secret, algorithm);
  if (parsed.keys == nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("secret key refused: %s",
                           parsed.skipped > 0 ? parsed.first_skipped : parsed.fault),
                    errhint("Make one with: openssl rand -base64 64")));
  const KeySet &keys = *own(slot, parsed.keys);

  const OwnSql saved = begin_own_sql(owner);
  const KeyView key = key_at(keys, 0);
  Datum values[4] = {text_datum(issuer), text_datum(key.key_id), text_datum(key.algorithm),
                     text_datum(key.jwk)};
  // Locked: an import of public keys must not slip in between the check and the insert.
  if (execute("select from tenancy.issuer where issuer = $1 for no key update", 1, values) == 0)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no such issuer in tenancy.issuer"),
                    errhint("Insert the issuer first; the name is its exact iss claim.")));
  if (execute("select from tenancy.issuer_key where issuer = $1", 1, values) > 0)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the issuer has public keys, which cannot be mixed with secret ones"),
                    errhint("Delete its rows from tenancy.issuer_key first.")));
  execute(
      "insert into tenancy.issuer_secret (issuer, key_id, algorithm, jwk)"
      " values ($1, $2, $3, $4) on conflict (issuer, key_id)"
      " do update set algorithm = excluded.algorithm, jwk = excluded.jwk, added_at = now()",
      4, values);
  end_own_sql(saved);
  report({.name = "secret_key_added", .object = issuer});
  ereport(NOTICE,
          (errmsg("whoever holds this secret can sign tokens of the issuer"),
           errhint("Prefer public keys: tenancy.import_jwks, or an address for the worker.")));
}

bool remove_secret_key(std::string_view issuer, std::string_view key_id) {
  const OwnSql saved = begin_own_sql(require_extension());
  Datum values[2] = {text_datum(issuer), text_datum(key_id)};
  const bool removed =
      execute("delete from tenancy.issuer_secret where issuer = $1 and key_id = $2", 2, values) > 0;
  end_own_sql(saved);
  if (removed) report({.name = "secret_key_removed", .object = issuer});
  return removed;
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_add_secret_key);
Datum tenancy_add_secret_key(PG_FUNCTION_ARGS) {
  const bytea *secret = PG_GETARG_BYTEA_PP(2);
  tenancy::pg::add_secret_key(tenancy::pg::view(PG_GETARG_TEXT_PP(0)),
                              tenancy::pg::view(PG_GETARG_TEXT_PP(1)), tenancy::pg::view(secret),
                              tenancy::pg::view(PG_GETARG_TEXT_PP(3)));
  PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(tenancy_remove_secret_key);
Datum tenancy_remove_secret_key(PG_FUNCTION_ARGS) {
  PG_RETURN_BOOL(tenancy::pg::remove_secret_key(tenancy::pg::view(PG_GETARG_TEXT_PP(0)),
                                                tenancy::pg::view(PG_GETARG_TEXT_PP(1))));
}

}  // extern "C"
