#include "core/digest_cache.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

using namespace tenancy;

namespace {

// Digests that fall into one set whatever the number of sets: their first eight bytes are zero.
Digest digest(unsigned number) {
  Digest d{};
  d[30] = static_cast<std::uint8_t>(number >> 8);
  d[31] = static_cast<std::uint8_t>(number);
  return d;
}

const Digest g = digest(7), h = digest(8);

struct Memory {
  explicit Memory(std::size_t entries) : words(DigestCache::bytes_for(entries) / 8) {}
  DigestCache cache() { return {words.data(), words.size() * 8}; }
  std::vector<std::uint64_t> words;
};

}  // namespace

TEST_CASE("digest cache: zeros are an empty cache", "[digest_cache]") {
  Memory memory(100);
  CHECK(memory.cache().find(Digest{}, Digest{}) == SignatureKnown::unknown);
  CHECK(memory.cache().find(digest(1), g) == SignatureKnown::unknown);
}

TEST_CASE("digest cache: what is remembered is found, by whoever sees the memory",
          "[digest_cache]") {
  Memory memory(100);
  memory.cache().remember(digest(1), g, SignatureKnown::good);
  memory.cache().remember(digest(2), g, SignatureKnown::bad);
  CHECK(memory.cache().find(digest(1), g) == SignatureKnown::good);
  CHECK(memory.cache().find(digest(2), g) == SignatureKnown::bad);
  CHECK(memory.cache().find(digest(3), g) == SignatureKnown::unknown);
  // Under other keys nothing is known.
  CHECK(memory.cache().find(digest(1), h) == SignatureKnown::unknown);
  memory.cache().remember(digest(1), h, SignatureKnown::bad);
  CHECK(memory.cache().find(digest(1), h) == SignatureKnown::bad);
  CHECK(memory.cache().find(digest(1), g) == SignatureKnown::good);
}

TEST_CASE("digest cache: the last word holds", "[digest_cache]") {
  Memory memory(8);
  DigestCache cache = memory.cache();
  cache.remember(digest(1), g, SignatureKnown::good);
  cache.remember(digest(1), g, SignatureKnown::bad);
  CHECK(cache.find(digest(1), g) == SignatureKnown::bad);
  cache.remember(digest(1), g, SignatureKnown::good);
  CHECK(cache.find(digest(1), g) == SignatureKnown::good);
  cache.remember(digest(1), g, SignatureKnown::unknown);
  CHECK(cache.find(digest(1), g) == SignatureKnown::unknown);
  cache.remember(digest(1), g, SignatureKnown::bad);
  cache.remember(digest(1), g, SignatureKnown::unknown);
  CHECK(cache.find(digest(1), g) == SignatureKnown::unknown);
}

TEST_CASE("digest cache: the longest unused of a set goes first", "[digest_cache]") {
  Memory memory(8);  // one set: four places for either kind
  DigestCache cache = memory.cache();
  for (unsigned i = 1; i <= 4; i++) cache.remember(digest(i), g, SignatureKnown::good);
  CHECK(cache.find(digest(1), g) == SignatureKnown::good);  // now 2 is the oldest
  cache.remember(digest(5), g, SignatureKnown::good);
  CHECK(cache.find(digest(2), g) == SignatureKnown::unknown);
  for (const unsigned i : {1u, 3u, 4u, 5u}) {
    CHECK(cache.find(digest(i), g) == SignatureKnown::good);
  }
  // One that is remembered again takes no second place, one forgotten leaves its own.
  cache.remember(digest(5), g, SignatureKnown::good);
  CHECK(cache.find(digest(1), g) == SignatureKnown::good);
  cache.remember(digest(4), g, SignatureKnown::unknown);
  cache.remember(digest(6), g, SignatureKnown::good);
  for (const unsigned i : {1u, 3u, 5u, 6u}) {
    CHECK(cache.find(digest(i), g) == SignatureKnown::good);
  }
}

TEST_CASE("digest cache: a flood of forged tokens displaces no good one", "[digest_cache]") {
  Memory memory(8);
  DigestCache cache = memory.cache();
  for (unsigned i = 1; i <= 4; i++) cache.remember(digest(i), g, SignatureKnown::good);
  for (unsigned i = 100; i < 1000; i++) cache.remember(digest(i), g, SignatureKnown::bad);
  for (unsigned i = 1; i <= 4; i++) CHECK(cache.find(digest(i), g) == SignatureKnown::good);
  for (unsigned i = 996; i < 1000; i++) CHECK(cache.find(digest(i), g) == SignatureKnown::bad);
  CHECK(cache.find(digest(995), g) == SignatureKnown::unknown);
}

TEST_CASE("digest cache: its size is what is asked for", "[digest_cache]") {
  CHECK(DigestCache::bytes_for(0) == 0);
  CHECK(DigestCache::bytes_for(1) == DigestCache::bytes_for(8));
  CHECK(DigestCache::bytes_for(9) == 2 * DigestCache::bytes_for(8));
  CHECK(DigestCache::bytes_for(1000) == 125 * DigestCache::bytes_for(8));
  // Too little for one set remembers nothing, and touches nothing.
  Memory memory(8);
  DigestCache none(memory.words.data(), DigestCache::bytes_for(8) - 1);
  none.remember(digest(1), g, SignatureKnown::good);
  CHECK(none.find(digest(1), g) == SignatureKnown::unknown);
  CHECK(memory.words == std::vector<std::uint64_t>(memory.words.size()));
  DigestCache(nullptr, 0).remember(digest(1), g, SignatureKnown::good);
}

TEST_CASE("digest cache: it never says what it was not told", "[digest_cache]") {
  Memory memory(64);
  DigestCache cache = memory.cache();
  std::map<std::pair<Digest, Digest>, SignatureKnown> truth;
  std::mt19937 random(1);
  int found = 0;
  for (int i = 0; i < 100000; i++) {
    Digest token = digest(static_cast<unsigned>(random() % 20));
    token[0] = static_cast<std::uint8_t>(random() % 8);  // several sets
    const Digest generation = random() % 2 == 0 ? g : h;
    if (random() % 3 == 0) {
      const auto known = static_cast<SignatureKnown>(random() % 3);
      cache.remember(token, generation, known);
      truth[{token, generation}] = known;
    } else {
      const SignatureKnown known = cache.find(token, generation);
      if (known == SignatureKnown::unknown) continue;
      found++;
      if (truth.at({token, generation}) != known) FAIL("wrong after " << i);
    }
  }
  CHECK(found > 1000);
}
