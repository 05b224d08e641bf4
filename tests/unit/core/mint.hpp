// Keys and tokens for the tests of extension/core. Made here, with OpenSSL and by hand, so that
// the tests share no code with what they test.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tenancy::test {

std::string encode(std::string_view bytes);  // base64url without padding
std::string unhex(std::string_view digits);

// What a token or a key set is made from. JSON in, JSON out.
class Signer {
 public:
  static Signer rsa(unsigned bits, unsigned exponent = 65537);
  static Signer ec(const char *curve);  // "P-256"
  static Signer ed25519();
  static Signer ed448();
  static Signer oct(std::string secret);

  // One of each, made at first use: kid "rsa", "ec", "ed" and "oct".
  static const Signer &rs256();
  static const Signer &es256();
  static const Signer &eddsa();
  static const Signer &hs256();
  // Further keys for the algorithms of other sizes.
  static const Signer &es384();
  static const Signer &es512();
  static const Signer &eddsa448();
  static const Signer &hs512();

  // {"kty":...} with more, such as R"("kid":"a","use":"sig")", after the key itself.
  std::string jwk(std::string_view more = "") const;
  // As the algorithm wants it: "PS384".
  std::string sign_by(std::string_view algorithm, std::string_view input) const;
  // RSA of a block as long as the modulus, whatever its padding is.
  std::string sign_block(std::string_view block) const;
  std::string public_pem() const;
  std::string public_der() const;
  // As JWS wants it: r || s for EC, HMAC for oct.
  std::string sign(std::string_view input, const char *digest = "SHA256") const;
  struct Pss {
    const char *digest = "SHA256";
    int salt = -1;               // bytes; -1: as long as the digest
    const char *mgf1 = nullptr;  // null: the digest
  };
  std::string sign_pss(std::string_view input, Pss how) const;
  std::string sign_der(std::string_view input) const;  // EC in ASN.1
  EVP_PKEY *key() const { return key_.get(); }
  const std::string &secret() const { return secret_; }

 private:
  explicit Signer(EVP_PKEY *key) : key_(key, EVP_PKEY_free) {}
  std::string sign_raw(std::string_view input, const char *digest, const Pss *pss) const;
  std::shared_ptr<EVP_PKEY> key_;
  std::string secret_;
};

// header.payload.signature, each encoded.
std::string compact(std::string_view header, std::string_view payload, std::string_view signature);
std::string mint(const Signer &signer, std::string_view header, std::string_view payload);

// An algorithm with a key for it, of each curve.
struct Kind {
  const char *algorithm;
  const Signer &signer;
};
const std::vector<Kind> &every_kind();

}  // namespace tenancy::test
