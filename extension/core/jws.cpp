#include "core/jws.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base64url.hpp"
#include "core/jwk.hpp"

namespace tenancy {
namespace {

// Of the header, and then of the claims; all that a token takes stays below 64 KiB so, with what
// the signature of the largest RSA key takes (see tests/bench/hostile_tokens.cpp).
constexpr std::size_t max_json_memory = std::size_t{26} * 1024;

struct Segments {
  std::string_view header, payload, signature;
};

std::optional<Segments> split(std::string_view text) noexcept {
  const std::size_t first = text.find('.');
  if (first == text.npos) return std::nullopt;
  const std::size_t second = text.find('.', first + 1);
  if (second == text.npos || text.find('.', second + 1) != text.npos) return std::nullopt;
  return Segments{text.substr(0, first), text.substr(first + 1, second - first - 1),
                  text.substr(second + 1)};
}

// Members that would change where the key comes from or how the payload is read (RFC 7515 §4.1.2
// to §4.1.8 and §4.1.10, §4.1.11; RFC 7797; RFC 7516). What else is unknown is ignored (§4).
bool is_forbidden(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> names{"b64", "crit", "cty", "enc", "jku", "jwk", "zip"};
  return name.starts_with("x5") || std::find(names.begin(), names.end(), name) != names.end();
}

Refusal read_header(std::string_view text, Token &token) {
  const auto document = JsonDocument::parse(text, max_json_memory);
  if (!document) return Refusal::bad_json;
  const Json header = document->root();
  for (const JsonMember &member : header.members()) {
    if (is_forbidden(member.name)) return Refusal::forbidden_header;
  }
  const Json alg = header["alg"];
  const Json kid = header["kid"];
  const Json typ = header["typ"];
  if (!alg.is(JsonType::string) || (kid.exists() && !valid_key_id(kid)) ||
      (typ.exists() && !typ.is(JsonType::string))) {
    return Refusal::bad_header;
  }
  token.algorithm = algorithm_of(alg.string());
  token.key_id = kid.string();
  token.type = typ.string();
  return Refusal::none;
}

// Whether a claim that is no string has a text, as for_each_claim() promises it.
bool has_written_text(Json claim) noexcept {
  switch (claim.type()) {
    case JsonType::array:
      for (std::size_t i = 0; i < claim.size(); i++) {
        if (!claim[i].is(JsonType::string)) return false;
      }
      return true;
    case JsonType::boolean:
    case JsonType::integer:
    case JsonType::real:
      return true;
    case JsonType::string:
    case JsonType::absent:
    case JsonType::null:
    case JsonType::object:
      break;
  }
  return false;
}

void collect_texts(Token &token) {
  for (const JsonMember &claim : token.claims.root().members()) {
    if (claim.value.is(JsonType::string)) {
      token.texts.push_back({claim.name, claim.value.string()});
    } else if (has_written_text(claim.value)) {
      std::string &written = token.written.emplace_back();
      append_json(written, claim.value);
      written.shrink_to_fit();
      token.texts.push_back({claim.name, written});
    }
  }
}

bool equal_without_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_application(std::string_view type) noexcept {
  constexpr std::string_view prefix = "application/";
  if (equal_without_case(type.substr(0, prefix.size()), prefix)) type.remove_prefix(prefix.size());
  return type;
}

}  // namespace

std::unique_ptr<Token> read_token(std::string_view text, Payload payload, Refusal &refusal) {
  const auto refuse = [&refusal](Refusal reason) {
    refusal = reason;
    return nullptr;
  };
  if (text.size() > max_token_bytes) return refuse(Refusal::too_large);
  const auto segments = split(text);
  if (!segments) return refuse(Refusal::malformed);
  const auto header_text = base64url_decode(segments->header);
  const auto payload_text = base64url_decode(segments->payload);
  auto signature = base64url_decode(segments->signature);
  if (!header_text || !payload_text || !signature) return refuse(Refusal::malformed);

  auto token = std::make_unique<Token>();
  refusal = read_header(*header_text, *token);
  if (refusal != Refusal::none) return nullptr;
  if (payload == Payload::claims) {
    auto claims = JsonDocument::parse(*payload_text, max_json_memory);
    if (!claims) return refuse(Refusal::bad_json);
    token->claims = std::move(*claims);
    collect_texts(*token);
  }
  token->text = text;
  token->signature = std::move(*signature);
  return token;
}

bool same_type(std::string_view typ, std::string_view wanted) noexcept {
  return equal_without_case(without_application(typ), without_application(wanted));
}

}  // namespace tenancy
