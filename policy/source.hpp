// The text of a policy, and where in it things are.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tenancy::policy {

inline constexpr std::size_t max_source_size = 1 << 20;  // bytes, of one file

// A piece of the text: byte offsets, end not included.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Where a person looks: lines and columns count from 1, columns in characters.
struct Position {
  std::size_t line;
  std::size_t column;
};

// A policy: its file, and those that it includes. Their texts follow each other in one, so that an
// offset alone says which file, which line and which column are meant.
class Source {
 public:
  Source(std::string path, std::string text);

  // Throws as read_file() does.
  static Source read(const std::string &path, std::size_t limit = max_source_size);

  // Adds an included file, by the name with which it is to be shown. Returns its number.
  std::size_t add(std::string path, std::string text);

  std::size_t files() const { return files_.size(); }
  const std::string &path() const { return files_.front().path; }  // of the first, as given
  const std::string &path_at(std::size_t offset) const { return file_at(offset).path; }
  const std::string &name() const { return files_.front().name; }  // of it, without directories
  // The same of the file that holds the offset; of an included one, as the first would write it.
  const std::string &name_at(std::size_t offset) const { return file_at(offset).name; }
  Span extent(std::size_t file) const { return files_.at(file).extent; }
  const std::string &text() const { return text_; }  // all of it

  // The text as a record of the policy: that of the only file, else each under its name.
  std::string record() const;

  Position position(std::size_t offset) const;  // offset <= text().size()
  // Where `other` is, for a message that stands at `offset`: `line 7`, `tables/x.yaml:7`.
  std::string place(std::size_t other, std::size_t offset) const;
  std::size_t line_of(Span span) const { return position(span.begin).line; }
  // The line that holds the offset, without its line end.
  std::string_view line_at(std::size_t offset) const;

 private:
  struct File {
    std::string path;
    std::string name;
    Span extent;
  };
  const File &file_at(std::size_t offset) const;
  std::size_t line_start(std::size_t offset) const;

  std::vector<File> files_;
  std::string text_;
  std::vector<std::size_t> starts_;  // of each line
};

// The text of a file. Throws std::runtime_error if it cannot be read or is larger than limit bytes.
std::string read_file(const std::string &path, std::size_t limit = max_source_size);

// The length of the UTF-8 sequence at the head of text (RFC 3629); 0 if there is none. REQUIRES:
// text is not empty.
std::size_t utf8_length(std::string_view text);

// Whether a UTF-8 sequence is a C1 control, a line separator or a mark that reverses text: with it,
// what is read is not what is there.
bool is_invisible(std::string_view character);

// The number of characters in UTF-8 text.
std::size_t count_characters(std::string_view text);

}  // namespace tenancy::policy
