// `tenancy token jwks`: the public half of keys as a key set (RFC 7517 §5).
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/key.hpp"
#include "policy/command/input.hpp"
#include "policy/command/signing_key.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> key_ids;
  std::string algorithm;
};

void print_key_set(const Options &options) {
  if (!options.key_ids.empty() && options.key_ids.size() != options.files.size()) {
    throw CLI::ValidationError("--kid", "give one for each key file, or none");
  }
  std::string text;
  for (std::size_t i = 0; i < options.files.size(); i++) {
    const std::string &file = options.files[i];
    SigningKey key = SigningKey::parse(read_input(file, max_key_set_bytes), file);
    if (key.is_secret()) {
      throw std::runtime_error(fmt::format(
          "{}: an oct key is a secret and has no public half; it belongs in no key set that is "
          "published",
          file));
    }
    if (!options.algorithm.empty() && !key.use(options.algorithm)) {
      throw CLI::ValidationError("--alg", fmt::format("{} is a key for {}, not for {}", file,
                                                      key.algorithm(), options.algorithm));
    }
    text += text.empty() ? "{\"keys\":[\n" : ",\n";
    text += key.public_jwk(options.key_ids.empty() ? key.key_id() : options.key_ids[i]);
  }
  text += "\n]}";
  // Held to what an issuer's set is held to.
  const ParsedKeySet set = parse_key_set(text, KeySecrecy::public_only);
  destroy(set.keys);
  if (set.keys == nullptr || set.skipped != 0) {
    throw std::runtime_error(set.skipped != 0 ? set.first_skipped : set.fault);
  }
  fmt::print("{}\n", text);
}

}  // namespace

void add_token_jwks(CLI::App &token) {
  const auto options = std::make_shared<Options>();
  CLI::App *const app = token.add_subcommand("jwks", "Print keys as a public key set");
  app->add_option("files", options->files, "Keys, private or public: PEM or JWK")
      ->required()
      ->type_name("KEYFILE");
  app->add_option("--kid", options->key_ids,
                  "Key identifiers, in the order of the files (default: the JWK's, else the "
                  "SHA-256 thumbprint of RFC 7638)")
      ->allow_extra_args(false);
  app->add_option("--alg", options->algorithm,
                  "The algorithm that the keys are for (default: the JWK's, else RS256 for RSA)");
  app->footer(R"(The output is what tenancy.import_jwks(issuer, jwks) takes. Of a private key, only
the public half is printed.

Example:
  openssl genpkey -algorithm ed25519 -out dev.pem
  tenancy token jwks dev.pem --kid dev-1)");
  app->callback([options] { print_key_set(*options); });
}

}  // namespace tenancy::policy
