#include "pg/fetch_job.hpp"

#include "core/discovery.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"

namespace tenancy::pg {
namespace {

char *keep(const FetchJob &job, std::string_view text) {
  return static_cast<char *>(
      memcpy(MemoryContextAllocZero(job.memory, text.size() + 1), text.data(), text.size()));
}

void finish(FetchJob &job) {
  release(job.transfer);
  job.transfer = nullptr;
  job.is_done = true;
  job.store_at = GetCurrentTimestamp();
}

void fail(FetchJob &job, const char *error, const char *why = nullptr) {
  char text[200];
  snprintf(text, sizeof text, why == nullptr ? "%s" : "%s: %s", error, why);
  job.error = keep(job, text);
  finish(job);
}

void fail(FetchJob &job, const Answer &answer) {
  const bool has_status =
      answer.fault == FetchFault::http_status || answer.fault == FetchFault::redirected;
  char status[16];
  snprintf(status, sizeof status, "%d", answer.status);
  fail(job, fetch_fault_name(answer.fault), has_status ? status : nullptr);
}

void start(FetchJob &job, Fetcher &fetcher, const char *address, std::string_view etag) {
  if (!is_https_address(address)) return fail(job, fetch_fault_name(FetchFault::bad_address));
  job.transfer = start_transfer(
      fetcher, address, etag,
      {.ca_file = fetch_ca_file(), .allow_private_addresses = fetch_private_addresses()});
  if (job.transfer == nullptr) fail(job, fetch_fault_name(FetchFault::failed));
}

void start_key_set(FetchJob &job, Fetcher &fetcher, std::string_view address) {
  job.in_discovery = false;
  job.url = keep(job, address);
  const bool same = address == job.held_url;
  start(job, fetcher, job.url, same ? std::string_view(job.held_etag) : std::string_view{});
}

void take_discovery(FetchJob &job, Fetcher &fetcher, std::string_view document) {
  char address[max_address_bytes];
  const Discovery found = read_discovery(document, job.issuer, address);
  release(job.transfer);
  job.transfer = nullptr;
  switch (found.fault) {
    case DiscoveryFault::none:
      return start_key_set(job, fetcher, found.jwks_uri);
    case DiscoveryFault::malformed:
      return fail(job, "bad_discovery", "not one strict JSON object");
    case DiscoveryFault::bad_address:
      return fail(job, "bad_discovery", "jwks_uri is no https address");
    case DiscoveryFault::wrong_issuer:
      return fail(job, "wrong_issuer");
    case DiscoveryFault::no_memory:
      return fail(job, fetch_fault_name(FetchFault::failed));
  }
}

void take_key_set(FetchJob &job, std::string_view document) {
  Owned *slot = owned_slot(job.memory);
  const ParsedKeySet parsed = parse_key_set(document, KeySecrecy::public_only);
  if (parsed.keys != nullptr) {
    job.keys = own(slot, parsed.keys);
    return;
  }
  // Only a fault of one key names something from the document: its kid.
  const bool is_ours = std::string_view(parsed.fault).starts_with("the ");
  fail(job, "bad_key_set", is_ours ? parsed.fault : "a key has the kid of another");
}

}  // namespace

void begin_job(FetchJob &job, Fetcher &fetcher, const DueIssuer &issuer) {
  job = FetchJob{};
  job.memory = AllocSetContextCreate(TopMemoryContext, "pg_tenancy fetch", ALLOCSET_SMALL_SIZES);
  job.issuer = keep(job, issuer.issuer);
  job.jwks_url = keep(job, issuer.jwks_url);
  job.held_url = keep(job, issuer.url);
  job.held_etag = keep(job, issuer.etag);
  job.refresh_seconds = issuer.refresh_seconds;
  job.failures = issuer.failures;
  job.attempted_at = GetCurrentTimestamp();
  job.url = job.etag = job.error = keep(job, "");
  if (job.jwks_url[0] != '\0') return start_key_set(job, fetcher, job.jwks_url);

  char address[max_address_bytes + 1];
  const auto found = discovery_address(job.issuer, {address, max_address_bytes});
  address[found.size()] = '\0';
  job.in_discovery = true;
  start(job, fetcher, address, {});
}

void continue_job(FetchJob &job, Fetcher &fetcher) {
  const Answer answer = answer_of(*job.transfer);
  if (answer.fault != FetchFault::none) return fail(job, answer);
  if (job.in_discovery) return take_discovery(job, fetcher, answer.body);
  if (!answer.not_modified) take_key_set(job, answer.body);
  if (job.is_done) return;
  job.etag = answer.not_modified ? job.held_etag : keep(job, answer.etag);
  const std::int64_t longest = job.refresh_seconds;
  job.refresh = answer.fresh_seconds.value_or(longest);
  job.refresh = Min(Max(job.refresh, min_refresh_seconds), longest);
  finish(job);
}

void end_job(FetchJob &job) noexcept {
  if (job.memory == nullptr) return;
  release(job.transfer);
  MemoryContextDelete(job.memory);  // ends the keys
  job = FetchJob{};
}

FetchOutcome outcome_of(const FetchJob &job, TimestampTz now) noexcept {
  const int doublings = Min(job.failures, 20);
  const std::int64_t retry =
      Min(std::int64_t{first_retry_seconds} << doublings, std::int64_t{job.refresh_seconds});
  return {.issuer = job.issuer,
          .jwks_url = job.jwks_url,
          .attempted_at = job.attempted_at,
          .next_at = job.attempted_at + job.refresh * USECS_PER_SEC,
          .retry_at = now + retry * USECS_PER_SEC,
          .error = job.error,
          .url = job.url,
          .etag = job.etag,
          .keys = job.keys};
}

}  // namespace tenancy::pg
