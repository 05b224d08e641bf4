#include "core/json.hpp"

#include <catch2/catch.hpp>

using tenancy::append_json;
using tenancy::has_control_character;
using tenancy::Json;
using tenancy::JsonDocument;
using tenancy::JsonType;
using namespace std::string_view_literals;

namespace {

bool accepted(std::string_view text) {
  return JsonDocument::parse(text).has_value();
}

std::string nested(int depth) {  // depth counts the object around it
  return "{\"a\":" + std::string(static_cast<std::size_t>(depth - 1), '[') +
         std::string(static_cast<std::size_t>(depth - 1), ']') + "}";
}

}  // namespace

TEST_CASE("json: values are read as what they are", "[json]") {
  const auto document = JsonDocument::parse(
      R"( {"s":"a\u00e9\/","i":-7,"r":1.5,"e":1e3,"t":true,"f":false,"z":null,"a":["x",2],"o":{"k":"v"}} )");
  REQUIRE(document);
  const Json root = document->root();
  CHECK(root.is(JsonType::object));
  CHECK(root["s"].string() == "a\xc3\xa9/");
  CHECK(root["i"].integer() == -7);
  CHECK(root["r"].real() == 1.5);
  CHECK(root["e"].is(JsonType::real));
  CHECK(root["t"].boolean());
  CHECK(root["f"].is(JsonType::boolean));
  CHECK_FALSE(root["f"].boolean());
  CHECK(root["z"].is(JsonType::null));
  CHECK(root["a"].size() == 2);
  CHECK(root["a"][0].string() == "x");
  CHECK(root["a"][1].integer() == 2);
  CHECK(root["o"]["k"].string() == "v");
  CHECK(root.members().size() == 9);
  CHECK(root.members()[0].name == "s");
  CHECK(root.members()[8].name == "o");
}

TEST_CASE("json: what is not there, or of another type, is absent or empty", "[json]") {
  const auto document = JsonDocument::parse(R"({"n":1,"s":"x","sx":2})");
  REQUIRE(document);
  const Json root = document->root();
  CHECK_FALSE(root["m"].exists());
  CHECK_FALSE(root["m"]["deeper"][3].exists());
  CHECK_FALSE(root["s\0x"sv].exists());
  CHECK(root["sx-longer"sv.substr(0, 2)].integer() == 2);
  CHECK(root["n"].string().empty());
  CHECK(root["s"].integer() == 0);
  CHECK(root["s"].size() == 0);
  CHECK(root["s"].members().empty());
  CHECK_FALSE(JsonDocument().root().exists());
}

TEST_CASE("json: only one strict object", "[json]") {
  REQUIRE(accepted("{}"));
  REQUIRE(accepted(" {\"a\":[1]}\n"));
  const std::string_view refused[] = {
      "",
      " ",
      "[]",
      "\"a\"",
      "1",
      "null",
      "true",
      "{",
      "{}}",
      "{}{}",
      "{} x",
      "{},",
      "{\"a\":1,}",
      "{a:1}",
      "{'a':1}",
      "{\"a\" 1}",
      "{\"a\":01}",
      "{\"a\":+1}",
      "{\"a\":.5}",
      "{\"a\":1.}",
      "{\"a\":0x1}",
      "{\"a\":NaN}",
      "{\"a\":Infinity}",
      "{\"a\":nul}",
      "{\"a\":True}",
      "{/*c*/}",
      "{}//c",
      "\xef\xbb\xbf{}",
      "<html></html>",
      "{\"a\":\"\t\"}",
      "{\"a\":\"\\x41\"}",
      "{\"a\":\"\\ud800\"}",
      "{\"a\":\"\xff\"}",
      "{\"a\":\"\xc0\x80\"}",
      "{\"a\":\"\xed\xa0\x80\"}",
      "{\"a\":\"\xf4\x90\x80\x80\"}",
      "{\"a\":9223372036854775808}",
      "{\"a\":-9223372036854775809}",
      "{\"a\":18446744073709551616}",
      "{\"a\":1e400}",
      "{\"a\":-1e400}",
      "{\0\"\0a\0\"\0:\0001\0}\0"sv,  // UTF-16
  };
  for (const std::string_view text : refused) {
    INFO(text);
    CHECK_FALSE(accepted(text));
  }
}

TEST_CASE("json: a zero byte is refused wherever it stands", "[json]") {
  const std::string text = R"({"a":1,"b":"x"})";
  REQUIRE(accepted(text));
  for (std::size_t i = 0; i <= text.size(); i++) {
    std::string with_zero = text;
    with_zero.insert(i, 1, '\0');
    INFO(i);
    CHECK_FALSE(accepted(with_zero));
  }
  CHECK_FALSE(accepted(R"({"a":"\u0000"})"));
  CHECK_FALSE(accepted(R"({"\u0000":1})"));
}

TEST_CASE("json: U+0000 in a string only with leave", "[json]") {
  const auto parse = [](std::string_view text) {
    return JsonDocument::parse(text, 10000, tenancy::ZeroCharacter::allowed);
  };
  const auto document = parse(R"({"a":"x\u0000y"})");
  REQUIRE(document);
  CHECK(document->root()["a"].string() == "x\0y"sv);
  CHECK_FALSE(parse("{\"a\":\"x\0y\"}"sv));
  CHECK_FALSE(parse(R"({"\u0000":1})"));
}

TEST_CASE("json: what it may take is bounded", "[json]") {
  const auto accepted_within = [](const std::string &text, std::size_t memory) {
    return JsonDocument::parse(text, memory).has_value();
  };
  struct Case {
    std::string element;
    std::size_t cost;  // of each, in an array, with its comma
  };
  const Case cases[] = {{"{}", 248},       {"[]", 152},       {"\"\"", 105},     {"\"abc\"", 108},
                        {"\"[{,:\"", 109}, {"\"\\\"\"", 106}, {"1", 56},         {"0", 56},
                        {"9", 56},         {"90", 56},        {"-12.5e-3", 120}, {"null", 24},
                        {"true", 24}};
  for (const Case &c : cases) {
    std::string text = "{\"\":[" + c.element;
    for (int i = 1; i < 50; i++) text += "," + c.element;
    text += "]}";
    const std::size_t all = 224 + 81 + 40 + 128 + 50 * c.cost - 24;
    INFO(c.element);
    CHECK(accepted_within(text, all));
    CHECK_FALSE(accepted_within(text, all - 1));
    // What stands behind the text is not its own.
    CHECK(JsonDocument::parse(std::string_view(text + "{[\"").substr(0, text.size()), all));
  }
}

TEST_CASE("json: duplicate members are refused, also in depth and through escapes", "[json]") {
  REQUIRE(accepted(R"({"a":1,"A":1,"b":{"a":1}})"));
  CHECK_FALSE(accepted(R"({"a":1,"a":1})"));
  CHECK_FALSE(accepted(R"({"a":1,"b":2,"a":null})"));
  CHECK_FALSE(accepted(R"({"alg":1,"\u0061lg":2})"));
  CHECK_FALSE(accepted(R"({"o":{"a":1,"a":2}})"));
  CHECK_FALSE(accepted(R"({"":1,"":2})"));
}

TEST_CASE("json: depth is bounded", "[json]") {
  CHECK(accepted(nested(tenancy::max_json_depth)));
  CHECK_FALSE(accepted(nested(tenancy::max_json_depth + 1)));
  CHECK_FALSE(accepted(nested(100000)));
  CHECK_FALSE(accepted(std::string(1000000, '[')));
  // Brackets in strings do not nest, whatever stands before them.
  CHECK(accepted("{\"a\":\"" + std::string(100, '[') + "\"}"));
  CHECK(accepted("{\"a\":\"\\\"" + std::string(100, '{') + "\\\\\",\"b\":[]}"));
}

TEST_CASE("json: strings are written so that they are read back", "[json]") {
  std::string every;
  for (char c = 1; c != 127; c++) every += c;
  every += "\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  std::string text = "{\"a\":";
  append_json(text, every);
  text += "}";
  const auto document = JsonDocument::parse(text);
  REQUIRE(document);
  CHECK(document->root()["a"].string() == every);
}

TEST_CASE("json: only what must be escaped is", "[json]") {
  std::string text;
  append_json(text, " !\"#[\\]~\x1f\x01/");
  CHECK(text == R"(" !\"#[\\]~\u001f\u0001/")");
}

TEST_CASE("json: values are written as they were read", "[json]") {
  const std::string texts[] = {
      R"({})",
      R"({"b":1,"a":[true,false,null,"x",-3,[],{}]})",
      R"({"r":1.5,"whole":2.0,"big":1e+300,"small":-2.2250738585072014e-308})",
      R"({"min":-9223372036854775808,"max":9223372036854775807})",
      R"({"q\"\\":"\u0001"})",
  };
  for (const std::string &text : texts) {
    const auto document = JsonDocument::parse(text);
    REQUIRE(document);
    std::string written;
    append_json(written, document->root());
    CHECK(written == text);
  }
}

TEST_CASE("json: control characters are seen in ASCII and beyond", "[json]") {
  CHECK_FALSE(has_control_character(""));
  CHECK_FALSE(has_control_character("plain ~ caf\xc3\xa9 \xc2\xa0 \xc3\x80"));
  for (const std::string_view text :
       {"\x01"sv, "a\nb"sv, "a\x1f"sv, "\x7f"sv, "\xc2\x80"sv, "a\xc2\x9f"sv, "\0"sv}) {
    CHECK(has_control_character(text));
  }
}
