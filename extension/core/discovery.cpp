#include "core/discovery.hpp"

#include <algorithm>
#include <limits>
#include <new>

#include "core/json.hpp"

namespace tenancy {
namespace {

constexpr std::string_view scheme = "https://";
constexpr std::string_view well_known = "/.well-known/openid-configuration";
constexpr std::string_view blank = " \t";

bool copy(std::string_view text, std::span<char> &out) noexcept {
  if (text.size() > out.size()) return false;
  std::copy(text.begin(), text.end(), out.begin());
  out = out.subspan(text.size());
  return true;
}

Discovery read(std::string_view text, std::string_view issuer, std::span<char> out) {
  if (text.size() > max_discovery_bytes) return {DiscoveryFault::malformed, {}};
  const auto document = JsonDocument::parse(text);
  if (!document) return {DiscoveryFault::malformed, {}};
  const Json root = document->root();
  if (!root["issuer"].is(JsonType::string) || root["issuer"].string() != issuer)
    return {DiscoveryFault::wrong_issuer, {}};
  const std::string_view address = root["jwks_uri"].string();
  std::span<char> rest = out;
  if (!is_https_address(address) || !copy(address, rest)) return {DiscoveryFault::bad_address, {}};
  return {DiscoveryFault::none, {out.data(), address.size()}};
}

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// RFC 9111 §1.2.2, and §5.2: a quoted value is taken too. What is no number counts as stale.
std::int64_t seconds_of(std::string_view value) noexcept {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  std::int64_t seconds = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return 0;
    seconds = seconds > (most - 9) / 10 ? most : seconds * 10 + (c - '0');
  }
  return seconds;
}

}  // namespace

bool is_https_address(std::string_view text) noexcept {
  if (text.size() > max_address_bytes || !text.starts_with(scheme)) return false;
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return c <= ' ' || c >= '\x7f' || c == '\\' || c == '#'; }))
    return false;
  const std::string_view rest = text.substr(scheme.size());
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  return !authority.empty() && authority.front() != ':' &&
         authority.find('@') == std::string_view::npos;
}

std::string_view discovery_address(std::string_view issuer, std::span<char> out) noexcept {
  if (!is_https_address(issuer) || issuer.find('?') != std::string_view::npos) return {};
  if (issuer.back() == '/') issuer.remove_suffix(1);
  std::span<char> rest = out;
  if (!copy(issuer, rest) || !copy(well_known, rest)) return {};
  return {out.data(), issuer.size() + well_known.size()};
}

Discovery read_discovery(std::string_view document, std::string_view issuer,
                         std::span<char> out) noexcept {
  try {
    return read(document, issuer, out);
  } catch (const std::bad_alloc &) {
    return {DiscoveryFault::no_memory, {}};
  }
}

std::optional<std::int64_t> freshness_of(std::string_view cache_control) noexcept {
  std::optional<std::int64_t> fresh;
  while (!cache_control.empty()) {
    const auto comma = cache_control.find(',');
    const std::string_view directive = trimmed(cache_control.substr(0, comma));
    cache_control.remove_prefix(comma == std::string_view::npos ? cache_control.size() : comma + 1);
    const auto equals = directive.find('=');
    const std::string_view name = trimmed(directive.substr(0, equals));
    if (same_word(name, "no-store") || same_word(name, "no-cache")) return 0;
    if (!same_word(name, "max-age") || fresh) continue;
    fresh =
        equals == std::string_view::npos ? 0 : seconds_of(trimmed(directive.substr(equals + 1)));
  }
  return fresh;
}

}  // namespace tenancy
