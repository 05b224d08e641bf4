#include "core/json.hpp"

#include <jansson.h>

#include <array>
#include <charconv>
#include <new>

namespace tenancy {
namespace {

// What the parser allocates at most, in bytes, for what a character begins: 64 bits, with what
// malloc adds and what a table that has just grown holds free.
std::size_t memory_of(char c) noexcept {
  switch (c) {
    case '{':
      return 224;
    case '[':
      return 128;
    case '"':
      return 80;  // and its length
    case ':':
      return 40;
    case ',':
      return 24;
    default:
      return 0;
  }
}

constexpr std::size_t number_memory = 32;

// Whether brackets nest no deeper than max_json_depth and all values take no more than max_memory.
// Exact, or too much, up to the first syntax error, where the parser stops.
bool is_bounded(std::string_view text, std::size_t max_memory) noexcept {
  int depth = 0;
  std::size_t memory = 0;
  bool in_string = false;
  bool in_number = false;
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (in_string) {
      memory++;
      if (c == '\\') i++;
      if (c == '"') in_string = false;
      continue;
    }
    in_string = c == '"';
    memory += memory_of(c);
    const bool numeric = c == '-' || (c >= '0' && c <= '9');
    if (numeric && !in_number) memory += number_memory;
    in_number = numeric;
    if (c == '{' || c == '[') {
      if (++depth > max_json_depth) return false;
    } else if (c == '}' || c == ']') {
      depth--;
    }
  }
  return memory <= max_memory;
}

template <class Number>
void append_number(std::string &out, Number number) {
  std::array<char, 32> text;  // the longest: -2.2250738585072014e-308
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out.append(text.data(), end);
}

}  // namespace

JsonType Json::type() const noexcept {
  if (value_ == nullptr) return JsonType::absent;
  switch (json_typeof(value_)) {
    case JSON_OBJECT:
      return JsonType::object;
    case JSON_ARRAY:
      return JsonType::array;
    case JSON_STRING:
      return JsonType::string;
    case JSON_INTEGER:
      return JsonType::integer;
    case JSON_REAL:
      return JsonType::real;
    case JSON_TRUE:
    case JSON_FALSE:
      return JsonType::boolean;
    case JSON_NULL:
      break;
  }
  return JsonType::null;
}

std::string_view Json::string() const noexcept {
  return json_is_string(value_)
             ? std::string_view(json_string_value(value_), json_string_length(value_))
             : std::string_view();
}

std::int64_t Json::integer() const noexcept {
  return json_integer_value(value_);
}
double Json::real() const noexcept {
  return json_real_value(value_);
}
bool Json::boolean() const noexcept {
  return json_is_true(value_);
}

std::size_t Json::size() const noexcept {
  return json_array_size(value_);
}

Json Json::operator[](std::size_t index) const noexcept {
  return Json(json_array_get(value_, index));
}

Json Json::operator[](std::string_view name) const noexcept {
  return Json(json_object_getn(value_, name.data(), name.size()));
}

std::vector<JsonMember> Json::members() const {
  std::vector<JsonMember> members;
  auto *const object = const_cast<json_t *>(value_);  // jansson iterates over non-const only
  members.reserve(json_object_size(object));
  for (void *i = json_object_iter(object); i != nullptr; i = json_object_iter_next(object, i)) {
    members.push_back(
        {{json_object_iter_key(i), json_object_iter_key_len(i)}, Json(json_object_iter_value(i))});
  }
  return members;
}

void JsonDocument::Release::operator()(json_t *value) const noexcept {
  json_decref(value);
}

std::optional<JsonDocument> JsonDocument::parse(std::string_view text, std::size_t max_memory,
                                                ZeroCharacter zero) {
  // The parser swallows a zero byte after a number.
  if (text.find('\0') != text.npos || !is_bounded(text, max_memory)) return std::nullopt;
  json_error_t error{};
  const std::size_t flags =
      JSON_REJECT_DUPLICATES | (zero == ZeroCharacter::allowed ? JSON_ALLOW_NUL : 0);
  json_t *const root = json_loadb(text.data(), text.size(), flags, &error);
  if (root == nullptr) {
    // Some paths of the parser that lack memory give no error at all.
    if (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory) {
      throw std::bad_alloc();
    }
    return std::nullopt;
  }
  JsonDocument document(root);
  if (!document.root().is(JsonType::object)) return std::nullopt;
  return document;
}

bool has_control_character(std::string_view text) noexcept {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0)) return true;
    before = byte;
  }
  return false;
}

void append_json(std::string &out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json(std::string &out, Json value) {
  const char *separator = "";
  switch (value.type()) {
    case JsonType::absent:
    case JsonType::null:
      out += "null";
      break;
    case JsonType::boolean:
      out += value.boolean() ? "true" : "false";
      break;
    case JsonType::integer:
      append_number(out, value.integer());
      break;
    case JsonType::real: {
      const std::size_t start = out.size();
      append_number(out, value.real());
      if (out.find_first_of(".e", start) == out.npos) out += ".0";  // still a real when read again
      break;
    }
    case JsonType::string:
      append_json(out, value.string());
      break;
    case JsonType::array:
      out += '[';
      for (std::size_t i = 0; i < value.size(); i++) {
        out += separator;
        append_json(out, value[i]);
        separator = ",";
      }
      out += ']';
      break;
    case JsonType::object:
      out += '{';
      for (const JsonMember &member : value.members()) {
        out += separator;
        append_json(out, member.name);
        out += ':';
        append_json(out, member.value);
        separator = ",";
      }
      out += '}';
      break;
  }
}

}  // namespace tenancy
