#include "core/redact.hpp"

#include <algorithm>
#include <array>

namespace tenancy {
namespace {

using namespace std::literals;

// Shorter ones are no header and no claims: {"alg":"x"} takes 15 characters, {"a":1} ten.
constexpr std::size_t min_segment = 10;

bool is_base64url(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

std::size_t segment_end(std::string_view text, std::size_t from) noexcept {
  while (from < text.size() && is_base64url(text[from])) ++from;
  return from;
}

// What a header encodes to: a brace, then a quotation mark or white space. Letters before it in the
// same run (x=, or a name that somebody glued to it) do not hide it.
bool begins_object(std::string_view text) noexcept {
  constexpr std::array openings{"eyI"sv, "eyJ"sv, "eyA"sv, "ewo"sv, "ew0"sv, "ewk"sv};
  return std::any_of(openings.begin(), openings.end(),
                     [&](std::string_view opening) { return text.starts_with(opening); });
}

struct Place {
  std::size_t begin;
  std::size_t end;  // begin where there is none
};

// The next place at or after from. A header alone, followed by a dot, is enough: what a caller cut
// off or mistyped is still a secret.
Place next_place(std::string_view text, std::size_t from) noexcept {
  while (from < text.size()) {
    if (!is_base64url(text[from])) {
      ++from;
      continue;
    }
    const std::size_t header_end = segment_end(text, from);
    for (std::size_t begin = from; begin + min_segment <= header_end; ++begin) {
      if (!begins_object(text.substr(begin, header_end - begin))) continue;
      if (header_end == text.size() || text[header_end] != '.') break;
      std::size_t end = header_end;
      while (end < text.size() && text[end] == '.') end = segment_end(text, end + 1);
      if (end - header_end > min_segment) return {begin, end};
      break;
    }
    from = header_end;
  }
  return {text.size(), text.size()};
}

}  // namespace

std::size_t redact_tokens(std::span<char> text) noexcept {
  const std::string_view view(text.data(), text.size());
  std::size_t found = 0;
  for (Place place = next_place(view, 0); place.begin < place.end;
       place = next_place(view, place.end)) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(place.begin),
              text.begin() + static_cast<std::ptrdiff_t>(place.end), '*');
    ++found;
  }
  return found;
}

bool has_token(std::string_view text) noexcept {
  const Place place = next_place(text, 0);
  return place.begin < place.end;
}

}  // namespace tenancy
