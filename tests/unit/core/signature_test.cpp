// What OpenSSL is asked, and what it is not trusted with. Every token here is judged by
// verify_signature() alone.
#include <openssl/bn.h>
#include <openssl/err.h>
#include <catch2/catch.hpp>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using tenancy::test::check_jws;
using tenancy::test::compact;
using tenancy::test::encode;
using tenancy::test::mint;
using tenancy::test::name;
using tenancy::test::Signer;
using tenancy::test::unhex;

namespace {

const std::string payload = "payload";

struct Subject {
  const Signer &signer;
  const char *header;
  std::string input() const { return encode(header) + "." + encode(payload); }
  std::string check(const std::string &signature) const {
    return name(check_jws(input() + "." + encode(signature), signer.jwk()));
  }
  std::string good() const { return signer.sign(input()); }
};

Subject hmac() {
  return {Signer::hs256(), R"({"alg":"HS256"})"};
}
Subject rsa() {
  return {Signer::rs256(), R"({"alg":"RS256"})"};
}
Subject ec() {
  return {Signer::es256(), R"({"alg":"ES256"})"};
}
Subject ed() {
  return {Signer::eddsa(), R"({"alg":"EdDSA"})"};
}

// a (op) b of big endian (EC) or little endian (Edwards) numbers, in as many bytes as a.
std::string sum(const std::string &a, const std::string &b, bool little_endian) {
  const auto read = little_endian ? BN_lebin2bn : BN_bin2bn;
  const auto octets = [](const std::string &s) {
    return reinterpret_cast<const unsigned char *>(s.data());
  };
  BIGNUM *x = read(octets(a), static_cast<int>(a.size()), nullptr);
  BIGNUM *y = read(octets(b), static_cast<int>(b.size()), nullptr);
  BN_add(x, x, y);
  std::string out(a.size(), '\0');
  const auto write = little_endian ? BN_bn2lebinpad : BN_bn2binpad;
  const int size =
      write(x, reinterpret_cast<unsigned char *>(out.data()), static_cast<int>(out.size()));
  BN_free(x);
  BN_free(y);
  return size < 0 ? "" : out;
}

const std::string order = unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

std::string minus(const std::string &a, unsigned long b) {
  BIGNUM *x = BN_bin2bn(reinterpret_cast<const unsigned char *>(a.data()),
                        static_cast<int>(a.size()), nullptr);
  BN_sub_word(x, b);
  std::string out(a.size(), '\0');
  BN_bn2binpad(x, reinterpret_cast<unsigned char *>(out.data()), static_cast<int>(out.size()));
  BN_free(x);
  return out;
}

}  // namespace

TEST_CASE("signature: every algorithm takes its own and refuses any change", "[signature]") {
  for (const Subject &subject : {hmac(), rsa(), ec(), ed()}) {
    INFO(subject.header);
    const std::string good = subject.good();
    REQUIRE(subject.check(good) == "none");
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 3) {
      std::string changed = good;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      CHECK(subject.check(changed) == "bad_signature");
    }
    for (std::size_t size = 0; size < good.size(); size++) {
      CHECK(subject.check(good.substr(0, size)) == "bad_signature");
    }
    for (const std::string &other :
         {good + "\0"s, good + good, "\0"s + good, good + "x", std::string(good.size(), '\0'),
          std::string(good.size(), '\xff'), std::string(10000, 's'), "\0"s + good.substr(1)}) {
      if (other != good) CHECK(subject.check(other) == "bad_signature");
    }
    CHECK(subject.check(subject.signer.sign(subject.input() + " ")) == "bad_signature");
  }
}

TEST_CASE("signature: HMAC has one digest and one form", "[signature]") {
  const Subject subject = hmac();
  const std::string good = subject.good();
  REQUIRE(subject.check(good) == "none");
  CHECK(subject.check(Signer::oct("").sign(subject.input())) == "bad_signature");
  CHECK(subject.check(subject.signer.sign(subject.input(), "SHA384")) == "bad_signature");
  CHECK(subject.check(subject.signer.sign(subject.input(), "SHA512").substr(0, 32)) ==
        "bad_signature");
  std::string hex;
  for (const char c : good) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[c & 0xf];
  }
  CHECK(subject.check(hex) == "bad_signature");
  CHECK(subject.check(encode(good)) == "bad_signature");
}

TEST_CASE("signature: RSA is PKCS #1 v1.5 with SHA-256 at the length of the modulus",
          "[signature]") {
  const Subject subject = rsa();
  const std::string good = subject.good();
  REQUIRE(good.size() == 256);
  REQUIRE(subject.check(good) == "none");
  CHECK(subject.check(subject.signer.sign_pss(subject.input())) == "bad_signature");
  for (const char *digest : {"SHA1", "SHA384", "SHA512"}) {
    CHECK(subject.check(subject.signer.sign(subject.input(), digest)) == "bad_signature");
  }
  CHECK(subject.check(std::string(255, '\0') + "\x01") == "bad_signature");
  // A signature that begins with a zero has its zero: the same number in fewer bytes is another
  // text for the same token.
  for (int i = 0; i < 5000; i++) {
    const std::string input = encode(subject.header) + "." + encode(std::to_string(i));
    const std::string signature = subject.signer.sign(input);
    if (signature[0] != '\0') continue;
    CHECK(name(check_jws(input + "." + encode(signature), subject.signer.jwk())) == "none");
    CHECK(name(check_jws(input + "." + encode(signature.substr(1)), subject.signer.jwk())) ==
          "bad_signature");
    return;
  }
  FAIL("no signature with a leading zero in 5000");
}

TEST_CASE("signature: ECDSA is r || s, each in range", "[signature]") {
  const Subject subject = ec();
  const std::string good = subject.good();
  REQUIRE(subject.check(good) == "none");
  const std::string r = good.substr(0, 32), s = good.substr(32);
  CHECK(subject.check(s + r) == "bad_signature");
  CHECK(subject.check(subject.signer.sign_der(subject.input())) == "bad_signature");
  CHECK(subject.check("\0"s + r + "\0"s + s) == "bad_signature");
  const std::string zero(32, '\0'), one = std::string(31, '\0') + "\x01", max(32, '\xff');
  const std::string edges[] = {zero, one, minus(order, 1), order, sum(order, one, false), max};
  for (const std::string &a : edges) {
    CHECK(subject.check(a + s) == "bad_signature");
    CHECK(subject.check(r + a) == "bad_signature");
    for (const std::string &b : edges) CHECK(subject.check(a + b) == "bad_signature");
  }
  CHECK(subject.check(subject.signer.sign(subject.input(), "SHA384")) == "bad_signature");
  // A token of another curve is as foreign as one of another key.
  const Signer other = Signer::ec("P-384");
  CHECK(subject.check(other.sign(subject.input(), "SHA256")) == "bad_signature");
  CHECK(subject.check(Signer::ec("P-256").sign(subject.input())) == "bad_signature");
}

TEST_CASE("signature: Ed25519 has S below the order of the group", "[signature]") {
  const Subject subject = ed();
  const std::string good = subject.good();
  REQUIRE(subject.check(good) == "none");
  // S + L signs the same for whoever forgets RFC 8032 §5.1.7 step 1.
  const std::string group_order =
      unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  std::string bigger = sum(good.substr(32), group_order, true);
  int taken = 0;
  for (; bigger.size() == 32; bigger = sum(bigger, group_order, true)) {
    CHECK(subject.check(good.substr(0, 32) + bigger) == "bad_signature");
    taken++;
  }
  CHECK(taken > 0);
}

TEST_CASE("signature: a small-order key would be good for anything, and is no key", "[signature]") {
  // y = 1, the neutral point: R = [S]B holds for every message with this R and S.
  const std::string key =
      R"({"kty":"OKP","crv":"Ed25519","x":")" + encode("\x01" + std::string(31, '\0')) + "\"}";
  const std::string base =
      unhex("5866666666666666666666666666666666666666666666666666666666666666");
  const std::string forged = base + "\x01" + std::string(31, '\0');
  // OpenSSL is content with it.
  const std::string input = encode(R"({"alg":"EdDSA"})") + "." + encode(payload);
  EVP_PKEY *raw = EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr,
      reinterpret_cast<const unsigned char *>(("\x01" + std::string(31, '\0')).c_str()), 32);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  REQUIRE(EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, raw) == 1);
  CHECK(EVP_DigestVerify(context, reinterpret_cast<const unsigned char *>(forged.data()), 64,
                         reinterpret_cast<const unsigned char *>(input.data()), input.size()) == 1);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(raw);
  // We are not.
  CHECK(name(check_jws(input + "." + encode(forged), key)) == "unknown_key");
}

TEST_CASE("signature: the error queue is left empty", "[signature]") {
  for (const Subject &subject : {hmac(), rsa(), ec(), ed()}) {
    subject.check(std::string(subject.good().size(), '\x01'));
    CHECK(ERR_peek_error() == 0);
  }
  CHECK_FALSE(tenancy::test::keys_of(R"({"kty":"EC","crv":"P-256","x":")" +
                                     encode(std::string(32, '\x01')) + R"(","y":")" +
                                     encode(std::string(32, '\x01')) + "\"}"));
  CHECK(ERR_peek_error() == 0);
}
