#include "policy/source.hpp"

#include <catch2/catch.hpp>

#include "policy/diagnostic.hpp"
#include "policy/yaml.hpp"

using namespace tenancy::policy;

TEST_CASE("source: positions count lines and characters from one", "[source]") {
  const Source source("dir/a.yaml", "é: 1\r\nb: ü x\n");
  CHECK(source.name() == "a.yaml");
  CHECK(source.position(0).line == 1);
  CHECK(source.position(2).column == 2);  // after é, which has two bytes
  const Position x = source.position(source.text().find('x'));
  CHECK(x.line == 2);
  CHECK(x.column == 6);
  CHECK(source.line_at(0) == "é: 1");
  CHECK(source.line_at(source.text().find('b')) == "b: ü x");
  CHECK(source.line_at(source.text().size()).empty());
  CHECK(source.position(source.text().size()).line == 3);
}

TEST_CASE("source: UTF-8 is judged by RFC 3629", "[source]") {
  for (const char *good : {"a", "é", "€", "😀", "\xf4\x8f\xbf\xbf"}) {
    CHECK(utf8_length(good) == std::string_view(good).size());
  }
  for (const char *bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK(utf8_length(bad) == 0);
  }
}

TEST_CASE("diagnostic: several are shown in the order of the text, and counted", "[diagnostic]") {
  const Source source("p.yaml", "one: 1\ntwo: é 2\n");
  Diagnostics diagnostics;
  CHECK(diagnostics.render(source).empty());
  diagnostics.warning("w", "second", {15, 16}, "do this");
  CHECK_FALSE(diagnostics.failed());
  diagnostics.error("e", "first", {0, 3}, "do that");
  CHECK(diagnostics.failed());
  CHECK(diagnostics.render(source) ==
        "p.yaml:1:1: error[e]: first\n"
        "    1 | one: 1\n"
        "      | ^~~\n"
        "help: do that\n"
        "\n"
        "p.yaml:2:8: warning[w]: second\n"
        "    2 | two: é 2\n"
        "      |        ^\n"
        "help: do this\n"
        "\n"
        "p.yaml: 1 error, 1 warning\n");
}

TEST_CASE("diagnostic: what cannot be shown on a terminal is not", "[diagnostic]") {
  const Source source("p.yaml", "a: \x1b[31m\tb\x80\xe2\x80\xae");
  Diagnostics diagnostics;
  diagnostics.error("e", "m", {0, 1}, "h");
  CHECK(diagnostics.render(source).find("| a: ?[31m b??\n") != std::string::npos);
}

TEST_CASE("diagnostic: a near word is suggested, a far one is not", "[diagnostic]") {
  CHECK(suggest("raed", {"read", "insert"}) == "did you mean \"read\"? known here: read, insert");
  CHECK(suggest("xyz", {"read", "insert"}) == "known here: read, insert");
  CHECK(suggest("x", {}) == "none is known here");
}

TEST_CASE("yaml: a place in a scalar is a place in the file", "[yaml]") {
  // The value of k holds the letter X once, at whatever place the style puts it.
  const std::string texts[] = {
      "k: a = X\n",
      "k: 'it''s' # X\n",
      "k: 'it''s X'\n",
      "k: \"a \\\"b\\\" X\"\n",
      "k: >-\n  a\n  b X\n",
      "k: |\n  a\n\n  b X\n",
      "k: a\n  b X\n",
      "k: \"a\n  b X\"\n",
      "é: ü X\n",
  };
  for (const std::string &text : texts) {
    const Source source("t", text);
    Diagnostics diagnostics;
    const auto root = read_yaml(source, diagnostics);
    REQUIRE(root);
    REQUIRE(root->members.size() == 1);
    const Node &value = root->members[0].value;
    const std::size_t at = value.text.find('X');
    if (at == std::string::npos) continue;  // only in the comment
    INFO(text);
    CHECK(source_offset(source, value, at) == text.find('X'));
  }
}

TEST_CASE("yaml: words that name nothing reliably", "[yaml]") {
  Node node;
  node.kind = Node::Kind::scalar;
  for (const char *word : {"yes", "No", "ON", "off", "y", "N", "true", "False", "null", "~"}) {
    node.text = word;
    node.style = Node::Style::plain;
    CHECK(is_ambiguous(node));
    node.style = Node::Style::single_quoted;
    CHECK_FALSE(is_ambiguous(node));
  }
  node.style = Node::Style::plain;
  for (const char *word : {"", "notes", "one", "nul", "offset"}) {
    node.text = word;
    CHECK_FALSE(is_ambiguous(node));
  }
}

TEST_CASE("yaml: hostile input ends in a report, not in a crash", "[yaml]") {
  const std::string texts[] = {
      std::string(10000, '['),
      std::string(10000, '{'),
      "a: " + std::string(5000, '[') + std::string(5000, ']'),
      "? [a]\n: b\n",
      "a: b: c\n",
      "- a\n",
      "a: &x [*x]\n",
      "\"a\\x00b\": 1\n",
      std::string("a: \0b\n", 6),
      "\xef\xbb\xbf" + std::string("a: 1\n"),
      "a: !!binary x\n",
      "...\n",
      "---\n---\n",
      "a: |9\n x\n",
  };
  for (const std::string &text : texts) {
    const Source source("t", text);
    Diagnostics diagnostics;
    const auto root = read_yaml(source, diagnostics);
    INFO(text.substr(0, 40));
    CHECK((root.has_value() || diagnostics.failed()));
    (void)diagnostics.render(source);
  }
}

TEST_CASE("source: files follow each other, and each has its own lines", "[source]") {
  Source source("dir/tenancy.yaml", "a: 1\nb: 2");
  const std::size_t second = source.add("dir/tables/x.yaml", "c: 3\nd: 4\n");
  REQUIRE(second == 1);
  CHECK(source.files() == 2);
  const std::size_t b = source.text().find('b');
  const std::size_t d = source.text().find('d');
  CHECK(source.position(b).line == 2);
  CHECK(source.position(d).line == 2);
  CHECK(source.name_at(b) == "tenancy.yaml");
  CHECK(source.name_at(d) == "tables/x.yaml");
  CHECK(source.path_at(d) == "dir/tables/x.yaml");
  CHECK(source.line_at(b) == "b: 2");
  CHECK(source.line_at(d) == "d: 4");
  CHECK(source.position(source.extent(0).end).line == 2);
  CHECK(source.path_at(source.extent(0).end) == "dir/tenancy.yaml");
  CHECK(source.record() == "# tenancy.yaml\na: 1\nb: 2\n# tables/x.yaml\nc: 3\nd: 4\n");

  Diagnostics diagnostics;
  const std::optional<Node> root = read_yaml(source, diagnostics, second);
  REQUIRE(root);
  CHECK(root->members.at(1).key.span.begin == d);
  diagnostics.error("e", "m", {d, d + 1}, "h");
  CHECK(
      diagnostics.render(source).starts_with("dir/tables/x.yaml:2:1: error[e]: m\n    2 | d: 4\n"));
}
