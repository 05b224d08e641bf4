// Values of rows, compared as PostgreSQL compares them, without a server.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/schema.hpp"

namespace tenancy::policy {

// Of SQL: a comparison with null is neither true nor false.
enum class Truth { no, unknown, yes };

Truth negate(Truth truth);
Truth both(Truth a, Truth b);
Truth either(Truth a, Truth b);
inline Truth truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

// Null, or what PostgreSQL prints for it: 12.50, true, 2026-11-25.
using Value = std::optional<std::string>;

// What two values are compared as. labels: of an enumeration, in its order.
struct ComparedAs {
  TypeClass type_class = TypeClass::text;
  const std::vector<std::string> *labels = nullptr;
};

// How a stands to b; nothing if one of them is no value of the type. Integers and numbers are
// exact at any length. Texts are compared by their bytes (collation C); dates and timestamps as
// they are printed with ISO 8601, all in one time zone.
std::optional<std::strong_ordering> compare(std::string_view a, std::string_view b,
                                            const ComparedAs &as);

// Whether `a comparator b` holds, comparator being one of = <> < <= > >=. Nothing if a or b is no
// value of the type.
std::optional<Truth> holds(const Value &a, std::string_view comparator, const Value &b,
                           const ComparedAs &as);

// What a text is when no schema says it: true and false boolean, decimal numbers a number, the
// rest a text.
TypeClass guess_type(std::string_view text);

}  // namespace tenancy::policy
