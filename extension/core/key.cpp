#include "core/key.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <new>
#include <set>
#include <utility>

#include "core/jwk.hpp"

namespace tenancy {
namespace {

constexpr int max_named_bytes = 64;  // of a kid, in a message
constexpr std::size_t max_json_memory = 4 * max_key_set_bytes;

template <std::size_t Size>
void say(char (&out)[Size], const char *text) noexcept {
  static_cast<void>(std::snprintf(out, Size, "%s", text));
}

// Says that a key has a fault, and names the key by its kid or by its place, counted from one.
template <std::size_t Size>
void say(char (&out)[Size], Json jwk, std::size_t index, const char *fault) noexcept {
  const std::string_view kid = valid_key_id(jwk["kid"]) ? jwk["kid"].string() : "";
  if (kid.empty() || kid.size() > max_named_bytes) {
    static_cast<void>(std::snprintf(out, Size, "key %zu %s", index + 1, fault));
  } else {
    static_cast<void>(std::snprintf(out, Size, "key \"%.*s\" %s", static_cast<int>(kid.size()),
                                    kid.data(), fault));
  }
}

Digest generation_of(const std::vector<Key> &keys) {
  std::vector<std::string_view> sorted;
  for (const Key &key : keys) sorted.push_back(key.canonical);
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const std::string_view jwk : sorted) text += jwk;  // each ends where its object ends
  const auto digest = sha256(text);
  if (!digest) throw std::bad_alloc();
  return *digest;
}

// RFC 7517 §5. Fills result.fault or returns the set.
std::unique_ptr<KeySet> read(std::string_view text, KeySecrecy secrecy, ParsedKeySet &result) {
  if (text.size() > max_key_set_bytes) {
    say(result.fault, "the key set is larger than 1 MiB");
    return nullptr;
  }
  const auto document = JsonDocument::parse(text, max_json_memory);
  if (!document) {
    say(result.fault, "the key set is not one strict JSON object");
    return nullptr;
  }
  const Json root = document->root();
  const Json list = root["keys"];
  const bool bare = !list.exists();
  if (bare ? !root["kty"].exists() : !list.is(JsonType::array)) {
    say(result.fault, "the key set has neither an array of keys nor a kty");
    return nullptr;
  }
  const std::size_t count = bare ? 1 : list.size();
  if (count > max_key_set_keys) {
    say(result.fault, "the key set has more than 100 keys");
    return nullptr;
  }

  auto set = std::make_unique<KeySet>();
  std::set<std::string_view> kids;
  std::size_t secrets = 0;
  std::size_t others = 0;
  for (std::size_t i = 0; i < count; i++) {
    const Json jwk = bare ? root : list[i];
    (jwk["kty"].string() == "oct" ? secrets : others) += 1;
    // Of skipped keys too: an ambiguous kid stays ambiguous (RFC 7517 §4.5).
    const std::string_view kid = jwk["kid"].string();
    if (!kid.empty() && !kids.insert(kid).second) {
      say(result.fault, jwk, i, "has the kid of another key");
      return nullptr;
    }
    ParsedJwk parsed = parse_jwk(jwk, secrecy);
    if (parsed.key) {
      set->keys.push_back(std::move(*parsed.key));
    } else if (result.skipped++ == 0) {
      say(result.first_skipped, jwk, i, parsed.fault);
    }
  }
  // Else a published key could be taken for a secret (RFC 8725 §2.1).
  if (secrets != 0 && others != 0) {
    say(result.fault, "the key set mixes secrets and public keys");
    return nullptr;
  }
  if (set->keys.empty()) {
    say(result.fault, "the key set has no usable key");
    return nullptr;
  }
  set->generation = generation_of(set->keys);
  return set;
}

}  // namespace

ParsedKeySet parse_key_set(std::string_view text, KeySecrecy secrecy) noexcept {
  ParsedKeySet result{};
  try {
    result.keys = read(text, secrecy, result).release();
  } catch (const std::bad_alloc &) {
    say(result.fault, "out of memory");
  }
  return result;
}

void destroy(KeySet *keys) noexcept {
  delete keys;
}

const Digest &key_set_generation(const KeySet &keys) noexcept {
  return keys.generation;
}

std::size_t key_count(const KeySet &keys) noexcept {
  return keys.keys.size();
}

KeyView key_at(const KeySet &keys, std::size_t index) noexcept {
  const Key &key = keys.keys[index];
  return {key.id, key.row->key_type, key.named, key.canonical};
}

}  // namespace tenancy
