#include "pg/trust.hpp"

#include <cstring>

#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/test_mode.hpp"

namespace tenancy::pg {
namespace {

// More issuers than this are forgotten together: a backend that serves so many pays for reading one
// again, and an attacker who invents names fills nothing, since unknown ones are not kept.
constexpr std::size_t capacity = 64;

struct Entry {
  std::string_view met_as;  // the name that the token gave: the issuer's or an alias
  TrustedIssuer trusted;
};

constinit Entry entries[capacity] = {};
constinit std::size_t count = 0;
constinit MemoryContext memory = nullptr;
constinit Oid signal_table = InvalidOid;
constinit bool stale = false;

// Runs while invalidations are processed, in the middle of anything: it only takes a note.
void on_invalidation(Datum, Oid table) {
  if (!OidIsValid(table) || table == signal_table) stale = true;
}

void forget_all() {
  count = 0;
  stale = false;
  if (memory == nullptr)
    memory = AllocSetContextCreate(TopMemoryContext, "pg_tenancy issuers", ALLOCSET_SMALL_SIZES);
  MemoryContextReset(memory);  // ends the issuers, which it owns
  signal_table = get_relname_relid("signal", get_namespace_oid("tenancy", false));
}

char *keep(std::string_view text) {
  return text.empty() ? nullptr : MemoryContextStrdup(memory, text_to_cstring(to_text(text)));
}

}  // namespace

void install_trust() {
  CacheRegisterRelcacheCallback(on_invalidation, 0);
}

const TrustedIssuer *trusted_issuer(std::string_view name) {
  const bool is_test = is_test_issuer(name);
  const std::string_view configured = is_test ? issuer_tested(name) : name;
  if (configured.empty()) return nullptr;
  AcceptInvalidationMessages();  // a long transaction may have missed a change
  if (stale || memory == nullptr || count == capacity) forget_all();
  for (std::size_t i = 0; i < count; ++i)
    if (entries[i].met_as == name) return &entries[i].trusted;

  IssuerRow row = issuer_named(configured);
  if (!row.found) return nullptr;
  Entry entry{
      keep(name),
      {nullptr, keep(row.rules.issuer), keep(row.account), row.rules.leeway, row.is_fetched}};
  Owned *slot = owned_slot(memory);
  if (is_test) become_test_issuer(row.rules, name);
  const ParsedKeySet keys =
      is_test ? test_key_set()
              : parse_key_set(row.key_set, row.has_secrets ? KeySecrecy::allow_secrets
                                                           : KeySecrecy::public_only);
  Issuer *issuer = make_issuer(row.rules, keys.keys);  // without keys every kid is unknown
  if (issuer == nullptr) ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
  entry.trusted.issuer = own(slot, issuer);
  // Not kept if trust changed while it was read: good for this login, which is concurrent with
  // that.
  entries[count] = entry;
  return &entries[stale ? count : count++].trusted;
}

}  // namespace tenancy::pg
