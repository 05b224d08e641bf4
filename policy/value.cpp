#include "policy/value.hpp"

#include <algorithm>

namespace tenancy::policy {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// A decimal number without superfluous zeros: 12.50 is 12 and 5.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
};

std::optional<Decimal> decimal(std::string_view text) {
  Decimal number;
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t dot = text.find('.');
  number.whole = text.substr(0, dot);
  if (dot != std::string_view::npos) number.fraction = text.substr(dot + 1);
  if (number.whole.empty() && number.fraction.empty()) return std::nullopt;
  if (!std::all_of(number.whole.begin(), number.whole.end(), is_digit) ||
      !std::all_of(number.fraction.begin(), number.fraction.end(), is_digit)) {
    return std::nullopt;
  }
  number.whole.remove_prefix(std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  const std::size_t last = number.fraction.find_last_not_of('0');
  number.fraction = number.fraction.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (number.whole.empty() && number.fraction.empty()) number.negative = false;  // -0
  return number;
}

std::strong_ordering order(const Decimal &a, const Decimal &b) {
  if (a.negative != b.negative) {
    return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  std::strong_ordering magnitude = a.whole.size() <=> b.whole.size();
  if (magnitude == 0) magnitude = a.whole <=> b.whole;
  if (magnitude == 0) magnitude = a.fraction <=> b.fraction;
  return a.negative ? 0 <=> magnitude : magnitude;
}

std::optional<bool> boolean(std::string_view text) {
  if (text == "true" || text == "t") return true;
  if (text == "false" || text == "f") return false;
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char &c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

}  // namespace

Truth negate(Truth truth) {
  return truth == Truth::unknown ? truth : truth == Truth::yes ? Truth::no : Truth::yes;
}

Truth both(Truth a, Truth b) {
  return std::min(a, b);
}

Truth either(Truth a, Truth b) {
  return std::max(a, b);
}

std::optional<std::strong_ordering> compare(std::string_view a, std::string_view b,
                                            const ComparedAs &as) {
  switch (as.type_class) {
    case TypeClass::integer:
    case TypeClass::number: {
      const std::optional<Decimal> left = decimal(a);
      const std::optional<Decimal> right = decimal(b);
      if (!left || !right) return std::nullopt;
      return order(*left, *right);
    }
    case TypeClass::boolean: {
      const std::optional<bool> left = boolean(a);
      const std::optional<bool> right = boolean(b);
      if (!left || !right) return std::nullopt;
      return *left <=> *right;
    }
    case TypeClass::enumeration: {
      if (as.labels == nullptr) return std::nullopt;
      const auto left = std::find(as.labels->begin(), as.labels->end(), a);
      const auto right = std::find(as.labels->begin(), as.labels->end(), b);
      if (left == as.labels->end() || right == as.labels->end()) return std::nullopt;
      return left <=> right;
    }
    case TypeClass::uuid:
      return lower(a) <=> lower(b);
    case TypeClass::text:
    case TypeClass::date:
    case TypeClass::timestamp:
      return a <=> b;
    case TypeClass::other:
      break;
  }
  return std::nullopt;
}

std::optional<Truth> holds(const Value &a, std::string_view comparator, const Value &b,
                           const ComparedAs &as) {
  if (!a || !b) return Truth::unknown;
  const std::optional<std::strong_ordering> found = compare(*a, *b, as);
  if (!found) return std::nullopt;
  if (comparator == "=") return truth(*found == 0);
  if (comparator == "<>") return truth(*found != 0);
  if (comparator == "<") return truth(*found < 0);
  if (comparator == "<=") return truth(*found <= 0);
  if (comparator == ">") return truth(*found > 0);
  if (comparator == ">=") return truth(*found >= 0);
  return std::nullopt;
}

TypeClass guess_type(std::string_view text) {
  if (text == "true" || text == "false") return TypeClass::boolean;
  return decimal(text) ? TypeClass::number : TypeClass::text;
}

}  // namespace tenancy::policy
