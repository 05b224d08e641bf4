// The schema file: what is written is read back as the same; what is damaged is reported.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "policy/schema_file.hpp"
#include "policy/yaml.hpp"
#include "policy/yaml_scalar.hpp"

using namespace tenancy::policy;

namespace {

// Tables of every kind, as tests/tap/schema_dump.sh dumps them from a server.
std::string odd_tables() {
  return Source::read(SOURCE_DIR "/tests/unit/policy/odd_tables.schema.yaml", max_schema_size)
      .text();
}

std::optional<Schema> parse(const std::string &text) {
  const Source source("x.schema.yaml", text);
  Diagnostics diagnostics;
  std::optional<Schema> schema = parse_schema(source, diagnostics);
  REQUIRE(schema.has_value() != diagnostics.failed());
  // Shown without a crash, too.
  REQUIRE(diagnostics.render(source).empty() == schema.has_value());
  return schema;
}

// `line:column message` of each diagnostic.
std::vector<std::string> said_about(const std::string &text) {
  const Source source("x.schema.yaml", text);
  Diagnostics diagnostics;
  REQUIRE_FALSE(parse_schema(source, diagnostics));
  std::vector<std::string> said;
  for (const Diagnostic &each : diagnostics.all()) {
    const Position at = source.position(each.span.begin);
    said.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " + each.message);
    REQUIRE_FALSE(each.help.empty());
  }
  return said;
}

const std::string small = R"(schema: 1
postgresql: 15
types:
  bigint: { class: integer, leakproof: [equal, less] }
tables:
  public.a:
    owner: app
    columns:
      id: bigint not null
    keys:
      a_pkey: primary key (id)
  public.b:
    owner: app
    partition_of: public.a
functions:
  - { name: public.f, arguments: [bigint], returns: bigint, volatility: stable, security: invoker, owner: app }
sequences:
  public.s: { owner: app, owned_by: public.a.id }
complete: true
)";

std::vector<std::string> said_with(std::string_view from, std::string_view to) {
  std::string text = small;
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return said_about(text.replace(at, from.size(), to));
}

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("a schema file is written as it was read") {
  const std::string text = odd_tables();
  const std::optional<Schema> schema = parse(text);
  REQUIRE(schema);
  CHECK(format_schema(*schema) == text);
  CHECK(parse(format_schema(*schema)) == schema);
}

TEST_CASE("what a schema file says can be looked up") {
  const Schema schema = parse(odd_tables()).value();
  const SchemaTable *tickets = schema.find_table({"public", "tickets"});
  REQUIRE(tickets != nullptr);
  CHECK(schema.server == 15);
  CHECK(schema.find_table({"public", "ticket"}) == nullptr);
  CHECK(tickets->row_security == RowSecurity::forced);
  CHECK(tickets->find_column("id")->identity == Identity::by_default);
  CHECK(tickets->find_column("words")->generated == Generated::stored);
  CHECK(tickets->find_column("words")->generated_from == "(length(body) + 1)");
  CHECK_FALSE(tickets->find_column("subject")->deterministic);
  CHECK(tickets->find_column("company_id")->not_null);
  CHECK_FALSE(tickets->find_column("parent_id")->not_null);
  CHECK(tickets->find_column("body")->default_value ==
        "'it''s: a \"default\" # with\nlines, \\ and\ttabs'::text");
  CHECK(tickets->find_column("none") == nullptr);

  const SchemaType *size = schema.find_type(tickets->find_column("smaller")->type);
  CHECK(size->type_class == TypeClass::integer);
  CHECK(size->domain_over == "public.positive");
  CHECK(size->domain_not_null);
  CHECK(size->leakproof_equal);
  CHECK_FALSE(schema.find_type("public.status")->leakproof_equal);
  CHECK(schema.find_type("public.status")->labels ==
        Said{"open", "closed", "it's \"odd\", {x}: #1", "yes"});

  REQUIRE(tickets->primary_key() != nullptr);
  CHECK(tickets->primary_key()->columns == Said{"id"});
  CHECK(tickets->is_unique({"id", "company_id"}));
  CHECK(tickets->is_unique({"company_id", "code"}));          // by an index alone
  CHECK_FALSE(tickets->is_unique({"company_id", "number"}));  // deferrable
  CHECK_FALSE(tickets->is_unique({"company_id"}));
  CHECK(tickets->has_leading_index({"company_id"}));
  CHECK(tickets->has_leading_index({"company_id", "code"}));
  CHECK_FALSE(tickets->has_leading_index({"tags"}));  // gin
  CHECK_FALSE(tickets->has_leading_index({"amount"}));

  const auto key = std::find_if(tickets->foreign_keys.begin(), tickets->foreign_keys.end(),
                                [](const auto &k) { return k.columns.size() == 2; });
  REQUIRE(key != tickets->foreign_keys.end());
  CHECK(key->on_delete == ForeignAction::set_null);
  CHECK(key->delete_columns == Said{"parent_id"});
  CHECK(key->referenced == TableName{"public", "tickets"});
  CHECK(tickets->sequences.size() == 2);
  CHECK(schema.find_sequence({"public", "tickets_id_seq"})->owned_by->identity);

  const SchemaTable *events = schema.find_table({"public", "events"});
  Said partitions;
  for (const SchemaTable *each : schema.all_partitions(*events)) {
    partitions.push_back(each->name.name);
    CHECK(each->columns.size() == 3);
  }
  CHECK(partitions == Said{"events_2025", "events_rest", "events_2025_0", "events_2025_1"});
  CHECK(events->partitioned_by == "RANGE (at)");

  CHECK(schema.find_view({"public", "open_tickets"})->security_invoker);
  CHECK_FALSE(schema.find_view({"public", "all_tickets"})->security_invoker);
  CHECK(schema.find_view({"public", "counts"})->materialized);
  CHECK(schema.functions_named({"public", "search"}).size() == 2);
  const SchemaFunction *search = schema.find_function({"public", "search"}, {"text", "text[]"});
  REQUIRE(search != nullptr);
  CHECK(search->security_definer);
  CHECK(search->pins_search_path);
  CHECK(schema.find_function({"public", "search"}, {"text"}) == nullptr);
  const SchemaTable *odd =
      schema.find_table({"Odd Schema.1", "Täble, with: \"quotes\" # and {more}"});
  REQUIRE(odd != nullptr);
  CHECK(odd->find_column("line\nbreak") != nullptr);
}

TEST_CASE("any text is a scalar that reads back") {
  const Said texts{
      "",        " ",    "a",        "yes",     "Null",   "~",      "1",      "1e3",    "0x1f",
      "a: b",    "a #b", "a:",       ":a",      "- a",    "-",      "---",    "...",    "? a",
      "*a",      "&a",   "!a",       "%a",      "@a",     "`a",     "|",      ">",      "{a}",
      "[a]",     "a, b", "a]",       "a}",      "'",      "''",     "\"",     "a\"b",   "\\",
      "a\\nb",   "\n",   "a\nb",     "a\n\nb ", "\t",     "\r\n",   "\x01",   "\x7f",   "a  b",
      " a",      "a ",   "ä",        "未来",    "\u0085", "\u2028", "\u202e", "\ufeff", "\uffff",
      "😀",       "<<",   "a::text",  "(a)",     "(a: b)", "a' b",   "#",      "a#",     "=",
      "x = 'y'", "(",    "a ? b: c", "a, 'b: c"};
  for (const Place place : {Place::block, Place::flow}) {
    for (const std::string &text : texts) {
      const std::string scalar = yaml_scalar(text, place);
      INFO(scalar);
      const std::string file = place == Place::block
                                   ? scalar + ": " + scalar + "\n"
                                   : "k: [" + scalar + ", " + scalar + "]\nm: { x: " + scalar +
                                         ", y: " + scalar + " }\n";
      const Source source("x", file);
      Diagnostics diagnostics;
      const std::optional<Node> root = read_yaml(source, diagnostics);
      INFO(diagnostics.render(source));
      REQUIRE(root);
      if (place == Place::block) {
        CHECK(root->members.at(0).key.text == text);
        CHECK(root->members.at(0).value.text == text);
      } else {
        CHECK(root->members.at(0).value.items.at(1).text == text);
        CHECK(root->members.at(1).value.members.at(0).value.text == text);
        CHECK(root->members.at(1).value.members.at(1).value.text == text);
      }
    }
  }
  CHECK_THROWS_AS(yaml_scalar("a\xff", Place::block), std::invalid_argument);
}

TEST_CASE("a damaged schema file is reported where it is damaged") {
  REQUIRE(parse(small));
  CHECK(said_with("schema: 1", "schema: 2") == Said{"1:9 a schema file of another version"});
  CHECK(said_about("tenancy: 1\n") == Said{"1:1 this is no schema file"});
  CHECK(said_with("complete: true\n", "") == Said{"1:1 the schema file lacks \"complete\""});
  CHECK(said_with("15", "x") == Said{"2:13 here should be the major version of a server"});
  CHECK(said_with("class: integer", "class: intger") ==
        Said{"4:20 \"intger\" is no word for this place"});
  CHECK(said_with("[equal,", "[equals,") == Said{"4:41 here stands \"equal\" or \"less\""});
  CHECK(said_with("owner: app", "owners: app") ==
        Said{"7:5 there is no \"owners\" in a table", "7:5 a table lacks \"owner\""});
  CHECK(said_with("public.a:", "public:") == Said{"6:9 here should be \".\""});
  CHECK(said_with("public.a:", "public.A:") ==
        Said{"6:10 here should be a name, in double quotes unless it is of small letters and "
             "digits"});
  CHECK(said_with("public.a:", "public.c:") ==
        Said{"12:3 a partition without columns, whose parent is not in the file"});
  CHECK(said_with("bigint not null", "text") == Said{"9:11 the type \"text\" is not under types"});
  CHECK(said_with("bigint not null", "bigint not null unique") ==
        Said{"9:27 here should be nothing more"});
  CHECK(said_with("bigint not null", "bigint default") ==
        Said{"9:25 here should be an expression"});
  CHECK(said_with("primary key (id)", "primary key id") == Said{"11:27 here should be \"(\""});
  CHECK(said_with("primary key (id)", "primary key (id") == Said{"11:30 here should be \")\""});
  CHECK(said_with("partition_of: public.a", "partition_of: public.b") ==
        Said{"12:3 a partition of itself, or one nested deeper than 100 levels"});
  CHECK(said_with("    partition_of: public.a\n", "") == Said{"13:5 a table lacks \"columns\""});
  CHECK(said_with("public.b:", "'\"public\".a':") ==
        Said{"12:4 this stands here twice; the first one is in line 6"});
  CHECK(said_with("security: invoker", "security: yes") ==
        Said{"16:91 \"yes\" is no word for this place"});
  CHECK(said_with("public.a.id", "public.a") == Said{"18:45 here should be \".\""});
}

TEST_CASE("no cut and no changed byte of a schema file does harm") {
  const std::string text = odd_tables();
  for (std::size_t end = text.find('\n'); end + 1 < text.size(); end = text.find('\n', end + 1)) {
    REQUIRE_FALSE(parse(text.substr(0, end + 1)));
  }
  std::size_t still_read = 0;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size(); at += 11) {
    for (const char byte : {'(', '"', ' ', 'x', ':', '\xff'}) {
      if (++number % 3 != 0) continue;  // another one at each place
      std::string changed = text;
      changed[at] = byte;
      const std::optional<Schema> schema = parse(changed);
      if (!schema) continue;
      ++still_read;
      REQUIRE(parse(format_schema(*schema)) == schema);
    }
  }
  CHECK(still_read > 0);
}
