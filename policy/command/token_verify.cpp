// `tenancy token verify`: the verdict of the extension's own verifier, without a server.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base64url.hpp"
#include "core/json.hpp"
#include "core/verify.hpp"
#include "policy/command/input.hpp"
#include "policy/command/judge.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

struct Options {
  std::string key_set;
  std::string token = "-";
  std::vector<std::string> required;
  bool batch = false;
  Expectations expected;
};

OwnedKeys read_keys(const std::string &file) {
  const ParsedKeySet set =
      parse_key_set(read_input(file, max_key_set_bytes), KeySecrecy::allow_secrets);
  OwnedKeys keys(set.keys);
  if (set.skipped != 0) {
    fmt::print(stderr, "tenancy: {}: {} of the keys left out: {}\n", file, set.skipped,
               set.first_skipped);
  }
  if (!keys) throw std::runtime_error(fmt::format("{}: {}", file, set.fault));
  return keys;
}

// What expects nothing is a mistake: a shell's variable that is not set.
std::string refuse_empty(const std::string &text) {
  return text.empty() ? "must not be empty" : "";
}
std::string refuse_no_value(const std::string &text) {
  return text.empty() || text.find('=') + 1 == text.size() ? "must not be empty" : "";
}

// The payload's one reading as claims was parse()'s; this is only to print it.
std::string claims_of(std::string_view text) {
  const std::size_t start = text.find('.') + 1;
  const auto payload = base64url_decode(text.substr(start, text.rfind('.') - start));
  const auto claims = JsonDocument::parse(payload.value());
  std::string json;
  append_json(json, claims.value().root());
  return json;
}

ExitCode verify_token(Options &options) {
  if (options.batch) {
    verify_batch(options.expected.signature_only);
    return ExitCode::fine;
  }
  if (options.key_set.empty()) throw CLI::RequiredError("--jwks");
  Expectations &expected = options.expected;
  for (const std::string &text : options.required) {
    const std::size_t equals = text.find('=');
    expected.required.emplace_back(text.substr(0, equals),
                                   equals == text.npos ? "" : text.substr(equals + 1));
  }
  if (expected.now == 0) expected.now = std::time(nullptr);
  OwnedKeys keys = read_keys(options.key_set);
  const std::string text = read_token(options.token, max_token_bytes);
  const Judgement judgement = judge(text, std::move(keys), expected);
  if (judgement.refusal != Refusal::none) {
    fmt::print(stderr, "refused: {}: {}\n", refusal_name(judgement.refusal),
               refusal_meaning(judgement.refusal));
    return ExitCode::findings;
  }
  if (expected.signature_only) {
    std::string json = "{\"kid\":";
    append_json(json, std::string_view(judgement.key_id));
    json += ",\"alg\":";
    append_json(json, std::string_view(judgement.algorithm));
    fmt::print("{}}}\n", json);
  } else {
    fmt::print("{}\n", claims_of(text));
  }
  return ExitCode::fine;
}

}  // namespace

void add_token_verify(CLI::App &token, ExitCode &exit) {
  const auto options = std::make_shared<Options>();
  CLI::App *const app = token.add_subcommand("verify", "Judge a token as the extension would");
  app->add_option("token", options->token,
                  "The token; - or nothing reads standard input, which keeps it out of the list "
                  "of processes")
      ->type_name("TOKEN");
  app->add_option("--jwks", options->key_set, "Key set or single key of the issuer, also oct")
      ->type_name("FILE");
  app->add_option("--issuer", options->expected.issuer, "iss must be this (default: anything)")
      ->check(refuse_empty);
  app->add_option("--audience", options->expected.audiences,
                  "One of these must be the audience (default: anything)")
      ->allow_extra_args(false)
      ->check(refuse_empty);
  app->add_option("--audience-claim", options->expected.audience_claims,
                  "The claim that names the audience (default: aud); of several, the first that "
                  "the token has: client_id, then aud, for Cognito")
      ->allow_extra_args(false);
  app->add_option("--require", options->required, "A claim that must be there, or be this string")
      ->allow_extra_args(false)
      ->check(refuse_no_value)
      ->type_name("NAME[=VALUE]");
  app->add_option("--leeway", options->expected.leeway, "Seconds that clocks may differ")
      ->capture_default_str()
      ->check(CLI::Range(0, 86400));
  app->add_option("--now", options->expected.now, "Judge as of this time, in seconds since 1970")
      ->check(CLI::PositiveNumber);
  app->add_flag("--signature-only", options->expected.signature_only,
                "Judge the signature alone, whatever the payload is");
  app->add_flag("--batch", options->batch,
                "Answer each line of standard input: keys, token and expectations are in it")
      ->excludes("--jwks");
  app->footer(
      R"(Prints the claims of an accepted token, or with --signature-only the key, and exits with 0.
Else says why it is refused, by the reason's stable name and its meaning, and exits with 1.

With --batch, a line is a JSON object and so is its answer, written at once and in order:
  {"jwks": "<text>", "token": "...", "signature_only": false, "issuer": "...", "audience": "...",
   "audience_claim": "aud", "required": ["exp", "sub"], "required_claims": {"token_use": "access"},
   "now": 1700000000}
  {"ok":true,"kid":"...","alg":"..."} or {"ok":false,"reason":"..."}
All but jwks and token may be left out; exp is always needed, sub only if required names it. A line
that is no such object has the reason bad_request, a key set that is refused bad_key_set.

Example:
  tenancy token mint --key dev.pem --audience app --subject alice |
      tenancy token verify --jwks dev.jwks --audience app)");
  app->callback([options, &exit] { exit = verify_token(*options); });
}

}  // namespace tenancy::policy
