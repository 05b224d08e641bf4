#include "policy/command/signing_key.hpp"

#include <fmt/core.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <map>
#include <stdexcept>

#include "core/algorithm_table.hpp"
#include "core/base64url.hpp"
#include "core/json.hpp"
#include "core/key.hpp"
#include "core/owner.hpp"
#include "core/sha256.hpp"
#include "core/signature.hpp"

namespace tenancy::policy {
namespace {

using Context = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = Owned<ECDSA_SIG, ECDSA_SIG_free>;

const unsigned char *octets(std::string_view bytes) noexcept {
  return reinterpret_cast<const unsigned char *>(bytes.data());
}
unsigned char *octets(std::string &bytes) noexcept {
  return reinterpret_cast<unsigned char *>(bytes.data());
}

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed");
}

std::string sign_public(EVP_PKEY *key, const AlgorithmRow &row, std::string_view input) {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX *options = nullptr;
  std::size_t size = 0;
  require(context && EVP_DigestSignInit_ex(context.get(), &options, row.digest, nullptr, nullptr,
                                           key, nullptr) == 1);
  if (row.method == Method::rsa_pss) {
    require(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  require(EVP_DigestSign(context.get(), nullptr, &size, octets(input), input.size()) == 1);
  std::string signature(size, '\0');
  require(EVP_DigestSign(context.get(), octets(signature), &size, octets(input), input.size()) ==
          1);
  signature.resize(size);
  return signature;
}

// r || s instead of DER (RFC 7518 §3.4).
std::string raw_of(const std::string &der, std::size_t bytes) {
  const unsigned char *at = octets(std::string_view(der));
  const EcdsaSignature parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  require(parts != nullptr);
  std::string raw(bytes, '\0');
  const auto half = static_cast<int>(bytes / 2);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), octets(raw), half) == half &&
          BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), octets(raw) + half, half) == half);
  return raw;
}

// The members of a canonical JWK that are the key itself, as JSON text.
std::map<std::string, std::string> material_of(const std::string &canonical) {
  const auto document = JsonDocument::parse(canonical);
  std::map<std::string, std::string> members;
  for (const JsonMember &member : document.value().root().members()) {
    if (member.name == "alg" || member.name == "kid") continue;
    append_json(members[std::string(member.name)], member.value);
  }
  return members;
}

std::string object_of(const std::map<std::string, std::string> &members) {
  std::string text;
  for (const auto &[name, value] : members) {
    text += text.empty() ? '{' : ',';
    append_json(text, name);
    text += ':';
    text += value;
  }
  return text + '}';
}

}  // namespace

SigningKey SigningKey::parse(std::string_view text, std::string_view name) {
  SigningKey key;
  std::string jwk(text);
  if (text.find("-----BEGIN ") != text.npos) {
    PemKey pem = read_pem(text);
    if (pem.jwk.empty()) {
      throw std::runtime_error(fmt::format(
          "{}: no key in this PEM file, or one that is encrypted; decrypt it with openssl pkey",
          name));
    }
    jwk = std::move(pem.jwk);
    key.private_key_ = std::move(pem.key);
  }
  const ParsedKeySet parsed = parse_key_set(jwk, KeySecrecy::allow_secrets);
  const std::unique_ptr<KeySet, void (*)(KeySet *)> set(parsed.keys,
                                                        [](KeySet *keys) { destroy(keys); });
  if (!set) {
    throw std::runtime_error(
        fmt::format("{}: not a usable key: {}", name,
                    parsed.skipped != 0 ? parsed.first_skipped : parsed.fault));
  }
  const auto document = JsonDocument::parse(jwk);
  const Json root = document.value().root();
  if (root["keys"].exists()) {
    throw std::runtime_error(fmt::format("{}: one key is needed, not a key set", name));
  }
  key.key_ = std::move(set->keys.front());
  key.row_ = key.key_.row;
  key.key_id_ = key.key_.id;
  if (key.row_->method == Method::hmac) {
    key.secret_ = base64url_decode(root["k"].string()).value();
    return key;
  }
  if (!key.private_key_) key.private_key_ = read_private_jwk(root);
  if (key.private_key_ &&
      check_signature(key.key_, *key.row_, "probe", key.sign("probe")) != Refusal::none) {
    throw std::runtime_error(fmt::format("{}: the private half does not fit the public one", name));
  }
  if (key.key_id_.empty()) {
    const auto thumbprint = sha256(object_of(material_of(key.key_.canonical)));
    require(thumbprint.has_value());
    key.key_id_ =
        base64url_encode({reinterpret_cast<const char *>(thumbprint->data()), thumbprint->size()});
  }
  return key;
}

bool SigningKey::use(std::string_view algorithm) noexcept {
  const auto wanted = algorithm_of(algorithm);
  const AlgorithmRow *const row = wanted ? row_for(key_, *wanted) : nullptr;
  if (row != nullptr) row_ = row;
  return row != nullptr;
}

std::string SigningKey::public_jwk(std::string_view key_id) const {
  auto members = material_of(key_.canonical);
  append_json(members["alg"], row_->name);
  append_json(members["kid"], key_id);
  append_json(members["use"], "sig");
  return object_of(members);
}

std::string SigningKey::sign(std::string_view input) const {
  const AlgorithmRow &row = *row_;
  if (row.method == Method::hmac) {
    std::string code(row.bytes, '\0');
    std::size_t size = 0;
    require(EVP_Q_mac(nullptr, "HMAC", nullptr, row.digest, nullptr, secret_.data(), secret_.size(),
                      octets(input), input.size(), octets(code), code.size(), &size) != nullptr &&
            size == code.size());
    return code;
  }
  if (!private_key_) throw std::runtime_error("the key has no private half to sign with");
  const std::string signature = sign_public(private_key_.get(), row, input);
  return row.method == Method::ecdsa ? raw_of(signature, row.bytes) : signature;
}

}  // namespace tenancy::policy
