// `tenancy token verify --batch`: verdicts for whoever drives the verifier from a program.
#include <fmt/core.h>

#include <cstdio>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>

#include "core/json.hpp"
#include "policy/command/judge.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

constexpr std::size_t max_line_bytes = std::size_t{16} * 1024 * 1024;

struct Request {
  std::string_view jwks, token;
  Expectations expected;
};

// Reads a line without its end; what is over the limit is dropped, and too_long says so. False at
// the end of the input.
bool read_line(std::string &line, bool &too_long) {
  line.clear();
  too_long = false;
  std::streambuf &in = *std::cin.rdbuf();
  constexpr int end = std::char_traits<char>::eof();
  int c = in.sbumpc();
  if (c == end) return false;
  for (; c != end && c != '\n'; c = in.sbumpc()) {
    if (line.size() < max_line_bytes) {
      line += static_cast<char>(c);
    } else {
      too_long = true;
    }
  }
  return true;
}

// A string, or an array of strings. False if the member is there and is neither.
bool read_texts(Json member, std::vector<std::string> &texts) {
  if (!member.exists()) return true;
  texts.clear();
  if (member.is(JsonType::string)) texts.emplace_back(member.string());
  for (std::size_t i = 0; i < member.size(); i++) {
    if (!member[i].is(JsonType::string)) return false;
    texts.emplace_back(member[i].string());
  }
  return member.is(JsonType::string) || member.is(JsonType::array);
}

// {"name": "value"} or {"name": ["value", "or this"]}; no value is empty.
bool read_values(Json member, Expectations &expected) {
  if (!member.exists()) return true;
  if (!member.is(JsonType::object)) return false;
  for (const JsonMember &claim : member.members()) {
    std::vector<std::string> values;
    if (!read_texts(claim.value, values) || values.empty()) return false;
    for (std::string &value : values) {
      if (value.empty()) return false;
      expected.required.emplace_back(claim.name, std::move(value));
    }
  }
  return true;
}

std::optional<Request> read_request(Json root, bool signature_only) {
  const auto has = [&](const char *name, JsonType type) {
    return !root[name].exists() || root[name].is(type);
  };
  if (!root["jwks"].is(JsonType::string) || !root["token"].is(JsonType::string) ||
      !has("signature_only", JsonType::boolean) || !has("issuer", JsonType::string) ||
      !has("now", JsonType::integer)) {
    return std::nullopt;
  }
  Request request{root["jwks"].string(), root["token"].string(), {}};
  Expectations &expected = request.expected;
  expected.signature_only =
      root["signature_only"].exists() ? root["signature_only"].boolean() : signature_only;
  expected.issuer = root["issuer"].string();
  expected.now = root["now"].exists() ? root["now"].integer() : std::time(nullptr);
  expected.subject_required = false;  // unless required says so
  std::vector<std::string> required;
  if (!read_texts(root["audience"], expected.audiences) ||
      !read_texts(root["audience_claim"], expected.audience_claims) ||
      !read_texts(root["required"], required) || !read_values(root["required_claims"], expected)) {
    return std::nullopt;
  }
  // An expectation that expects nothing is a mistake, not one that is left out.
  if ((root["issuer"].exists() && expected.issuer.empty()) ||
      (root["audience"].exists() && expected.audiences.empty()) ||
      (root["audience_claim"].exists() && expected.audience_claims.empty())) {
    return std::nullopt;
  }
  for (const std::string &name : required) expected.required.emplace_back(name, "");
  return request;
}

std::string answer(std::string_view line, bool signature_only) {
  const auto refused = [](std::string_view reason) {
    std::string out = "{\"ok\":false,\"reason\":";
    append_json(out, reason);
    return out + '}';
  };
  const auto document =
      JsonDocument::parse(line, std::numeric_limits<std::size_t>::max(), ZeroCharacter::allowed);
  if (!document) return refused("bad_request");
  const auto request = read_request(document->root(), signature_only);
  if (!request) return refused("bad_request");
  OwnedKeys keys(parse_key_set(request->jwks, KeySecrecy::allow_secrets).keys);
  if (!keys) return refused("bad_key_set");
  const Judgement judgement = judge(request->token, std::move(keys), request->expected);
  if (judgement.refusal != Refusal::none) return refused(refusal_name(judgement.refusal));
  std::string out = "{\"ok\":true,\"kid\":";
  append_json(out, std::string_view(judgement.key_id));
  out += ",\"alg\":";
  append_json(out, std::string_view(judgement.algorithm));
  return out + '}';
}

}  // namespace

void verify_batch(bool signature_only) {
  std::string line;
  bool too_long = false;
  while (read_line(line, too_long)) {
    fmt::print("{}\n", answer(too_long ? std::string_view() : line, signature_only));
    std::fflush(stdout);
  }
}

}  // namespace tenancy::policy
