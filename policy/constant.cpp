#include "policy/constant.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <regex>

namespace tenancy::policy {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view kind_of(const Operand &constant) {
  return constant.kind == Operand::Kind::text     ? "text"
         : constant.kind == Operand::Kind::number ? "a number"
                                                  : "a truth value";
}

std::string shown(const Operand &constant) {
  return constant.kind == Operand::Kind::text ? "'" + constant.text + "'" : constant.text;
}

Misfit wrong_kind(const Operand &constant, std::string_view type, std::string help) {
  return {fmt::format("{} is {}, where {} is asked for", shown(constant), kind_of(constant), type),
          std::move(help)};
}

Misfit integer(const Operand &constant, std::string_view type) {
  if (constant.kind != Operand::Kind::number) {
    const bool quoted = all_digits(constant.text) ||
                        (constant.text.starts_with('-') && all_digits(constant.text.substr(1)));
    return wrong_kind(
        constant, type,
        quoted ? fmt::format("write {}, without quotes", constant.text) : "write a whole number");
  }
  if (constant.text.find('.') != std::string::npos) {
    return {fmt::format("no {} equals {}", type, constant.text), "write a whole number"};
  }
  const long long largest = type == "smallint"  ? 32767LL
                            : type == "integer" ? 2147483647LL
                                                : 9223372036854775807LL;
  long long value = 0;
  const char *end = constant.text.data() + constant.text.size();
  const auto read = std::from_chars(constant.text.data(), end, value);
  if (read.ec != std::errc{} || read.ptr != end || value > largest || value < -largest - 1) {
    return {fmt::format("{} is out of the range of {}", constant.text, type),
            fmt::format("{} is at most {}", type, largest)};
  }
  return {};
}

bool is_date(const std::string &year, const std::string &month, const std::string &day) {
  const std::chrono::year_month_day date{
      std::chrono::year(std::stoi(year)),
      std::chrono::month(static_cast<unsigned>(std::stoi(month))),
      std::chrono::day(static_cast<unsigned>(std::stoi(day)))};
  return date.ok();
}

bool is_infinite(const Operand &constant) {
  return constant.kind == Operand::Kind::text &&
         (constant.text == "infinity" || constant.text == "-infinity");
}

Misfit date(const Operand &constant) {
  if (is_infinite(constant)) return {};
  static const std::regex form("([0-9]{4})-([0-9]{2})-([0-9]{2})");
  std::smatch parts;
  if (constant.kind == Operand::Kind::text && std::regex_match(constant.text, parts, form) &&
      is_date(parts[1], parts[2], parts[3])) {
    return {};
  }
  return {
      fmt::format("{} is no date", shown(constant)),
      "write '2026-01-31'; words like 'today' would mean the day on which the policy is applied"};
}

Misfit timestamp(const Operand &constant, std::string_view type) {
  if (is_infinite(constant)) return {};
  static const std::regex form(
      "([0-9]{4})-([0-9]{2})-([0-9]{2})[ "
      "T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?"
      "(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?");
  std::smatch parts;
  const bool good = constant.kind == Operand::Kind::text &&
                    std::regex_match(constant.text, parts, form) &&
                    is_date(parts[1], parts[2], parts[3]);
  const bool zoned = type.find("with time zone") != std::string_view::npos;
  if (!good) {
    return {fmt::format("{} is no point in time", shown(constant)),
            zoned
                ? "write '2026-01-31 12:00:00+00'; words like 'now' would mean the time at which "
                  "the policy is applied"
                : "write '2026-01-31 12:00:00'; words like 'now' would mean the time at which the "
                  "policy is applied"};
  }
  if (parts[7].matched != zoned) {
    return {zoned ? fmt::format("{} means another time to each time zone", shown(constant))
                  : fmt::format("the offset of {} would be ignored", shown(constant)),
            zoned ? "say how far it is from UTC: '2026-01-31 12:00:00+00'" : "leave it out"};
  }
  return {};
}

Misfit text(const Operand &constant, std::string_view type) {
  if (constant.kind != Operand::Kind::text) {
    return wrong_kind(constant, type, fmt::format("write '{}'", constant.text));
  }
  const std::size_t length = length_of(type);
  if (length > 0 && count_characters(constant.text) > length) {
    return {
        fmt::format("no {} holds a text of {} characters", type, count_characters(constant.text)),
        fmt::format("write at most {}", length)};
  }
  return {};
}

}  // namespace

std::size_t length_of(std::string_view type) {
  std::size_t length = 0;
  const std::size_t open = type.find('(');
  if (open != std::string_view::npos && type.starts_with("character")) {
    std::from_chars(type.data() + open + 1, type.data() + type.size(), length);
  }
  return length;
}

Misfit misfit(const Operand &constant, TypeClass type_class, std::string_view type,
              const std::vector<std::string> &labels) {
  switch (type_class) {
    case TypeClass::boolean:
      if (constant.kind == Operand::Kind::boolean) return {};
      return wrong_kind(constant, type, "write true or false, without quotes");
    case TypeClass::integer:
      return integer(constant, type);
    case TypeClass::number:
      if (constant.kind == Operand::Kind::number) return {};
      return wrong_kind(constant, type, "write a number, without quotes");
    case TypeClass::text:
      return text(constant, type);
    case TypeClass::uuid: {
      static const std::regex form(
          "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
      if (constant.kind == Operand::Kind::text && std::regex_match(constant.text, form)) return {};
      return {fmt::format("{} is no uuid", shown(constant)),
              "write '00000000-0000-4000-8000-000000000000'"};
    }
    case TypeClass::date:
      return date(constant);
    case TypeClass::timestamp:
      return timestamp(constant, type);
    case TypeClass::enumeration:
      if (constant.kind != Operand::Kind::text) {
        return wrong_kind(constant, type, fmt::format("write '{}'", constant.text));
      }
      if (std::find(labels.begin(), labels.end(), constant.text) == labels.end()) {
        return {fmt::format("{} has no value {}", type, shown(constant)),
                suggest(constant.text, labels)};
      }
      return {};
    case TypeClass::other:
      break;
  }
  return {fmt::format("a value of type {} is not compared in a condition", type),
          "test it for null, or let a generated column hold what is asked"};
}

}  // namespace tenancy::policy
