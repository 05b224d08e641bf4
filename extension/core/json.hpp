// Strict JSON (RFC 8259), read-only. The only door to the JSON parser: nothing else may see it,
// since it and the PostgreSQL server export a function of the same name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct json_t;

namespace tenancy {

inline constexpr int max_json_depth = 32;

enum class JsonType : std::uint8_t { absent, null, boolean, integer, real, string, array, object };

struct JsonMember;

// A value inside a JsonDocument, valid as long as it. A member that is not there is a value of
// type absent, so that look-ups need no test of their own.
class Json {
 public:
  constexpr Json() noexcept = default;
  constexpr explicit Json(const json_t *value) noexcept : value_(value) {}

  JsonType type() const noexcept;
  bool exists() const noexcept { return value_ != nullptr; }
  bool is(JsonType wanted) const noexcept { return type() == wanted; }

  // The value; empty, false or zero if the type is another.
  std::string_view string() const noexcept;
  std::int64_t integer() const noexcept;
  double real() const noexcept;
  bool boolean() const noexcept;

  std::size_t size() const noexcept;                      // elements of an array, else 0
  Json operator[](std::size_t index) const noexcept;      // an element of an array
  Json operator[](std::string_view name) const noexcept;  // a member of an object
  std::vector<JsonMember> members() const;                // in the order of the text

 private:
  const json_t *value_ = nullptr;
};

// Whether \u0000 may stand in a string: never in what is to be trusted.
enum class ZeroCharacter : bool { refused, allowed };

struct JsonMember {
  std::string_view name;
  Json value;
};

class JsonDocument {
 public:
  JsonDocument() noexcept = default;  // its root is absent

  // Exactly one object, in UTF-8, at most max_json_depth deep, without duplicate members (also
  // not by way of escapes), without the character U+0000, integers within 64 bits, reals finite;
  // else nothing. Nor a text that could take more than max_memory bytes once parsed, which is known
  // before any of them is taken. Throws std::bad_alloc.
  static std::optional<JsonDocument> parse(
      std::string_view text, std::size_t max_memory = std::numeric_limits<std::size_t>::max(),
      ZeroCharacter zero = ZeroCharacter::refused);

  Json root() const noexcept { return Json(root_.get()); }

 private:
  struct Release {
    void operator()(json_t *value) const noexcept;
  };
  explicit JsonDocument(json_t *root) noexcept : root_(root) {}
  std::unique_ptr<json_t, Release> root_;
};

// Whether valid UTF-8 holds a character of U+0000 to U+001F or U+007F to U+009F. Names that come
// from a token may hold none: they reach logs and terminals.
bool has_control_character(std::string_view text) noexcept;

// Append text as a JSON string, a value as JSON text. No white space; members keep their order.
void append_json(std::string &out, std::string_view text);
void append_json(std::string &out, Json value);

}  // namespace tenancy
