// `tenancy token verify`: the verdict of the extension's own verifier, without a server.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/algorithm_table.hpp"
#include "core/base64url.hpp"
#include "core/json.hpp"
#include "core/verify.hpp"
#include "policy/command/input.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

struct Options {
  std::string key_set;
  std::string token = "-";
  std::string issuer;
  std::vector<std::string> audiences;
  std::vector<std::string> audience_claims = {"aud"};
  std::vector<std::string> required;
  std::int64_t leeway = 0;
  std::int64_t now = 0;
};

struct Destroy {
  void operator()(Token *token) const noexcept { destroy(token); }
  void operator()(Issuer *issuer) const noexcept { destroy(issuer); }
};

// One line break after the token is the terminal's, not the token's.
std::string read_token(const std::string &argument) {
  if (argument != "-") return argument;
  std::string text = read_input("-", max_token_bytes + 2);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::unique_ptr<Issuer, Destroy> read_issuer(const Options &options) {
  const ParsedKeySet set =
      parse_key_set(read_input(options.key_set, max_key_set_bytes), KeySecrecy::allow_secrets);
  if (set.skipped != 0) {
    fmt::print(stderr, "tenancy: {}: {} of the keys left out: {}\n", options.key_set, set.skipped,
               set.first_skipped);
  }
  if (set.keys == nullptr) {
    throw std::runtime_error(fmt::format("{}: {}", options.key_set, set.fault));
  }
  const std::vector<std::string_view> audiences(options.audiences.begin(), options.audiences.end());
  const std::vector<std::string_view> audience_claims(options.audience_claims.begin(),
                                                      options.audience_claims.end());
  std::vector<RequiredClaim> required;
  for (const std::string_view text : options.required) {
    const std::size_t equals = text.find('=');
    required.push_back({text.substr(0, equals),
                        equals == text.npos ? std::string_view() : text.substr(equals + 1)});
  }
  IssuerRules rules;
  rules.issuer = options.issuer;
  rules.audiences = audiences;
  rules.audience_claims = audience_claims;
  rules.required_claims = required;
  rules.leeway = options.leeway;
  for (const AlgorithmRow &row : algorithm_table) rules.algorithms.add(row.algorithm);
  std::unique_ptr<Issuer, Destroy> issuer(make_issuer(rules, set.keys));
  if (!issuer) throw std::bad_alloc();
  return issuer;
}

Refusal judge(const std::string &text, const Issuer &issuer, std::int64_t now) {
  const ParsedToken parsed = parse(text);
  const std::unique_ptr<Token, Destroy> token(parsed.token);
  return token ? verify(*token, issuer, now).refusal : parsed.refusal;
}

ExitCode verify_token(const Options &options) {
  const auto issuer = read_issuer(options);
  const std::string text = read_token(options.token);
  const Refusal refusal = judge(text, *issuer, options.now != 0 ? options.now : std::time(nullptr));
  if (refusal != Refusal::none) {
    fmt::print(stderr, "refused: {}: {}\n", refusal_name(refusal), refusal_meaning(refusal));
    return ExitCode::findings;
  }
  const std::size_t start = text.find('.') + 1;
  const auto payload =
      base64url_decode(std::string_view(text).substr(start, text.rfind('.') - start));
  const auto claims = JsonDocument::parse(payload.value());
  std::string json;
  append_json(json, claims.value().root());
  fmt::print("{}\n", json);
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
      ->required()
      ->type_name("FILE");
  app->add_option("--issuer", options->issuer, "iss must be this (default: anything)");
  app->add_option("--audience", options->audiences,
                  "One of these must be the audience (default: anything)")
      ->allow_extra_args(false);
  app->add_option("--audience-claim", options->audience_claims,
                  "The claim that names the audience (default: aud); of several, the first that "
                  "the token has: client_id, then aud, for Cognito")
      ->allow_extra_args(false);
  app->add_option("--require", options->required, "A claim that must be there, or be this string")
      ->allow_extra_args(false)
      ->type_name("NAME[=VALUE]");
  app->add_option("--leeway", options->leeway, "Seconds that clocks may differ")
      ->capture_default_str()
      ->check(CLI::Range(0, 86400));
  app->add_option("--now", options->now, "Judge as of this time, in seconds since 1970")
      ->check(CLI::PositiveNumber);
  app->footer(
      R"(Prints the claims of an accepted token and exits with 0. Else says why it is refused,
by the reason's stable name and its meaning, and exits with 1.

Example:
  tenancy token mint --key dev.pem --audience app --subject alice |
      tenancy token verify --jwks dev.jwks --audience app)");
  app->callback([options, &exit] { exit = verify_token(*options); });
}

}  // namespace tenancy::policy
