#include "core/key.hpp"

#include <catch2/catch.hpp>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using tenancy::test::encode;
using tenancy::test::OwnedKeys;
using tenancy::test::Signer;
using tenancy::test::unhex;

namespace {

struct Parsed {
  OwnedKeys keys;
  std::string fault;
  std::size_t skipped;
  std::string first_skipped;
};

Parsed load(std::string_view text, KeySecrecy secrecy = KeySecrecy::public_only) {
  const ParsedKeySet set = parse_key_set(text, secrecy);
  CHECK((set.keys == nullptr) == (set.fault[0] != '\0'));
  return {OwnedKeys(set.keys), set.fault, set.skipped, set.first_skipped};
}

std::string set_of(const std::vector<std::string> &keys) {
  std::string text;
  for (const std::string &key : keys) text += (text.empty() ? "" : ",") + key;
  return "{\"keys\":[" + text + "]}";
}

std::string rsa(const std::string &n, const std::string &e) {
  return R"({"kty":"RSA","n":")" + encode(n) + R"(","e":")" + encode(e) + "\"}";
}

std::string okp(const std::string &x, const std::string &crv = "Ed25519") {
  return R"({"kty":"OKP","crv":")" + crv + R"(","x":")" + encode(x) + "\"}";
}

std::string ec(const std::string &x, const std::string &y, const std::string &crv = "P-256") {
  return R"({"kty":"EC","crv":")" + crv + R"(","x":")" + encode(x) + R"(","y":")" + encode(y) +
         "\"}";
}

std::string oct(const std::string &k) {
  return R"({"kty":"oct","k":")" + encode(k) + "\"}";
}

// An odd number of so many bytes.
std::string modulus(std::size_t bytes, char first = '\xc5', char last = '\x6b') {
  std::string n(bytes, '\x5a');
  n.front() = first;
  n.back() = last;
  return n;
}

const std::string f4 = "\x01\x00\x01"s;
// The base point of P-256.
const std::string gx = unhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
const std::string gy = unhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
// RFC 8032 §7.4, "blank".
const std::string ed448 = unhex(
    "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
    "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180");
// RFC 8037 A.2.
const std::string ed = unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

}  // namespace

TEST_CASE("key: one key of each type", "[key]") {
  struct Good {
    std::string jwk;
    const char *type;
    const char *algorithm = "";
  };
  const Good all[] = {
      {Signer::rs256().jwk(), "RSA"},
      {rsa(modulus(256), f4), "RSA"},
      {rsa(modulus(256), "\x03"), "RSA"},
      {rsa(modulus(256, '\x80'), f4), "RSA"},
      {rsa(modulus(257, '\x01'), f4), "RSA"},
      {rsa(modulus(2048), f4), "RSA"},
      {rsa(modulus(256), std::string(8, '\xff')), "RSA"},
      {rsa(modulus(1024), std::string(8, '\xff')), "RSA"},
      {rsa(modulus(2048), "\x01\xff\xff"s), "RSA"},
      {Signer::es256().jwk(), "EC"},
      {ec(gx, gy), "EC"},
      {Signer::eddsa().jwk(), "OKP"},
      {okp(ed), "OKP"},
      {Signer::hs256().jwk(), "oct"},
      {oct(std::string(32, '\0')), "oct"},
      {oct(std::string(1000, 'x')), "oct"},
      {Signer::es384().jwk(), "EC"},
      {Signer::es512().jwk(), "EC"},
      {Signer::eddsa448().jwk(), "OKP"},
      {okp(ed448, "Ed448"), "OKP"},
  };
  for (const Good &good : all) {
    INFO(good.jwk);
    const Parsed parsed = load(good.jwk, KeySecrecy::allow_secrets);
    REQUIRE(parsed.keys);
    REQUIRE(key_count(*parsed.keys) == 1);
    const KeyView view = key_at(*parsed.keys, 0);
    CHECK(view.type == good.type);
    CHECK(view.algorithm == good.algorithm);
    CHECK(view.key_id.empty());
    CHECK(parsed.skipped == 0);
    // The canonical form stands for the key: it reads as itself.
    const std::string canonical(view.jwk);
    const Parsed again = load(canonical, KeySecrecy::allow_secrets);
    REQUIRE(again.keys);
    CHECK(key_at(*again.keys, 0).jwk == canonical);
  }
}

TEST_CASE("key: alg makes a key good for one algorithm", "[key]") {
  for (const auto &[algorithm, signer] : test::every_kind()) {
    INFO(algorithm);
    const Parsed parsed =
        load(signer.jwk(R"("alg":")"s + algorithm + "\""), KeySecrecy::allow_secrets);
    REQUIRE(parsed.keys);
    const KeyView view = key_at(*parsed.keys, 0);
    CHECK(view.algorithm == algorithm);
    CHECK(view.jwk.find(R"({"alg":")"s + algorithm + "\",") == 0);
  }
}

TEST_CASE("key: the canonical form keeps what matters, sorted", "[key]") {
  const std::string x = encode(ed);
  const Parsed parsed = load(R"({ "x":")" + x + R"(", "use":"sig", "kty":"OKP", "kid":"a\"\u00e9",
      "y":"stray", "n":"stray", "crv":"Ed25519", "x5c":["AAAA"], "key_ops":["verify"] })");
  REQUIRE(parsed.keys);
  CHECK(key_at(*parsed.keys, 0).jwk ==
        R"({"crv":"Ed25519","kid":"a\"é","kty":"OKP","x":")" + x + "\"}");
  CHECK(key_at(*parsed.keys, 0).key_id == "a\"é");
}

TEST_CASE("key: the canonical form leaves out what does not matter, for every type", "[key]") {
  for (const auto &[algorithm, signer] : test::every_kind()) {
    INFO(algorithm);
    const Parsed plain = load(signer.jwk(), KeySecrecy::allow_secrets);
    const Parsed more =
        load(signer.jwk(R"("":"stray","use":"sig","ext":true)"), KeySecrecy::allow_secrets);
    REQUIRE(plain.keys);
    REQUIRE(more.keys);
    CHECK(key_at(*more.keys, 0).jwk == key_at(*plain.keys, 0).jwk);
  }
}

TEST_CASE("key: the generation of a set changes with its keys and with nothing else", "[key]") {
  const auto generation = [](const std::string &text) {
    const Parsed parsed = load(text, KeySecrecy::allow_secrets);
    REQUIRE(parsed.keys);
    return key_set_generation(*parsed.keys);
  };
  const std::string a = Signer::rs256().jwk(R"("kid":"a")");
  const std::string b = Signer::es256().jwk(R"("kid":"b")");
  const Digest both = generation(set_of({a, b}));
  CHECK(generation("{ \"more\":1, \"keys\":[" + b + ",  " + a + "]}") == both);
  CHECK(generation(set_of({Signer::rs256().jwk(R"("use":"sig","kid":"a")"), b, "{}"})) == both);
  CHECK(generation(set_of({a})) != both);
  CHECK(generation(a) == generation(set_of({a})));
  CHECK(generation(set_of({a, Signer::es256().jwk(R"("kid":"c")")})) != both);
  CHECK(generation(set_of({a, Signer::ec("P-256").jwk(R"("kid":"b")")})) != both);
  CHECK(generation(oct(std::string(32, 'a'))) != generation(oct(std::string(32, 'b'))));

  const test::OwnedIssuer issuer(make_issuer({}, load(set_of({a, b})).keys.release()));
  CHECK(key_set_generation(*issuer) == both);
  const test::OwnedIssuer empty(make_issuer({}, nullptr));
  CHECK(key_set_generation(*empty) == Digest{});
}

TEST_CASE("key: a private key read with leave shows its public half only", "[key]") {
  const std::string jwk = Signer::eddsa().jwk(R"("d":")" + encode(std::string(32, 'd')) + "\"");
  const Parsed parsed = load(jwk, KeySecrecy::allow_secrets);
  REQUIRE(parsed.keys);
  CHECK(key_at(*parsed.keys, 0).jwk.find("\"d\"") == std::string_view::npos);
}

TEST_CASE("key: a faulty key is left out, and why", "[key]") {
  const std::string low_y =
      unhex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f4");
  const std::string small = "has a malformed point, or one of small order";
  const std::string p = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
  const std::string p448 = std::string(27, '\xff') + "\xfe" + std::string(27, '\xff') + "\0"s;
  struct Bad {
    std::string jwk;
    std::string fault;
  };
  const Bad all[] = {
      {R"({"kty":"RSA"})", "has no n or e in base64url"},
      {R"({"kty":"RSA","n":1,"e":"AQAB"})", "has no n or e in base64url"},
      {R"({"kty":"RSA","n":"AQ==","e":"AQAB"})", "has no n or e in base64url"},
      {rsa(modulus(128), f4), "has a modulus under 2048 bits"},
      {rsa(modulus(255), f4), "has a modulus under 2048 bits"},
      {rsa(modulus(256, '\x7f'), f4), "has a modulus under 2048 bits"},
      {rsa(std::string(128, '\0') + modulus(128), f4), "has leading zeros in n or e"},
      {rsa("\0"s + modulus(256), f4), "has leading zeros in n or e"},
      {rsa(modulus(2049), f4), "has a modulus over 16384 bits"},
      {rsa(modulus(8192), f4), "has a modulus over 16384 bits"},
      {rsa(modulus(256, '\xc5', '\x6a'), f4), "has an even modulus"},
      {rsa(modulus(256), "\0"s), "has leading zeros in n or e"},
      {rsa(modulus(256), "\0"s + f4), "has leading zeros in n or e"},
      {rsa(modulus(256), "\x01"), "has the exponent 1"},
      {rsa(modulus(256), "\x02"), "has an even exponent"},
      {rsa(modulus(256), "\x01\x00\x02"s), "has an even exponent"},
      {rsa(modulus(256), std::string(9, '\x01')), "has an exponent over 64 bits"},
      {rsa(modulus(256), modulus(256)), "has an exponent over 64 bits"},
      {rsa(modulus(1025, '\x01'), "\x02\x00\x01"s),
       "has an exponent over 17 bits with a modulus over 8192"},
      {rsa(modulus(2048), std::string(8, '\xff')),
       "has an exponent over 17 bits with a modulus over 8192"},

      {ec(gx, low_y), "has a point that is not on its curve"},
      {ec(gy, gx), "has a point that is not on its curve"},
      {ec(std::string(32, '\0'), std::string(32, '\0')), "has a point that is not on its curve"},
      {ec(std::string(32, '\xff'), gy), "has a point that is not on its curve"},
      {ec(gx.substr(1), gy), "has no x and y of full length"},
      {ec("\0"s + gx, gy), "has no x and y of full length"},
      {ec(gx, ""), "has no x and y of full length"},
      {ec(gx, gy, "P-384"), "has no x and y of full length"},
      {ec(std::string(48, '\1'), std::string(48, '\1'), "P-384"),
       "has a point that is not on its curve"},
      {ec(std::string(65, '\1'), std::string(66, '\1'), "P-521"), "has no x and y of full length"},
      {ec(std::string(66, '\xff'), std::string(66, '\1'), "P-521"),
       "has a point that is not on its curve"},
      {ec(gx, gy, "secp256k1"), "has a crv that is not supported"},
      {ec(gx, gy, "p-256"), "has a crv that is not supported"},
      {R"({"kty":"EC","x":")" + encode(gx) + R"(","y":")" + encode(gy) + "\"}",
       "has a crv that is not supported"},

      {okp(ed.substr(1)), "has no x of full length"},
      {okp(ed + "x"), "has no x of full length"},
      {okp(""), "has no x of full length"},
      {okp(std::string(32, '\0')), small},
      {okp(unhex("01" + std::string(62, '0'))), small},
      {okp(unhex("01" + std::string(60, '0') + "80")), small},
      {okp(unhex(std::string(62, '0') + "80")), small},
      {okp(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")), small},
      {okp(unhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")), small},
      {okp(unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")), small},
      {okp(unhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")), small},
      {okp(unhex("ec" + p + "7f")), small},  // p - 1
      {okp(unhex("ec" + p + "ff")), small},
      {okp(unhex("ed" + p + "7f")), small},  // p
      {okp(unhex("ee" + p + "7f")), small},
      {okp(unhex("ee" + p + "ff")), small},
      {okp(unhex("ff" + p + "7f")), small},
      {okp(ed, "Ed448"), "has no x of full length"},
      {okp(ed448), "has no x of full length"},
      {okp(ed448.substr(1), "Ed448"), "has no x of full length"},
      {okp(std::string(57, '\0'), "Ed448"), small},
      {okp(std::string(56, '\0') + "\x80", "Ed448"), small},
      {okp("\x01" + std::string(56, '\0'), "Ed448"), small},
      {okp("\x01" + std::string(55, '\0') + "\x80", "Ed448"), small},
      {okp("\xfe" + p448, "Ed448"), small},  // p - 1
      {okp("\xff" + p448, "Ed448"), small},  // p
      {okp("\xff" + p448.substr(0, 55) + "\x80", "Ed448"), small},
      {okp(std::string(28, '\0') + std::string(28, '\xff') + "\0"s, "Ed448"), small},  // p + 1
      {okp(std::string(56, '\0') + "\x01", "Ed448"), small},
      {okp(std::string(57, '\xff'), "Ed448"), small},
      {R"({"kty":"OKP","crv":"X448","x":"AA"})", "has a crv that is not supported"},
      {R"({"kty":"OKP","crv":"X25519","x":")" + encode(ed) + "\"}",
       "has a crv that is not supported"},

      {oct(""), "has no k in base64url"},
      {R"({"kty":"oct"})", "has no k in base64url"},
      {R"({"kty":"oct","k":"not base64url"})", "has no k in base64url"},
      {oct(std::string(31, 'x')), "has a secret shorter than the digest"},

      {Signer::oct(std::string(47, 'x')).jwk(R"("alg":"HS384")"),
       "has a secret shorter than the digest"},
      {Signer::oct(std::string(63, 'x')).jwk(R"("alg":"HS512")"),
       "has a secret shorter than the digest"},

      {R"({"kty":"AKP","alg":"ML-DSA-44","pub":"AA"})", "has a kty that is not supported"},
      {R"({"kty":"rsa"})", "has a kty that is not supported"},
      {R"({"kty":1})", "has a kty that is not supported"},
      {Signer::es256().jwk(R"("alg":"ES384")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::es256().jwk(R"("alg":"RS256")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::rs256().jwk(R"("alg":"RSA-OAEP")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::rs256().jwk(R"("alg":"HS256")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::rs256().jwk(R"("alg":"none")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::hs256().jwk(R"("alg":"RS256")"),
       "has an alg that is not supported or does not fit its kty"},
      {Signer::es256().jwk(R"("alg":null)"), "has an alg that is no string"},
      {Signer::es256().jwk(R"("use":"enc")"), "has a use other than sig"},
      {Signer::es256().jwk(R"("use":"SIG")"), "has a use other than sig"},
      {Signer::es256().jwk(R"("use":["sig"])"), "has a use other than sig"},
      {Signer::es256().jwk(R"("key_ops":["sign"])"), "has key_ops without verify"},
      {Signer::es256().jwk(R"("key_ops":[])"), "has key_ops without verify"},
      {Signer::es256().jwk(R"("key_ops":"verify")"), "has key_ops without verify"},
      {Signer::es256().jwk(R"("key_ops":["verify",1])"), "has key_ops that are not all strings"},
      {Signer::es256().jwk(R"("kid":"")"), "has a kid that is no string of 1 to 1024 bytes"},
      {Signer::es256().jwk(R"("kid":7)"), "has a kid that is no string of 1 to 1024 bytes"},
      {Signer::es256().jwk(R"("kid":"a\nb")"), "has a kid that is no string of 1 to 1024 bytes"},
      {Signer::es256().jwk(R"("kid":")" + std::string(1025, 'k') + "\""),
       "has a kid that is no string of 1 to 1024 bytes"},
  };
  for (const Bad &bad : all) {
    INFO(bad.jwk.substr(0, 200));
    const Parsed alone = load(bad.jwk, KeySecrecy::allow_secrets);
    CHECK_FALSE(alone.keys);
    CHECK(alone.fault == "the key set has no usable key");
    CHECK(alone.first_skipped == "key 1 " + bad.fault);
    // Beside a good one it costs nothing else.
    const bool secret = bad.jwk.find("\"oct\"") != std::string::npos;
    const Signer &good = secret ? Signer::hs256() : Signer::eddsa();
    const Parsed beside =
        load(set_of({good.jwk(R"("kid":"good")"), bad.jwk}), KeySecrecy::allow_secrets);
    REQUIRE(beside.keys);
    CHECK(key_count(*beside.keys) == 1);
    CHECK(key_at(*beside.keys, 0).key_id == "good");
    CHECK(beside.skipped == 1);
    CHECK(beside.first_skipped == "key 2 " + bad.fault);
  }
}

TEST_CASE("key: a published set holds no secret", "[key]") {
  REQUIRE(load(Signer::eddsa().jwk()).keys);
  CHECK(load(Signer::hs256().jwk()).first_skipped == "key 1 is a secret in a public key set");
  for (const char *member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    for (const Signer *signer : {&Signer::rs256(), &Signer::es256(), &Signer::eddsa()}) {
      const Parsed parsed = load(signer->jwk("\"kid\":\"leak\",\""s + member + "\":\"AQAB\""));
      CHECK_FALSE(parsed.keys);
      CHECK(parsed.first_skipped == "key \"leak\" publishes its private half");
    }
  }
}

TEST_CASE("key: sets", "[key]") {
  const std::string a = Signer::rs256().jwk(R"("kid":"a")");
  const std::string b = Signer::es256().jwk(R"("kid":"b")");
  const std::string secret = Signer::hs256().jwk(R"("kid":"s")");

  SECTION("keep their order") {
    const Parsed parsed = load("{\"more\":1,\"keys\":[" + b + "," + a + "]}");
    REQUIRE(parsed.keys);
    REQUIRE(key_count(*parsed.keys) == 2);
    CHECK(key_at(*parsed.keys, 0).key_id == "b");
    CHECK(key_at(*parsed.keys, 1).key_id == "a");
  }
  SECTION("count and name what they skip") {
    const Parsed parsed = load(set_of({"7", a, R"({"kty":"EC","kid":"\u00e9"})", "{}"}));
    REQUIRE(parsed.keys);
    CHECK(parsed.skipped == 3);
    CHECK(parsed.first_skipped == "key 1 is not a JSON object");
    CHECK(load(set_of({a, R"({"kty":"EC","kid":"é"})"})).first_skipped ==
          "key \"é\" has a crv that is not supported");
  }
  SECTION("never say a kid by half") {
    CHECK(
        load(set_of({a, R"({"kty":"EC","kid":")" + std::string(64, 'k') + "\"}"})).first_skipped ==
        "key \"" + std::string(64, 'k') + "\" has a crv that is not supported");
    const std::string kid(65, 'k');
    CHECK(load(set_of({a, R"({"kty":"EC","kid":")" + kid + "\"}"})).first_skipped ==
          "key 2 has a crv that is not supported");
  }
  SECTION("refuse two keys of one kid, also if one is skipped") {
    CHECK(load(set_of({a, a})).fault == "key \"a\" has the kid of another key");
    CHECK(load(set_of({a, Signer::es256().jwk(R"("kid":"a")")})).fault ==
          "key \"a\" has the kid of another key");
    CHECK(load(set_of({a, b, R"({"kty":"AKP","kid":"b"})"})).fault ==
          "key \"b\" has the kid of another key");
  }
  SECTION("take keys without kid, several too") {
    const Parsed parsed = load(set_of({Signer::rs256().jwk(), Signer::es256().jwk()}));
    REQUIRE(parsed.keys);
    CHECK(key_count(*parsed.keys) == 2);
  }
  SECTION("refuse secrets beside public keys, in any state") {
    const std::string mixed = "the key set mixes secrets and public keys";
    CHECK(load(set_of({a, secret}), KeySecrecy::allow_secrets).fault == mixed);
    CHECK(load(set_of({secret, b}), KeySecrecy::allow_secrets).fault == mixed);
    CHECK(load(set_of({a, secret})).fault == mixed);
    CHECK(load(set_of({a, R"({"kty":"oct"})"})).fault == mixed);
    CHECK(load(set_of({secret, R"({"kty":"RSA"})"}), KeySecrecy::allow_secrets).fault == mixed);
    CHECK(load(set_of({secret, Signer::hs256().jwk(R"("kid":"t")")}), KeySecrecy::allow_secrets)
              .keys);
  }
  SECTION("are bounded") {
    std::vector<std::string> keys(max_key_set_keys - 1, R"({"kty":"other"})");
    keys.push_back(a);
    CHECK(load(set_of(keys)).keys);
    keys.push_back(R"({"kty":"other"})");
    CHECK(load(set_of(keys)).fault == "the key set has more than 100 keys");
    std::string padded = set_of({a});
    padded.append(max_key_set_bytes - padded.size(), ' ');
    CHECK(load(padded).keys);
    CHECK(load(padded + " ").fault == "the key set is larger than 1 MiB");
    // Nor may a small text be a large set: 105 bytes for each empty string, 4 MiB in all.
    const auto with_strings = [&](std::size_t count) {
      std::string text = "{\"keys\":[" + a + "],\"x\":[\"\"";
      for (std::size_t i = 0; i < count; i++) text += ",\"\"";
      return text + "]}";
    };
    CHECK(load(with_strings(39000)).keys);
    CHECK(load(with_strings(40000)).fault == "the key set is not one strict JSON object");
  }
  SECTION("are strict JSON") {
    const std::string strict = "the key set is not one strict JSON object";
    for (const std::string &text :
         {""s, "<html>"s, "["s + a + "]", set_of({a}) + "x", set_of({a}) + "\0"s,
          set_of({a}).substr(0, 100), "{\"keys\":[" + a + "],\"keys\":[]}",
          "{\"keys\":[" + a + "],\"\\u006beys\":[]}", "\xef\xbb\xbf" + set_of({a}),
          a.substr(0, a.size() - 1) + ",\"kty\":\"RSA\"}"}) {
      CHECK(load(text).fault == strict);
    }
    const std::string shape = "the key set has neither an array of keys nor a kty";
    CHECK(load("{}").fault == shape);
    CHECK(load("{\"keys\":{}}").fault == shape);
    CHECK(load("{\"keys\":null}").fault == shape);
    CHECK(load("{\"keys\":[]}").fault == "the key set has no usable key");
  }
}
