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
  const char *algorithm;
  const Signer &signer;
  std::string header() const { return R"({"alg":")"s + algorithm + "\"}"; }
  std::string input() const { return encode(header()) + "." + encode(payload); }
  std::string check(const std::string &signature) const {
    return name(check_jws(input() + "." + encode(signature), signer.jwk()));
  }
  std::string good() const { return signer.sign_by(algorithm, input()); }
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const auto &[algorithm, signer] : tenancy::test::every_kind()) {
    all.push_back({algorithm, signer});
  }
  return all;
}
Subject hmac() {
  return {"HS256", Signer::hs256()};
}
Subject rsa() {
  return {"RS256", Signer::rs256()};
}
Subject ec() {
  return {"ES256", Signer::es256()};
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

// n of the curves, FIPS 186-4 D.1.2.
const std::string order_256 =
    unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const std::string order_384 =
    unhex(std::string(48, 'f') + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973");
const std::string order_521 =
    unhex("01" + std::string(64, 'f') +
          "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409");

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
  for (const Subject &subject : subjects()) {
    INFO(subject.algorithm);
    const std::string good = subject.good();
    REQUIRE(subject.check(good) == "none");
    for (std::size_t bit = 0; bit < good.size() * 8; bit += 1 + good.size() / 24) {
      std::string changed = good;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      CHECK(subject.check(changed) == "bad_signature");
    }
    for (std::size_t size = 0; size < good.size(); size += size + 9 < good.size() ? 5 : 1) {
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
  CHECK(subject.check(subject.signer.sign_pss(subject.input(), {})) == "bad_signature");
  for (const char *digest : {"SHA1", "SHA384", "SHA512"}) {
    CHECK(subject.check(subject.signer.sign(subject.input(), digest)) == "bad_signature");
  }
  CHECK(subject.check(std::string(255, '\0') + "\x01") == "bad_signature");
  // A signature that begins with a zero has its zero: the same number in fewer bytes is another
  // text for the same token.
  for (int i = 0; i < 5000; i++) {
    const std::string input = encode(subject.header()) + "." + encode(std::to_string(i));
    const std::string signature = subject.signer.sign(input);
    if (signature[0] != '\0') continue;
    CHECK(name(check_jws(input + "." + encode(signature), subject.signer.jwk())) == "none");
    CHECK(name(check_jws(input + "." + encode(signature.substr(1)), subject.signer.jwk())) ==
          "bad_signature");
    return;
  }
  FAIL("no signature with a leading zero in 5000");
}

TEST_CASE("signature: PSS has one salt length and one digest", "[signature]") {
  for (const char *size : {"256", "384", "512"}) {
    const std::string algorithm = "PS"s + size, own = "SHA"s + size;
    const Subject subject{algorithm.c_str(), Signer::rs256()};
    const int salt = std::stoi(size) / 8;
    const auto check = [&](Signer::Pss how) {
      return subject.check(subject.signer.sign_pss(subject.input(), how));
    };
    REQUIRE(check({own.c_str()}) == "none");
    REQUIRE(check({own.c_str(), salt}) == "none");
    for (const int other : {0, 1, 20, salt - 1, salt + 1, 32, 48, 64, 256 - salt - 2}) {
      INFO(algorithm << " with a salt of " << other);
      CHECK(check({own.c_str(), other}) == (other == salt ? "none" : "bad_signature"));
    }
    for (const char *other : {"SHA1", "SHA256", "SHA384", "SHA512"}) {
      INFO(algorithm << " with " << other);
      const bool same = other == own;
      CHECK(check({other, salt}) == (same ? "none" : "bad_signature"));
      CHECK(check({own.c_str(), salt, other}) == (same ? "none" : "bad_signature"));
    }
    CHECK(subject.check(subject.signer.sign(subject.input(), own.c_str())) == "bad_signature");
  }
}

TEST_CASE("signature: ECDSA is r || s, each in range", "[signature]") {
  struct Curve {
    Subject subject;
    std::string order;
  };
  for (const auto &[subject, order] : {Curve{ec(), order_256},
                                       {{"ES384", Signer::es384()}, order_384},
                                       {{"ES512", Signer::es512()}, order_521}}) {
    INFO(subject.algorithm);
    const std::size_t half = order.size();
    const std::string good = subject.good();
    REQUIRE(good.size() == 2 * half);
    REQUIRE(subject.check(good) == "none");
    const std::string r = good.substr(0, half), s = good.substr(half);
    CHECK(subject.check(s + r) == "bad_signature");
    CHECK(subject.check(subject.signer.sign_der(subject.input())) == "bad_signature");
    CHECK(subject.check("\0"s + r + "\0"s + s) == "bad_signature");
    const std::string zero(half, '\0'), one = std::string(half - 1, '\0') + "\x01",
                                        max(half, '\xff');
    const std::string edges[] = {zero, one, minus(order, 1), order, sum(order, one, false), max};
    for (const std::string &a : edges) {
      CHECK(subject.check(a + s) == "bad_signature");
      CHECK(subject.check(r + a) == "bad_signature");
      for (const std::string &b : edges) CHECK(subject.check(a + b) == "bad_signature");
    }
    CHECK(subject.check(subject.signer.sign(subject.input(), "SHA1")) == "bad_signature");
  }
  // A token of another curve or digest is as foreign as one of another key.
  const Subject subject = ec();
  CHECK(subject.check(subject.signer.sign(subject.input(), "SHA384")) == "bad_signature");
  CHECK(subject.check(Signer::es384().sign(subject.input(), "SHA256")) == "bad_signature");
  CHECK(subject.check(Signer::ec("P-256").sign(subject.input())) == "bad_signature");
}

TEST_CASE("signature: EdDSA has S below the order of the group", "[signature]") {
  struct Curve {
    Subject subject;
    std::string order;  // L, RFC 8032 §5.1 and §5.2, the lowest byte first
  };
  for (const auto &[subject, order] :
       {Curve{{"EdDSA", Signer::eddsa()},
              unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")},
        {{"EdDSA", Signer::eddsa448()},
         unhex("f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c" + std::string(54, 'f') +
               "3f00")}}) {
    const std::string good = subject.good();
    const std::size_t half = order.size();
    REQUIRE(good.size() == 2 * half);
    REQUIRE(subject.check(good) == "none");
    // S + L signs the same for whoever forgets step 1 of the verification.
    std::string bigger = sum(good.substr(half), order, true);
    int taken = 0;
    for (; bigger.size() == half && taken < 1000; bigger = sum(bigger, order, true)) {
      CHECK(subject.check(good.substr(0, half) + bigger) == "bad_signature");
      taken++;
    }
    CHECK(taken > 0);
  }
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
  for (const Subject &subject : subjects()) {
    subject.check(std::string(subject.good().size(), '\x01'));
    CHECK(ERR_peek_error() == 0);
  }
  CHECK_FALSE(tenancy::test::keys_of(R"({"kty":"EC","crv":"P-256","x":")" +
                                     encode(std::string(32, '\x01')) + R"(","y":")" +
                                     encode(std::string(32, '\x01')) + "\"}"));
  CHECK(ERR_peek_error() == 0);
}
