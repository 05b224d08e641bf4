// The text of a policy file, and where in it things are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenancy::policy {

inline constexpr std::size_t max_source_size = 1 << 20;  // bytes

// A piece of the text: byte offsets, end not included.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Where a person looks: both count from 1, columns in characters.
struct Position {
  std::size_t line;
  std::size_t column;
};

class Source {
 public:
  Source(std::string path, std::string text);

  // Throws std::runtime_error if the file cannot be read or is larger than max_source_size.
  static Source read(const std::string &path);

  const std::string &path() const { return path_; }  // as given
  std::string name() const;                          // without directories
  const std::string &text() const { return text_; }

  Position position(std::size_t offset) const;  // offset <= text().size()
  std::size_t line_of(Span span) const { return position(span.begin).line; }
  std::string_view line(std::size_t number) const;  // without its line end; 1 <= number

 private:
  std::string path_;
  std::string text_;
  std::vector<std::size_t> starts_;  // of each line
};

// The length of the UTF-8 sequence at the head of text (RFC 3629); 0 if there is none. REQUIRES:
// text is not empty.
std::size_t utf8_length(std::string_view text);

// Whether a UTF-8 sequence is a C1 control, a line separator or a mark that reverses text: with it,
// what is read is not what is there.
bool is_invisible(std::string_view character);

// The number of characters in UTF-8 text.
std::size_t count_characters(std::string_view text);

}  // namespace tenancy::policy
