// Keys that sign, for `tenancy token`: development and tests. The extension itself never signs.
#pragma once

#include <string>
#include <string_view>

#include "core/jwk.hpp"
#include "policy/command/private_key.hpp"

namespace tenancy::policy {

class SigningKey {
 public:
  // From PEM (a private or a public key) or a JWK (RFC 7517: private, public or oct). The public
  // half passes the checks that an issuer's key set passes. Throws std::runtime_error, whose text
  // says what is wrong with the file called name; it holds no key material.
  static SigningKey parse(std::string_view text, std::string_view name);

  bool is_secret() const noexcept { return !secret_.empty(); }  // an oct key
  // What sign() signs with: what the JWK says or use() chose, else the first that fits.
  std::string_view algorithm() const noexcept { return row_->name; }
  // Chooses another; false, and nothing changed, if the key is not good for it.
  bool use(std::string_view algorithm) noexcept;
  // The kid of the JWK; else, for a key pair, its thumbprint by SHA-256 (RFC 7638); else empty.
  std::string_view key_id() const noexcept { return key_id_; }

  // The public key as a JWK with this kid. Only for a key that is no secret.
  std::string public_jwk(std::string_view key_id) const;

  // The signature as a JWS has it (RFC 7518 §3). Throws std::runtime_error if there is no private
  // half.
  std::string sign(std::string_view input) const;

 private:
  Key key_;  // the public half
  const AlgorithmRow *row_ = nullptr;
  std::string key_id_;
  std::string secret_;
  PrivateKey private_key_;  // null: the file holds a public or an oct key
};

}  // namespace tenancy::policy
