// `tenancy token mint`: signs tokens for development and tests.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base64url.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "policy/command/input.hpp"
#include "policy/command/signing_key.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

constexpr std::size_t max_claims_bytes = std::size_t{1024} * 1024;

struct Options {
  std::string key;
  std::string algorithm;
  std::string key_id;
  bool has_key_id = false;
  std::string claims_file;
  std::string issuer, subject;
  std::vector<std::string> audiences;
  std::vector<std::string> claims, json_claims, headers;
  long long expires_in = 3600;
};

// Members in the order in which they were first set, as JSON text.
class Object {
 public:
  void set(std::string_view name, std::string json) {
    for (auto &member : members_) {
      if (member.first == name) {
        member.second = std::move(json);
        return;
      }
    }
    members_.emplace_back(name, std::move(json));
  }
  void set_string(std::string_view name, std::string_view value) {
    std::string json;
    append_json(json, value);
    set(name, std::move(json));
  }
  bool has(std::string_view name) const {
    for (const auto &member : members_) {
      if (member.first == name) return true;
    }
    return false;
  }
  std::string text() const {
    std::string out;
    for (const auto &[name, json] : members_) {
      out += out.empty() ? '{' : ',';
      append_json(out, std::string_view(name));
      out += ':';
      out += json;
    }
    return out.empty() ? "{}" : out + '}';
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

void set_members(Object &object, Json from) {
  for (const JsonMember &member : from.members()) {
    std::string json;
    append_json(json, member.value);
    object.set(member.name, std::move(json));
  }
}

Object claims_of(const Options &options) {
  Object claims;
  if (!options.claims_file.empty()) {
    const auto document = JsonDocument::parse(read_input(options.claims_file, max_claims_bytes));
    if (!document) {
      throw std::runtime_error(
          fmt::format("{} is not one strict JSON object", options.claims_file));
    }
    set_members(claims, document->root());
  }
  if (!options.issuer.empty()) claims.set_string("iss", options.issuer);
  if (!options.subject.empty()) claims.set_string("sub", options.subject);
  if (options.audiences.size() == 1) claims.set_string("aud", options.audiences[0]);
  if (options.audiences.size() > 1) {
    std::string list;
    for (const std::string &audience : options.audiences) {
      list += list.empty() ? '[' : ',';
      append_json(list, std::string_view(audience));
    }
    claims.set("aud", list + ']');
  }
  for (const std::string &text : options.claims) {
    const auto [name, value] = split_assignment("--claim", text);
    claims.set_string(name, value);
  }
  for (const std::string &text : options.json_claims) {
    const auto [name, value] = split_assignment("--claim-json", text);
    const auto document = JsonDocument::parse("{\"value\":" + value + "}");
    if (!document || document->root().members().size() != 1) {
      throw CLI::ValidationError("--claim-json", fmt::format("\"{}\" is not JSON", value));
    }
    std::string json;
    append_json(json, document->root()["value"]);
    claims.set(name, std::move(json));
  }
  const long long now = std::time(nullptr);
  if (!claims.has("iat")) claims.set("iat", std::to_string(now));
  if (!claims.has("exp")) claims.set("exp", std::to_string(now + options.expires_in));
  return claims;
}

Object header_of(const Options &options, const SigningKey &key) {
  Object header;
  header.set_string("alg", key.algorithm());
  const std::string_view key_id = options.has_key_id ? options.key_id : key.key_id();
  if (!key_id.empty()) header.set_string("kid", key_id);
  for (const std::string &text : options.headers) {
    const auto [name, value] = split_assignment("--header", text);
    header.set_string(name, value);
  }
  return header;
}

void mint(const Options &options) {
  if (options.key == "-" && options.claims_file == "-") {
    throw CLI::ValidationError("--claims", "the key already comes from standard input");
  }
  SigningKey key = SigningKey::parse(read_input(options.key, max_key_set_bytes), options.key);
  if (!options.algorithm.empty() && !key.use(options.algorithm)) {
    throw CLI::ValidationError(
        "--alg", fmt::format("{} is a key for {}; --header alg={} writes another name and "
                             "leaves the signature as it is",
                             options.key, key.algorithm(), options.algorithm));
  }
  const std::string input = base64url_encode(header_of(options, key).text()) + '.' +
                            base64url_encode(claims_of(options).text());
  fmt::print("{}.{}\n", input, base64url_encode(key.sign(input)));
}

}  // namespace

void add_token_mint(CLI::App &token) {
  const auto options = std::make_shared<Options>();
  CLI::App *const app = token.add_subcommand("mint", "Sign a token, for development and tests");
  app->add_option("--key", options->key,
                  "Private key: PEM or JWK, or an oct JWK (HS256); - is standard input")
      ->required()
      ->type_name("FILE");
  app->add_option("--alg", options->algorithm,
                  "Sign by this algorithm (default: the JWK's, else RS256 for RSA, HS256 for oct)");
  app->add_option_function<std::string>(
      "--kid",
      [options](const std::string &value) {
        options->key_id = value;
        options->has_key_id = true;
      },
      "Key identifier; '' leaves it out (default: the JWK's, else the thumbprint)");
  app->add_option("--issuer", options->issuer, "iss");
  app->add_option("--subject", options->subject, "sub");
  app->add_option("--audience", options->audiences, "aud; an array if given more than once")
      ->allow_extra_args(false);
  app->add_option("--expires-in", options->expires_in, "Seconds from now to exp; may be negative")
      ->capture_default_str();
  app->add_option("--claim", options->claims, "A claim that is a string")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app->add_option("--claim-json", options->json_claims, "A claim that is any JSON")
      ->allow_extra_args(false)
      ->type_name("NAME=JSON");
  app->add_option("--claims", options->claims_file,
                  "A JSON object of claims, which the other options replace; - is standard input")
      ->type_name("FILE");
  app->add_option("--header", options->headers, "A header member, as it is: for broken tokens")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
  app->footer(R"(For development and tests only: whoever holds the key can become any user of any
tenant. In production an identity provider signs the tokens.

iat and exp are added unless they are given.

Example:
  openssl genpkey -algorithm ed25519 -out dev.pem
  tenancy token jwks dev.pem > dev.jwks
  tenancy token mint --key dev.pem --issuer https://dev.example --audience app \
      --subject alice --claim account=acme --claim-json 'roles=["editor"]')");
  app->callback([options] { mint(*options); });
}

}  // namespace tenancy::policy
