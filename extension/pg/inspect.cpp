// tenancy.verify: the verdict on a token, for those who debug. Binds nothing, reports nothing.
#include "core/algorithm_table.hpp"
#include "core/verify.hpp"
#include "pg/boundary.hpp"
#include "pg/claims.hpp"
#include "pg/extension.hpp"
#include "pg/trust.hpp"

namespace tenancy::pg {
namespace {

struct Expectations {
  std::string_view jwks;
  std::string_view issuer;
  std::string_view audience;
  std::string_view audience_claim;
  bool requires_nothing;
  Datum required_claims;  // jsonb
};

// {"name": "value"} or {"name": ["value", ...]} as pairs; read by the server's own functions, since
// this is a DBA's argument and no token.
std::span<const RequiredClaim> required_claims_of(Datum jsonb) {
  Oid types[1] = {JSONBOID};
  Datum values[1] = {jsonb};
  if (SPI_execute_with_args(
          "select r.key, v.value from jsonb_each($1) r,"
          "       jsonb_array_elements_text(case jsonb_typeof(r.value) when 'array' then r.value"
          "                                   else jsonb_build_array(r.value) end) v (value)"
          " order by 1, 2",
          1, types, values, nullptr, true, 0) != SPI_OK_SELECT)
    elog(ERROR, "could not read the required claims");
  auto *claims =
      static_cast<RequiredClaim *>(palloc0(sizeof(RequiredClaim) * Max(SPI_processed, 1)));
  for (std::uint64_t i = 0; i < SPI_processed; ++i) {
    const auto field = [i](int column) -> std::string_view {
      const char *text = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column);
      return text == nullptr ? std::string_view{} : text;
    };
    claims[i] = {field(1), field(2)};
  }
  return {claims, SPI_processed};
}

const Issuer &issuer_of(const Expectations &expected, MemoryContext owner) {
  IssuerRules rules;
  rules.issuer = expected.issuer;
  for (const AlgorithmRow &row : algorithm_table) rules.algorithms.add(row.algorithm);
  rules.audience_claims = {&expected.audience_claim, 1};
  if (!expected.audience.empty()) rules.audiences = {&expected.audience, 1};
  if (!expected.requires_nothing)
    rules.required_claims = required_claims_of(expected.required_claims);
  Owned *slot = owned_slot(owner);
  const ParsedKeySet parsed = parse_key_set(expected.jwks, KeySecrecy::allow_secrets);
  if (parsed.keys == nullptr)
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("key set refused: %s", parsed.fault)));
  Issuer *issuer = make_issuer(rules, parsed.keys);
  if (issuer == nullptr) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
  return *own(slot, issuer);
}

Verdict judge(const Token &token, const Expectations &expected, std::int64_t now) {
  const MemoryContext caller = CurrentMemoryContext;
  const OwnSql saved = begin_own_sql(require_extension());
  Verdict verdict{};
  if (expected.jwks.data() != nullptr) {
    verdict = verify(token, issuer_of(expected, caller), now);
  } else if (const TrustedIssuer *trusted = trusted_issuer(untrusted_issuer(token))) {
    verdict = verify(token, *trusted->issuer, now);
  } else {
    verdict.refusal = Refusal::unknown_issuer;
  }
  end_own_sql(saved);
  return verdict;
}

// Names and values as jsonb, from the verifier's own reading of the token.
Datum jsonb_of(std::span<const std::string_view> claims) {
  auto *elements = static_cast<Datum *>(palloc(sizeof(Datum) * Max(claims.size(), 1)));
  for (std::size_t i = 0; i < claims.size(); ++i) elements[i] = PointerGetDatum(to_text(claims[i]));
  const Datum array = PointerGetDatum(
      construct_array(elements, static_cast<int>(claims.size()), TEXTOID, -1, false, TYPALIGN_INT));
  return OidFunctionCall1(F_JSONB_OBJECT__TEXT, array);
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_verify);
Datum tenancy_verify(PG_FUNCTION_ARGS) {
  using namespace tenancy;
  const auto argument = [fcinfo](int n) -> std::string_view {
    return PG_ARGISNULL(n) ? std::string_view{} : pg::view(PG_GETARG_TEXT_PP(n));
  };
  for (const int n : {2, 3})  // else it would be taken for what is not compared
    if (!PG_ARGISNULL(n) && argument(n).empty())
      ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                      errmsg("%s to compare with is empty", n == 2 ? "the issuer" : "the audience"),
                      errhint("Leave it out, or pass null, where it does not matter.")));
  TupleDesc row;
  if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
    elog(ERROR, "tenancy.verify() must return a row");
  const std::int64_t now =
      PG_ARGISNULL(6) ? pg::unix_now()
                      : PG_GETARG_TIMESTAMPTZ(6) / USECS_PER_SEC + pg::unix_to_postgres_seconds;

  constexpr int columns = 10;
  Datum values[columns] = {};
  bool nulls[columns];
  for (bool &is_null : nulls) is_null = true;
  const auto set = [&](int n, Datum value) {
    values[n] = value;
    nulls[n] = false;
  };
  const auto set_text = [&](int n, std::string_view value) {
    if (!value.empty()) set(n, PointerGetDatum(pg::to_text(value)));
  };

  pg::Owned *slot = pg::owned_slot(CurrentMemoryContext);
  const ParsedToken parsed = parse(argument(0));
  Refusal refusal = parsed.refusal;
  if (parsed.token != nullptr) {
    const Token &token = *pg::own(slot, parsed.token);
    const Verdict verdict = pg::judge(
        token,
        {argument(1), argument(2), argument(3), argument(4), PG_ARGISNULL(5), PG_GETARG_DATUM(5)},
        now);
    refusal = verdict.refusal;
    set_text(3, verdict.subject);
    set_text(4, verdict.audience);
    set_text(5, verdict.account);
    set_text(6, verdict.workspace);
    set_text(7, verdict.key_id);
    if (refusal == Refusal::none)
      set(8, TimestampTzGetDatum(pg::timestamp_of_unix(verdict.expires_at)));
    set(9, pg::jsonb_of(pg::claims_of(token)));
  }
  set(0, BoolGetDatum(refusal == Refusal::none));
  set_text(1, refusal == Refusal::none ? "accepted" : refusal_name(refusal));
  set_text(2, refusal_meaning(refusal));
  PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls)));
}

}  // extern "C"
