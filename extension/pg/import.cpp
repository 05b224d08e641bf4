// tenancy.import_jwks: a published key set replaces the keys of an issuer.
#include "core/key.hpp"
#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/extension.hpp"
#include "pg/key_store.hpp"

namespace tenancy::pg {
namespace {

// Locked, so that of two imports, or of an import and a secret key, the later sees what the earlier
// did.
void require_issuer(std::string_view issuer) {
  Oid types[1] = {TEXTOID};
  Datum values[1] = {PointerGetDatum(to_text(issuer))};
  if (SPI_execute_with_args("select from tenancy.issuer where issuer = $1 for no key update", 1,
                            types, values, nullptr, false, 0) < 0)
    elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(SPI_result));
  if (SPI_processed == 0)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no such issuer in tenancy.issuer"),
                    errhint("Insert the issuer first; the name is its exact iss claim.")));
}

int import_key_set(std::string_view issuer, std::string_view jwks) {
  const Oid owner = require_extension();
  Owned *slot = owned_slot(CurrentMemoryContext);
  const ParsedKeySet parsed = parse_key_set(jwks, KeySecrecy::public_only);
  if (parsed.keys == nullptr)
    ereport(
        ERROR,
        (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("key set refused: %s", parsed.fault),
         parsed.skipped == 0 ? 0 : errdetail("The first key left out: %s.", parsed.first_skipped),
         errhint("Pass the text of the issuer's JWKS document, as published.")));
  const KeySet &keys = *own(slot, parsed.keys);

  const OwnSql saved = begin_own_sql(owner);
  require_issuer(issuer);
  if (has_secret_keys(issuer))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the issuer has secret keys, which cannot be mixed with public ones"),
                    errhint("Remove them first: tenancy.remove_secret_key(issuer, key_id).")));
  replace_keys(issuer, keys);
  const std::size_t count = key_count(keys);
  end_own_sql(saved);
  if (parsed.skipped > 0)
    ereport(WARNING, (errmsg("%zu of the set's keys left out", parsed.skipped),
                      errdetail("The first: %s.", parsed.first_skipped)));
  report({.name = "keys_imported", .object = issuer, .count = static_cast<int>(count)});
  return static_cast<int>(count);
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_import_jwks);
Datum tenancy_import_jwks(PG_FUNCTION_ARGS) {
  PG_RETURN_INT32(tenancy::pg::import_key_set(tenancy::pg::view(PG_GETARG_TEXT_PP(0)),
                                              tenancy::pg::view(PG_GETARG_TEXT_PP(1))));
}

}  // extern "C"
