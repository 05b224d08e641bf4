#include "pg/fetch_schedule.hpp"

#include "pg/boundary.hpp"
#include "pg/key_store.hpp"

namespace tenancy::pg {
namespace {

constexpr Oid int8_array = 1016;  // _int8

// A 304 would keep what was imported by hand since, or nothing at all; so then no etag is sent.
constexpr const char *next_sql =
    "select n.issuer, n.jwks_url, n.url,"
    "       case when held.count > 0 and held.newest <= n.fetched_at then n.etag end,"
    "       n.refresh_interval, n.failures, n.due_at"
    "  from (select i.issuer, i.jwks_url, f.url, f.fetched_at, f.etag, i.refresh_interval,"
    "               coalesce(f.failures, 0) as failures,"
    "               case when f.attempted_at is null or i.jwks_url <> coalesce(f.url, '')"
    "                      then timestamptz '-infinity'"
    "                    when hashtextextended(i.issuer collate \"C\", 0) = any ($1)"
    "                      then least(f.next_at, f.attempted_at"
    "                                            + make_interval(secs => i.unknown_key_cooldown))"
    "                    else least(f.next_at, f.attempted_at"
    "                                          + make_interval(secs => i.refresh_interval))"
    "               end as due_at"
    "          from tenancy.issuer i"
    "          left join tenancy.issuer_fetch f on f.issuer = i.issuer"
    "         where i.jwks_url is not null or i.discovery"
    "         order by due_at, i.issuer"
    "         limit $2) n"
    " cross join lateral ("
    "         select count(*) as count, max(k.imported_at) as newest"
    "           from tenancy.issuer_key k where k.issuer = n.issuer) held"
    " order by n.due_at, n.issuer";

// A refresh that was asked for while this fetch was under way is not forgotten.
constexpr const char *record_sql =
    "insert into tenancy.issuer_fetch as f"
    "       (issuer, attempted_at, fetched_at, next_at, failures, error, url, etag)"
    " values ($1, $2, case when $4 is null then now() end, $3, ($4 is not null)::integer, $4, $5,"
    "         $6)"
    "     on conflict (issuer) do update"
    "    set attempted_at = excluded.attempted_at,"
    "        fetched_at = coalesce(excluded.fetched_at, f.fetched_at),"
    "        next_at = case when f.next_at > excluded.attempted_at and f.next_at <= now()"
    "                       then f.next_at else excluded.next_at end,"
    "        failures = case when $4 is null then 0 else f.failures + 1 end,"
    "        error = excluded.error,"
    "        url = coalesce(excluded.url, f.url),"
    "        etag = case when $4 is null then excluded.etag"
    "                    when coalesce(excluded.url, f.url) = f.url then f.etag end";

Datum text_datum(std::string_view value) {
  return PointerGetDatum(to_text(value));
}

void execute(const char *sql, int count, Oid *types, Datum *values, const char *nulls = nullptr) {
  const int result = SPI_execute_with_args(sql, count, types, values, nulls, false, 0);
  if (result < 0) elog(ERROR, "SPI_execute_with_args failed: %s", SPI_result_code_string(result));
}

Datum value_at(std::uint64_t row, int column, bool &is_null) {
  return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &is_null);
}

std::string_view text_at(std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = value_at(row, column, is_null);
  return is_null ? std::string_view{} : view(DatumGetTextPP(value));
}

int integer_at(std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = value_at(row, column, is_null);
  return is_null ? 0 : DatumGetInt32(value);
}

TimestampTz time_at(std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = value_at(row, column, is_null);
  return is_null ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

// Locks the issuer, as an import does (pg/import.cpp).
bool is_still_configured(const FetchOutcome &outcome) {
  Oid types[2] = {TEXTOID, TEXTOID};
  Datum values[2] = {text_datum(outcome.issuer), text_datum(outcome.jwks_url)};
  execute(
      "select from tenancy.issuer where issuer = $1 and coalesce(jwks_url, '') = $2"
      "    and (discovery or jwks_url is not null) for no key update",
      2, types, values);
  return SPI_processed > 0;
}

}  // namespace

std::span<const DueIssuer> next_fetches(std::span<const IssuerHash> requests, int limit) {
  auto *hashes = static_cast<Datum *>(palloc(sizeof(Datum) * Max(requests.size(), std::size_t{1})));
  for (std::size_t i = 0; i < requests.size(); ++i) hashes[i] = Int64GetDatum(requests[i]);
  ArrayType *wanted = construct_array(hashes, static_cast<int>(requests.size()), INT8OID, 8,
                                      FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
  Oid types[2] = {int8_array, INT4OID};
  Datum values[2] = {PointerGetDatum(wanted), Int32GetDatum(limit)};
  execute(next_sql, 2, types, values);
  const std::uint64_t count = SPI_processed;
  auto *issuers =
      static_cast<DueIssuer *>(palloc0(sizeof(DueIssuer) * Max(count, std::uint64_t{1})));
  for (std::uint64_t row = 0; row < count; ++row)
    issuers[row] = {.issuer = text_at(row, 1),
                    .jwks_url = text_at(row, 2),
                    .url = text_at(row, 3),
                    .etag = text_at(row, 4),
                    .refresh_seconds = integer_at(row, 5),
                    .failures = integer_at(row, 6),
                    .due_at = time_at(row, 7)};
  return {issuers, count};
}

Recorded record(const FetchOutcome &outcome) {
  if (!is_still_configured(outcome)) return Recorded::nothing;
  auto recorded = Recorded::outcome;
  std::string_view error = outcome.error;
  if (outcome.keys != nullptr && has_secret_keys(outcome.issuer)) {
    recorded = Recorded::has_secrets;
    error = has_secrets_error;
  } else if (outcome.keys != nullptr && !holds_keys(outcome.issuer, *outcome.keys)) {
    recorded = Recorded::new_keys;
    replace_keys(outcome.issuer, *outcome.keys);
  }
  Oid types[6] = {TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};
  Datum values[6] = {text_datum(outcome.issuer),
                     TimestampTzGetDatum(outcome.attempted_at),
                     TimestampTzGetDatum(error.empty() ? outcome.next_at : outcome.retry_at),
                     text_datum(error),
                     text_datum(outcome.url),
                     text_datum(outcome.etag)};
  const char nulls[7] = {' ',
                         ' ',
                         ' ',
                         error.empty() ? 'n' : ' ',
                         outcome.url.empty() ? 'n' : ' ',
                         outcome.etag.empty() ? 'n' : ' ',
                         '\0'};
  execute(record_sql, 6, types, values, nulls);
  return recorded;
}

bool plan_fetch_now(std::string_view issuer) {
  Oid types[1] = {TEXTOID};
  Datum values[1] = {text_datum(issuer)};
  execute(
      "insert into tenancy.issuer_fetch as f (issuer, next_at)"
      " select issuer, clock_timestamp() from tenancy.issuer"
      "  where issuer = $1 and (discovery or jwks_url is not null)"
      "     on conflict (issuer) do update set next_at = excluded.next_at, etag = null",
      1, types, values);
  return SPI_processed > 0;
}

}  // namespace tenancy::pg
