// Without memory at any point: no exception leaves, nothing leaks (run under AddressSanitizer),
// and nothing is accepted that was not checked.
#include <jansson.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <vector>

#include "mint.hpp"
#include "subjects.hpp"

namespace {

long allocations_left = -1;  // -1: no limit
bool limits_openssl = true;
bool limits_new = true;

bool may_allocate() {
  if (allocations_left == 0) return false;
  if (allocations_left > 0) allocations_left--;
  return true;
}

// Bytes in use of all that goes through here, with what malloc adds.
long in_use = 0;
long most_in_use = 0;

void *counted(void *memory) {
  if (memory != nullptr) in_use += static_cast<long>(malloc_usable_size(memory)) + 8;
  most_in_use = std::max(most_in_use, in_use);
  return memory;
}
// Inlined into operator delete, its free() looks to GCC 16 like the wrong one for new.
[[gnu::noinline]] void release(void *memory) {
  if (memory != nullptr) in_use -= static_cast<long>(malloc_usable_size(memory)) + 8;
  std::free(memory);
}

void *allocate(std::size_t size) {
  return may_allocate() ? counted(std::malloc(size)) : nullptr;
}

// OpenSSL's own memory, which it lets one take over before it takes any.
[[maybe_unused]] const bool takes_over = CRYPTO_set_mem_functions(
    [](std::size_t size, const char *, int) {
      return limits_openssl ? allocate(size) : counted(std::malloc(size));
    },
    [](void *memory, std::size_t size, const char *, int) -> void * {
      if (limits_openssl && !may_allocate()) return nullptr;
      const long before = memory == nullptr ? 0 : static_cast<long>(malloc_usable_size(memory)) + 8;
      void *const moved = std::realloc(memory, size);
      if (moved != nullptr) in_use -= before;
      return counted(moved);
    },
    [](void *memory, const char *, int) { release(memory); });

}  // namespace

void *operator new(std::size_t size) {
  void *const memory =
      limits_new ? allocate(size == 0 ? 1 : size) : std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr) return memory;
  throw std::bad_alloc();
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept {
  return allocate(size == 0 ? 1 : size);
}
void operator delete(void *memory) noexcept {
  release(memory);
}
void operator delete(void *memory, std::size_t) noexcept {
  release(memory);
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
  CHECK(key_set_generation(*keys) ==
        key_set_generation(*test::keys_of(key_set)));  // which is no leftover of a failed hash

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
  json_set_alloc_funcs(allocate, release);
  const std::string text = test::mint(Signer::rs256(), R"({"alg":"RS256"})", claims);
  bool refused_for_a_reason = true;
  bool tells_memory = false;
  limits_new = false;
  const int failures = starve([&] {
    const ParsedToken parsed = parse(text);
    const OwnedToken token(parsed.token);
    // The parser does not always tell a lack of memory from a syntax error.
    refused_for_a_reason &=
        token || parsed.refusal == Refusal::out_of_memory || parsed.refusal == Refusal::bad_json;
    tells_memory |= parsed.refusal == Refusal::out_of_memory;
    return token != nullptr;
  });
  limits_new = true;
  json_set_alloc_funcs(malloc_before, free_before);
  CHECK(failures > 30);
  CHECK(refused_for_a_reason);
  CHECK(tells_memory);
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
    int blames_signature = 0;
    CHECK(starve([&] {
            const Refusal refusal = verify_signature(*token, *keys, test::every_algorithm());
            tells_memory |= refusal == Refusal::out_of_memory;
            blames_signature += refusal == Refusal::bad_signature ? 1 : 0;
            refused_for_a_reason &= refusal == Refusal::none || refusal == Refusal::out_of_memory ||
                                    refusal == Refusal::bad_signature;
            return refusal == Refusal::none;
          }) > 0);
    CHECK(refused_for_a_reason);
    CHECK(tells_memory);
    // That is remembered of the token. OpenSSL has a few allocations whose failure it never tells.
    CHECK(blames_signature <= 3);

    // A forged one is not accepted wherever memory ends.
    std::string forged = text;
    char &c = forged[forged.rfind('.') + 5];
    c = c == 'A' ? 'B' : 'A';
    const OwnedToken forged_token(parse(forged).token);
    REQUIRE(forged_token);
    int accepted = 0;
    for (int allocations = 0; allocations < 200; allocations++) {
      allocations_left = allocations;
      const Refusal refusal = verify_signature(*forged_token, *keys, test::every_algorithm());
      allocations_left = -1;
      accepted += refusal == Refusal::none ? 1 : 0;
    }
    CHECK(accepted == 0);
    CHECK(ERR_peek_error() == 0);
  }
}

namespace {

// Claims of about so many bytes that make the most of what the parser allocates for them.
std::vector<std::string> greedy_claims(std::size_t size) {
  const std::string start = R"({"sub":"s","exp":1900000000,)";
  const auto repeated = [&](const std::string &open, const std::string &element,
                            const std::string &close, std::size_t memory, std::size_t each) {
    std::string text = start + open + element;
    for (std::size_t used = 600; text.size() + element.size() + 8 < size && used + each < memory;
         used += each) {
      text += "," + element;
    }
    return text + close + "}";
  };
  std::vector<std::string> all;
  const std::string uuid = "\"0123456789abcdef0123456789abcdef0123\"";
  for (const std::size_t memory : {24000, 26000, 26600, 1000000}) {
    all.push_back(repeated("\"a\":[", "{}", "]", memory, 248));
    all.push_back(repeated("\"a\":[", "[]", "]", memory, 152));
    all.push_back(repeated("\"a\":[", "\"\"", "]", memory, 105));
    all.push_back(repeated("\"a\":[", uuid, "]", memory, 141));
    all.push_back(repeated("\"a\":[", "1", "]", memory, 56));
    all.push_back(repeated("\"a\":[", "null", "]", memory, 24));
    all.push_back(repeated("\"a\":[", "1e3", "]", memory, 56));
  }
  // Many claims, each with a text of its own; then a long string, alone and behind much else.
  for (const char *value : {"1", "{}", "[\"x\"]", "\"x\"", "1e300"}) {
    std::string text = start + "\"x\":1";
    for (int i = 0; i < 85; i++) text += ",\"claim" + std::to_string(i) + "\":" + value;
    all.push_back(text + "}");
  }
  all.push_back(start + "\"a\":\"" + std::string(size - start.size() - 8, 'x') + "\"}");
  all.push_back(start + "\"a\":[\"" + std::string(size - start.size() - 10, 'x') + "\"]}");
  for (const std::size_t length : {4100, 8200, 10000}) {
    const std::string tail = ",\"z\":\"" + std::string(length, 'x') + "\"";
    all.push_back(repeated("\"a\":[", "{}", "]" + tail, 26600 - length, 248));
    all.push_back(repeated("\"a\":[", uuid, "]" + tail, 26600 - length, 141));
  }
  std::erase_if(all, [&](const std::string &text) { return text.size() > size; });
  return all;
}

}  // namespace

TEST_CASE("memory: no token of 16 KiB takes more than 64 KiB", "[memory]") {
  json_malloc_t malloc_before;
  json_free_t free_before;
  json_get_alloc_funcs(&malloc_before, &free_before);
  json_set_alloc_funcs(allocate, release);
  long most = 0;
  std::size_t accepted = 0;
  const auto measure = [&](const std::string &text, const Issuer &issuer) {
    // The first time, OpenSSL fetches what it keeps.
    const OwnedToken warm(parse(text).token);
    if (warm) static_cast<void>(verify(*warm, issuer, 1'800'000'000));
    const long before = in_use;
    most_in_use = in_use;
    Refusal refusal{};
    {
      const ParsedToken parsed = parse(text);
      const OwnedToken token(parsed.token);
      refusal = token ? verify(*token, issuer, 1'800'000'000).refusal : parsed.refusal;
      if (token) static_cast<void>(token_digest(*token));
    }
    CHECK(in_use == before);
    most = std::max(most, most_in_use - before);
    accepted += refusal == Refusal::none ? 1 : 0;
  };
  for (const auto &[algorithm, signer] : test::every_kind()) {
    IssuerRules rules;
    rules.algorithms = test::every_algorithm();
    const OwnedIssuer issuer(make_issuer(rules, test::keys_of(signer.jwk()).release()));
    const std::string header = test::encode(R"({"alg":")" + std::string(algorithm) + "\"}") + ".";
    for (const std::string &payload : greedy_claims(12000)) {
      const std::string input = header + test::encode(payload);
      const std::string text = input + "." + test::encode(signer.sign_by(algorithm, input));
      if (text.size() > max_token_bytes) continue;
      most = 0;
      measure(text, *issuer);
      INFO(algorithm << " " << payload.substr(0, 80) << ": " << most);
      CHECK(most <= 64 * 1024);
    }
    measure(header + "e30." + std::string(16000, 'A'), *issuer);
    measure(header + std::string(8000, 'A') + "." + std::string(8000, 'A'), *issuer);
    CHECK(most <= 64 * 1024);
  }
  // The longest keys that are taken, under which nobody needs to have signed anything.
  for (const auto &[bytes, exponent] :
       {std::pair(1024u, std::string(8, '\xff')), {2048u, "\x01\xff\xff"}}) {
    const std::string n = "\xc5" + std::string(bytes - 2, '\x5a') + "\x6b";
    for (const std::string algorithm : {"RS256", "PS512"}) {
      IssuerRules rules;
      rules.algorithms = test::every_algorithm();
      const OwnedIssuer issuer(
          make_issuer(rules, test::keys_of(R"({"kty":"RSA","n":")" + test::encode(n) +
                                           R"(","e":")" + test::encode(exponent) + "\"}")
                                 .release()));
      for (std::string payload : greedy_claims(12000)) {
        const std::string header = R"({"alg":")" + algorithm + "\"}";
        const std::string signature(bytes, '\x11');
        // White space takes no memory of the parser's, but of the token's.
        while (test::compact(header, payload + std::string(400, ' '), signature).size() <
               max_token_bytes) {
          payload += std::string(400, ' ');
        }
        const std::string text = test::compact(header, payload, signature);
        if (text.size() > max_token_bytes) continue;
        most = 0;
        measure(text, *issuer);
        INFO(algorithm << " " << bytes << " " << payload.substr(0, 80) << ": " << most);
        // Of which OpenSSL 3.6 takes 2 KiB more than 3.0 for a key of 16384 bits.
        CHECK(most <= (OpenSSL_version_num() < 0x30500000L ? 64 : 66) * 1024);
      }
    }
  }
  json_set_alloc_funcs(malloc_before, free_before);
  CHECK(accepted > 200);
}
