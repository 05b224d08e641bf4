#include "policy/schema_lines.hpp"

#include "policy/schema_words.hpp"

namespace tenancy::policy {

namespace {

// The value whose word stands next; else the first, and a failure.
template <class Value, std::size_t size>
Value read_word(SqlWords &words, const std::array<Word<Value>, size> &known) {
  for (const auto &[word, value] : known) {
    if (words.take(word)) return value;
  }
  words.expect(known.front().first);
  return known.front().second;
}

void read_generated(SqlWords &words, SchemaColumn &column) {
  const Identity identity = read_word(words, identity_words);
  words.expect("as");
  if (identity == Identity::by_default || !words.next_is('(')) {
    column.identity = identity;
    words.expect("identity");
  } else {
    column.generated_from = words.parenthesized();
    column.generated = read_word(words, generated_words);
  }
}

}  // namespace

SchemaColumn read_column(SqlWords &words) {
  SchemaColumn column;
  column.type = words.until({"collate nondeterministic", "not null", "generated", "default"});
  column.deterministic = !words.take("collate nondeterministic");
  column.not_null = words.take("not null");
  if (words.take("generated")) {
    read_generated(words, column);
  } else if (words.take("default")) {
    column.default_value = words.rest();
  }
  return column;
}

SchemaKey read_key(SqlWords &words) {
  SchemaKey key;
  key.kind = read_word(words, key_words);
  key.nulls_not_distinct = words.take("nulls not distinct");
  if (key.kind == KeyKind::exclusion) {
    words.expect("(");
    do {
      key.columns.push_back(words.take("()") ? std::string() : words.identifier());
      words.expect("with");
      key.operators.push_back(words.operator_name());
    } while (words.take(","));
    words.expect(")");
  } else {
    key.columns = words.columns();
  }
  key.without_overlaps = words.take("without overlaps");
  key.deferrable = words.take("deferrable");
  return key;
}

SchemaForeignKey read_foreign_key(SqlWords &words) {
  SchemaForeignKey key;
  key.columns = words.columns();
  words.expect("references");
  key.referenced = words.qualified();
  key.referenced_columns = words.columns();
  key.period = words.take("period");
  key.match_full = words.take("match full");
  if (words.take("on update")) key.on_update = read_word(words, action_words);
  if (words.take("on delete")) {
    key.on_delete = read_word(words, action_words);
    if (words.next_is('(')) key.delete_columns = words.columns();
  }
  key.validated = !words.take("not valid");
  return key;
}

SchemaIndex read_index(SqlWords &words) {
  SchemaIndex index;
  index.unique = words.take("unique");
  index.method = words.identifier();
  words.expect("(");
  do {
    IndexElement &element = index.elements.emplace_back();
    if (words.next_is('(')) {
      element.expression = words.parenthesized();
    } else {
      element.column = words.identifier();
    }
  } while (words.take(","));
  words.expect(")");
  if (words.take("include")) index.include = words.columns();
  index.nulls_not_distinct = words.take("nulls not distinct");
  index.valid = !words.take("invalid");
  if (words.take("where")) index.where = words.rest();
  return index;
}

}  // namespace tenancy::policy
