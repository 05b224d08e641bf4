#include "pg/catalog.hpp"

#include <cstring>

#include "core/algorithm.hpp"
#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

// A statement of ours, planned once per backend. The pinned search_path is part of the cached plan.
struct Statement {
  const char *sql;
  int parameters;
  SPIPlanPtr plan;
};

constinit Statement pools_statement{
    "select p.api_context, p.application, p.issuer, p.audiences, a.directory_schema::text,"
    "       a.directory_name::text,"
    "       exists (select from pg_roles r where (r.rolsuper or r.rolbypassrls)"
    "                  and pg_has_role(p.login_role, r.oid, 'member'))"
    "  from tenancy.pool p"
    "  join tenancy.application a on a.name = p.application"
    " where p.login_role = $1::name"
    " order by p.application, p.api_context, p.issuer",
    1, nullptr};

// A required claim with several accepted values comes as several pairs of one name.
constinit Statement issuer_statement{
    "select i.issuer, i.aliases, i.algorithms, i.token_type, i.audience_claims, i.audiences,"
    "       required.names, required.accepted, i.leeway, i.max_lifetime, i.subject_claim,"
    "       i.account_claim, i.workspace_claim, i.account,"
    "       '{\"keys\":[' || coalesce(held.keys, '') || ']}', held.secret,"
    "       i.discovery or i.jwks_url is not null"
    "  from tenancy.issuer i"
    " cross join lateral ("
    "         select coalesce(string_agg(k.jwk, ','), '') as keys, coalesce(bool_or(k.secret), "
    "false) as secret"
    "           from (select jwk, false from tenancy.issuer_key where issuer = i.issuer"
    "                 union all"
    "                 select jwk, true from tenancy.issuer_secret where issuer = i.issuer"
    "                 order by 1) k (jwk, secret)) held"
    " cross join lateral ("
    "         select array_agg(r.key order by r.key, v.value) as names,"
    "                array_agg(v.value order by r.key, v.value) as accepted"
    "           from jsonb_each(i.required_claims) r,"
    "                jsonb_array_elements_text("
    "                  case jsonb_typeof(r.value) when 'array' then r.value"
    "                                             else jsonb_build_array(r.value) end) v (value)) "
    "required"
    " where i.issuer = $1 or i.aliases @> array[$1]",
    1, nullptr};

constinit Statement admits_statement{
    "select coalesce(bool_or(i.issuer = $2), true) from tenancy.issuer i where i.account = $1", 2,
    nullptr};

// The statement for the directory function used last; another function replaces it.
constinit Statement directory_statement{nullptr, 4, nullptr};
constinit char directory_sql[512] = "";

SPITupleTable *run(Statement &statement, Datum *values, const char *nulls) {
  if (statement.plan == nullptr) {
    Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
    const SPIPlanPtr plan = SPI_prepare(statement.sql, statement.parameters, types);
    if (plan == nullptr) elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
    SPI_keepplan(plan);
    statement.plan = plan;
  }
  const int result = SPI_execute_snapshot(statement.plan, values, nulls, GetLatestSnapshot(),
                                          InvalidSnapshot, true, false, 0);
  if (result != SPI_OK_SELECT)
    elog(ERROR, "SPI_execute_snapshot failed: %s", SPI_result_code_string(result));
  return SPI_tuptable;
}

Datum text_datum(std::string_view value) {
  return PointerGetDatum(to_text(value));
}

std::string_view text_of(const SPITupleTable *table, std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &is_null);
  return is_null ? std::string_view{} : view(DatumGetTextP(value));
}

std::int64_t integer_of(const SPITupleTable *table, std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &is_null);
  return is_null ? 0 : DatumGetInt32(value);
}

bool boolean_of(const SPITupleTable *table, std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &is_null);
  return !is_null && DatumGetBool(value);
}

Texts texts_of(const SPITupleTable *table, std::uint64_t row, int column) {
  bool is_null = false;
  const Datum value = SPI_getbinval(table->vals[row], table->tupdesc, column, &is_null);
  if (is_null) return {};
  Datum *elements = nullptr;
  bool *nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
                    &count);
  auto *texts = static_cast<std::string_view *>(
      palloc(sizeof(std::string_view) * static_cast<std::size_t>(Max(count, 1))));
  for (int i = 0; i < count; ++i)
    texts[i] = nulls[i] ? std::string_view{} : view(DatumGetTextP(elements[i]));
  return {texts, static_cast<std::size_t>(count)};
}

[[noreturn]] void raise_unfit_directory(const char *schema, const char *name, const char *why) {
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
           errmsg("directory function %s.%s(text, text, text, text) %s", schema, name, why),
           errhint("See the comment on tenancy.application.directory_name; the functions that "
                   "\"tenancy build\" makes are fit.")));
  pg_unreachable();
}

// The extension's SQL runs as its owner, and so would a directory function that is no SECURITY
// DEFINER.
void require_fit_directory(const char *schema, const char *name) {
  Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, TEXTOID};
  List *qualified = list_make2(makeString(pstrdup(schema)), makeString(pstrdup(name)));
  const Oid function = LookupFuncName(qualified, 4, types, true);
  if (!OidIsValid(function)) raise_unfit_directory(schema, name, "does not exist");
  const HeapTuple row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(row)) raise_unfit_directory(schema, name, "does not exist");
  const Form_pg_proc form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(row));
  const bool is_definer = form->prosecdef;
  const bool is_volatile = form->provolatile == PROVOLATILE_VOLATILE;
  ReleaseSysCache(row);
  if (!is_definer) raise_unfit_directory(schema, name, "is not SECURITY DEFINER");
  if (is_volatile) raise_unfit_directory(schema, name, "is not STABLE");
}

// The directory function's name comes from tenancy.application; prepared again only when it
// changes.
void prepare_directory(const Pool &pool) {
  char *schema = text_to_cstring(to_text(pool.directory_schema));
  char *name = text_to_cstring(to_text(pool.directory_name));
  require_fit_directory(schema, name);
  const char *sql = psprintf(
      "select d.account_key::text, d.workspace_key::text, d.user_key::text,"
      "       d.roles::text[], d.why_not::text"
      "  from %s.%s($1, $2, $3, $4) d",
      quote_identifier(schema), quote_identifier(name));
  if (directory_statement.plan != nullptr && std::strcmp(sql, directory_sql) == 0) return;
  const SPIPlanPtr old = directory_statement.plan;
  directory_statement.plan = nullptr;
  if (old != nullptr) SPI_freeplan(old);
  strlcpy(directory_sql, sql, sizeof directory_sql);
  directory_statement.sql = directory_sql;
}

}  // namespace

std::span<const Pool> pools_of(Oid login_role) {
  Datum values[1] = {CStringGetTextDatum(GetUserNameFromId(login_role, false))};
  const SPITupleTable *table = run(pools_statement, values, nullptr);
  const std::uint64_t count = SPI_processed;
  auto *pools = static_cast<Pool *>(palloc0(sizeof(Pool) * Max(count, 1)));
  for (std::uint64_t row = 0; row < count; ++row) {
    Pool &pool = pools[row];
    pool.api_context = text_of(table, row, 1);
    pool.application = text_of(table, row, 2);
    pool.issuer = text_of(table, row, 3);
    pool.audiences = texts_of(table, row, 4);
    pool.any_audience = SPI_getvalue(table->vals[row], table->tupdesc, 4) == nullptr;
    pool.directory_schema = text_of(table, row, 5);
    pool.directory_name = text_of(table, row, 6);
    pool.is_unsafe = boolean_of(table, row, 7);
  }
  return {pools, count};
}

IssuerRow issuer_named(std::string_view name) {
  Datum values[1] = {text_datum(name)};
  const SPITupleTable *table = run(issuer_statement, values, nullptr);
  IssuerRow issuer{};
  if (SPI_processed != 1) return issuer;

  issuer.found = true;
  IssuerRules &rules = issuer.rules;
  rules.issuer = text_of(table, 0, 1);
  rules.aliases = texts_of(table, 0, 2);
  for (const auto algorithm : texts_of(table, 0, 3))
    if (const auto known = algorithm_of(algorithm)) rules.algorithms.add(*known);
  rules.type = text_of(table, 0, 4);
  rules.audience_claims = texts_of(table, 0, 5);
  rules.audiences = texts_of(table, 0, 6);
  const Texts names = texts_of(table, 0, 7);
  const Texts wanted = texts_of(table, 0, 8);
  auto *required =
      static_cast<RequiredClaim *>(palloc(sizeof(RequiredClaim) * Max(names.size(), 1)));
  for (std::size_t i = 0; i < names.size(); ++i) required[i] = {names[i], wanted[i]};
  rules.required_claims = {required, names.size()};
  rules.leeway = integer_of(table, 0, 9);
  rules.max_lifetime = integer_of(table, 0, 10);
  rules.subject_claim = text_of(table, 0, 11);
  rules.account_claim = text_of(table, 0, 12);
  rules.workspace_claim = text_of(table, 0, 13);
  issuer.account = text_of(table, 0, 14);
  issuer.key_set = text_of(table, 0, 15);
  issuer.has_secrets = boolean_of(table, 0, 16);
  issuer.is_fetched = boolean_of(table, 0, 17);
  return issuer;
}

bool account_admits(std::string_view account, std::string_view issuer) {
  Datum values[2] = {text_datum(account), text_datum(issuer)};
  const SPITupleTable *table = run(admits_statement, values, nullptr);
  return boolean_of(table, 0, 1);
}

Membership membership_of(const Pool &pool, std::string_view issuer, std::string_view subject,
                         std::string_view account, std::string_view workspace) {
  prepare_directory(pool);
  Datum values[4] = {text_datum(issuer), text_datum(subject), text_datum(account),
                     text_datum(workspace)};
  const char nulls[5] = {' ', ' ', account.empty() ? 'n' : ' ', workspace.empty() ? 'n' : ' ',
                         '\0'};
  const SPITupleTable *table = run(directory_statement, values, nulls);
  if (SPI_processed != 1)
    ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
                    errmsg("the directory function of the application gave %llu rows, not one",
                           static_cast<unsigned long long>(SPI_processed))));
  Membership membership{};
  membership.account = text_of(table, 0, 1);
  membership.workspace = text_of(table, 0, 2);
  membership.user = text_of(table, 0, 3);
  membership.roles = texts_of(table, 0, 4);
  membership.why_not = text_of(table, 0, 5);
  return membership;
}

}  // namespace tenancy::pg
