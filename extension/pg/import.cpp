// tenancy.import_jwks: a published key set replaces the keys of an issuer.
#include "core/key.hpp"
#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/extension.hpp"

namespace tenancy::pg {
namespace {

void execute(const char *sql, int count, Datum *values) {
  Oid types[5] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
  const int result = SPI_execute_with_args(sql, count, types, values, nullptr, false, 0);
  if (result < 0) elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
}

Datum text_datum(std::string_view value) {
  return PointerGetDatum(to_text(value));
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
  Datum values[5] = {text_datum(issuer), 0, 0, 0, 0};
  execute("select from tenancy.issuer where issuer = $1", 1, values);
  if (SPI_processed == 0)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no such issuer in tenancy.issuer"),
                    errhint("Insert the issuer first; the name is its exact iss claim.")));
  execute("select from tenancy.issuer_secret where issuer = $1", 1, values);
  if (SPI_processed > 0)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("the issuer has secret keys, which cannot be mixed with public ones"),
                    errhint("Remove them first: tenancy.remove_secret_key(issuer, key_id).")));
  execute("delete from tenancy.issuer_key where issuer = $1", 1, values);
  const std::size_t count = key_count(keys);
  for (std::size_t i = 0; i < count; ++i) {
    const KeyView key = key_at(keys, i);
    values[1] = text_datum(key.key_id);
    values[2] = text_datum(key.type);
    values[3] = text_datum(key.algorithm);
    values[4] = text_datum(key.jwk);
    execute(
        "insert into tenancy.issuer_key (issuer, key_id, type, algorithm, jwk)"
        " values ($1, $2, $3, $4, $5)",
        5, values);
  }
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
