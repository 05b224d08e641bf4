#include "pg/key_store.hpp"

#include "pg/boundary.hpp"

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

std::string_view text_at(std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value =
      SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &is_null);
  return view(DatumGetTextPP(value));
}

}  // namespace

bool has_secret_keys(std::string_view issuer) {
  Datum values[1] = {text_datum(issuer)};
  execute("select from tenancy.issuer_secret where issuer = $1", 1, values);
  return SPI_processed > 0;
}

bool holds_keys(std::string_view issuer, const KeySet &keys) {
  Datum values[1] = {text_datum(issuer)};
  execute("select key_id, jwk from tenancy.issuer_key where issuer = $1", 1, values);
  const std::size_t count = key_count(keys);
  if (SPI_processed != count) return false;
  for (std::uint64_t row = 0; row < SPI_processed; ++row) {
    const auto key_id = text_at(row, 1);
    const auto jwk = text_at(row, 2);
    bool found = false;
    for (std::size_t i = 0; i < count && !found; ++i) {
      const KeyView key = key_at(keys, i);
      found = key.key_id == key_id && key.jwk == jwk;
    }
    if (!found) return false;
  }
  return true;
}

void replace_keys(std::string_view issuer, const KeySet &keys) {
  Datum values[5] = {text_datum(issuer), 0, 0, 0, 0};
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
}

}  // namespace tenancy::pg
