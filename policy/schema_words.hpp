// The words by which a schema file says what schema.hpp has as enumerations: one table for what
// writes and what reads.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "policy/schema.hpp"

namespace tenancy::policy {

template <class Value>
using Word = std::pair<std::string_view, Value>;

inline constexpr std::array<Word<TypeClass>, 9> type_class_words{
    {{"boolean", TypeClass::boolean},
     {"integer", TypeClass::integer},
     {"number", TypeClass::number},
     {"text", TypeClass::text},
     {"uuid", TypeClass::uuid},
     {"date", TypeClass::date},
     {"timestamp", TypeClass::timestamp},
     {"enumeration", TypeClass::enumeration},
     {"other", TypeClass::other}}};
inline constexpr std::array<Word<Generated>, 2> generated_words{
    {{"stored", Generated::stored}, {"virtual", Generated::computed}}};
inline constexpr std::array<Word<Identity>, 2> identity_words{
    {{"always", Identity::always}, {"by default", Identity::by_default}}};
inline constexpr std::array<Word<KeyKind>, 3> key_words{{{"primary key", KeyKind::primary},
                                                         {"unique", KeyKind::unique},
                                                         {"exclude", KeyKind::exclusion}}};
inline constexpr std::array<Word<ForeignAction>, 5> action_words{
    {{"no action", ForeignAction::no_action},
     {"restrict", ForeignAction::restrict},
     {"cascade", ForeignAction::cascade},
     {"set null", ForeignAction::set_null},
     {"set default", ForeignAction::set_default}}};
inline constexpr std::array<Word<RowSecurity>, 2> row_security_words{
    {{"enabled", RowSecurity::enabled}, {"forced", RowSecurity::forced}}};
inline constexpr std::array<Word<RoutineKind>, 4> routine_words{
    {{"function", RoutineKind::function},
     {"procedure", RoutineKind::procedure},
     {"aggregate", RoutineKind::aggregate},
     {"window", RoutineKind::window}}};
inline constexpr std::array<Word<Volatility>, 3> volatility_words{
    {{"immutable", Volatility::immutable},
     {"stable", Volatility::stable},
     {"volatile", Volatility::is_volatile}}};
inline constexpr std::array<Word<bool>, 2> security_words{{{"invoker", false}, {"definer", true}}};
inline constexpr std::array<Word<bool>, 1> foreign_words{{{"foreign", true}}};
inline constexpr std::array<Word<bool>, 1> materialized_words{{{"materialized", true}}};

// Empty for a value without a word.
template <class Value, std::size_t size>
constexpr std::string_view find_word(const std::array<Word<Value>, size> &words, Value value) {
  for (const auto &[word, each] : words) {
    if (each == value) return word;
  }
  return {};
}

constexpr std::string_view word_of(Generated v) {
  return find_word(generated_words, v);
}
constexpr std::string_view word_of(Identity v) {
  return find_word(identity_words, v);
}
constexpr std::string_view word_of(KeyKind v) {
  return find_word(key_words, v);
}
constexpr std::string_view word_of(ForeignAction v) {
  return find_word(action_words, v);
}
constexpr std::string_view word_of(RowSecurity v) {
  return find_word(row_security_words, v);
}
constexpr std::string_view word_of(RoutineKind v) {
  return find_word(routine_words, v);
}
constexpr std::string_view word_of(Volatility v) {
  return find_word(volatility_words, v);
}

}  // namespace tenancy::policy
