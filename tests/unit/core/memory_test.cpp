// Without memory at any point: no exception leaves, nothing leaks (run under AddressSanitizer),
// and nothing is accepted that was not checked.
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>

#include "mint.hpp"
#include "subjects.hpp"

namespace {

long allocations_left = -1;  // -1: no limit
bool limits_openssl = true;

bool may_allocate() {
  if (allocations_left == 0) return false;
  if (allocations_left > 0) allocations_left--;
  return true;
}

void *allocate(std::size_t size) {
  return may_allocate() ? std::malloc(size) : nullptr;
}

// OpenSSL's own memory, which it lets one take over before it takes any.
[[maybe_unused]] const bool takes_over = CRYPTO_set_mem_functions(
    [](std::size_t size, const char *, int) {
      return limits_openssl ? allocate(size) : std::malloc(size);
    },
    [](void *memory, std::size_t size, const char *, int) {
      return !limits_openssl || may_allocate() ? std::realloc(memory, size) : nullptr;
    },
    [](void *memory, const char *, int) { std::free(memory); });

}  // namespace

void *operator new(std::size_t size) {
  if (void *const memory = allocate(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
  return allocate(size == 0 ? 1 : size);
}
void operator delete(void *memory) noexcept {
  std::free(memory);
}
void operator delete(void *memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace tenancy;
using tenancy::test::Destroy;
using tenancy::test::name;
using tenancy::test::OwnedIssuer;
using tenancy::test::OwnedToken;
using tenancy::test::Signer;

namespace {

// Calls f with 0, 1, 2, ... allocations until it succeeds; counts the failures.
template <class F>
int starve(F f) {
  for (int failures = 0; failures < 10000; failures++) {
    allocations_left = failures;
    const bool done = f();
    allocations_left = -1;
    if (done) return failures;
  }
  return -1;
}

const std::string claims =
    R"({"iss":"a long enough issuer","sub":"a long enough subject","exp":1800000600,)"
    R"("groups":["a long enough group","b"],"n":[{"deep":{"deeper":1.5}}]})";

}  // namespace

TEST_CASE("memory: each step fails cleanly, then works", "[memory]") {
  const std::string key_set =
      R"({"keys":[)" + Signer::rs256().jwk(R"("kid":"a long enough key identifier")") + "," +
      Signer::es256().jwk(R"("kid":"another long enough identifier")") + "]}";
  const std::string text = test::mint(
      Signer::rs256(), R"({"alg":"RS256","kid":"a long enough key identifier"})", claims);

  bool only_memory_is_blamed = true;
  OwnedToken token;
  CHECK(starve([&] {
          const ParsedToken parsed = parse(text);
          token.reset(parsed.token);
          only_memory_is_blamed &= token || parsed.refusal == Refusal::out_of_memory;
          return token != nullptr;
        }) > 10);
  CHECK(only_memory_is_blamed);

  test::OwnedKeys keys;
  CHECK(starve([&] {
          const ParsedKeySet parsed = parse_key_set(key_set, KeySecrecy::public_only);
          keys.reset(parsed.keys);
          only_memory_is_blamed &= keys || parsed.fault == std::string_view("out of memory");
          return keys != nullptr;
        }) > 10);
  CHECK(only_memory_is_blamed);
  CHECK(key_count(*keys) == 2);

  static constexpr std::string_view audiences[] = {"an audience of some length", "another of them"};
  static constexpr RequiredClaim required[] = {
      {"a claim of some length", "a value of some length"}};
  IssuerRules rules;
  rules.issuer = "a long enough issuer";
  rules.aliases = audiences;
  rules.required_claims = required;
  // Each failed attempt has taken and ended its keys.
  CHECK(starve([&] {
          const long left = std::exchange(allocations_left, -1);
          KeySet *const copy = parse_key_set(key_set, KeySecrecy::public_only).keys;
          allocations_left = left;
          return OwnedIssuer(make_issuer(rules, copy)) != nullptr;
        }) > 3);

  rules.aliases = {};
  rules.required_claims = {};
  rules.algorithms = test::every_algorithm();
  const OwnedIssuer issuer(make_issuer(rules, keys.release()));
  // The verdict itself needs no memory of ours.
  allocations_left = 0;
  limits_openssl = false;
  const Verdict verdict = verify(*token, *issuer, 1'800'000'000);
  limits_openssl = true;
  allocations_left = -1;
  CHECK(name(verdict.refusal) == "none");
}

TEST_CASE("memory: a parser that starves is never believed", "[memory]") {
  json_malloc_t malloc_before;
  json_free_t free_before;
  json_get_alloc_funcs(&malloc_before, &free_before);
  json_set_alloc_funcs(allocate, std::free);
  const std::string text = test::mint(Signer::rs256(), R"({"alg":"RS256"})", claims);
  bool refused_for_a_reason = true;
  const int failures = starve([&] {
    const ParsedToken parsed = parse(text);
    const OwnedToken token(parsed.token);
    // The parser does not always tell a lack of memory from a syntax error.
    refused_for_a_reason &=
        token || parsed.refusal == Refusal::out_of_memory || parsed.refusal == Refusal::bad_json;
    return token != nullptr;
  });
  json_set_alloc_funcs(malloc_before, free_before);
  CHECK(failures > 30);
  CHECK(refused_for_a_reason);
}

TEST_CASE("memory: signatures that OpenSSL has no memory for are not accepted", "[memory]") {
  REQUIRE(takes_over);
  for (const auto &[algorithm, signer] : test::every_kind()) {
    INFO(algorithm);
    const std::string input =
        test::encode(R"({"alg":")" + std::string(algorithm) + "\"}") + "." + test::encode(claims);
    const std::string text = input + "." + test::encode(signer.sign_by(algorithm, input));
    const std::string jwk = signer.jwk();
    // The first time, OpenSSL looks for what it keeps for good.
    REQUIRE(name(test::check_jws(text, jwk)) == "none");

    test::OwnedKeys keys;
    bool refused_for_a_reason = true;
    CHECK(starve([&] {
            const ParsedKeySet parsed = parse_key_set(jwk, KeySecrecy::allow_secrets);
            keys.reset(parsed.keys);
            refused_for_a_reason &= keys || parsed.fault[0] != '\0';
            return keys != nullptr;
          }) > 5);
    CHECK(refused_for_a_reason);
    REQUIRE(keys);

    const OwnedToken token(parse(text).token);
    REQUIRE(token);
    bool tells_memory = false;
    CHECK(starve([&] {
            const Refusal refusal = verify_signature(*token, *keys, test::every_algorithm());
            tells_memory |= refusal == Refusal::out_of_memory;
            refused_for_a_reason &= refusal == Refusal::none || refusal == Refusal::out_of_memory ||
                                    refusal == Refusal::bad_signature;
            return refusal == Refusal::none;
          }) > 0);
    CHECK(refused_for_a_reason);
    CHECK(tells_memory);
    CHECK(ERR_peek_error() == 0);
  }
}
