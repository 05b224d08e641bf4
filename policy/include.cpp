#include "policy/include.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

namespace fs = std::filesystem;

class FileReader {
 public:
  FileReader(Source &source, Diagnostics &diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  FileTrees read() {
    std::error_code ignored;
    const fs::path first = fs::path(source_.path()).lexically_normal();
    folder_ = first.parent_path();
    real_folder_ = fs::weakly_canonical(fs::absolute(first).parent_path(), ignored);
    named_.emplace(fs::weakly_canonical(first, ignored), Named{{0, 1}, true});
    tree(0, first, 0);
    return std::move(trees_);
  }

 private:
  struct Named {
    Span by;    // the word that named it
    bool open;  // what it includes is being read
  };

  void refuse(const char *name, std::string message, Span span, std::string help) {
    trees_.complete = false;
    diagnostics_.error(name, std::move(message), span, std::move(help));
  }

  void tree(std::size_t file, const fs::path &path, std::size_t depth) {
    std::optional<Node> root = read_yaml(source_, diagnostics_, file);
    if (!root) {
      trees_.complete = false;
      return;
    }
    std::vector<ast::Name> names;
    for (const Member &member : root->members) {
      if (member.key.text == "include" && member.value.kind != Node::Kind::refused) {
        names = include_list(member.value);
      }
    }
    trees_.roots.push_back(std::move(*root));
    for (const ast::Name &name : names) include(name, path.parent_path(), depth + 1);
  }

  std::vector<ast::Name> include_list(const Node &node) {
    std::vector<ast::Name> names;
    if (node.kind != Node::Kind::sequence || node.items.empty()) {
      refuse("structure", "include is a list of files", node.span,
             "write [tables/billing.yaml, ...], or leave it out");
      return names;
    }
    for (const Node &item : node.items) {
      const auto name = read_name(item, "an included file", diagnostics_);
      if (name) {
        names.push_back(*name);
      } else {
        trees_.complete = false;
      }
    }
    return names;
  }

  void include(const ast::Name &name, const fs::path &folder, std::size_t depth) {
    const bool control = std::any_of(name.text.begin(), name.text.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    if (control) {
      return refuse("include-path", "this names no file", name.span, "write a relative path");
    }
    if (fs::path(name.text).is_absolute()) {
      return refuse("include-path", "an absolute path, which another machine does not have",
                    name.span, "write it relative to this file");
    }
    const fs::path path = (folder / name.text).lexically_normal();
    std::error_code failure;
    const fs::path real = fs::weakly_canonical(path, failure);
    if (failure) {
      return refuse("include-unreadable",
                    fmt::format("cannot read \"{}\": {}", path.string(), failure.message()),
                    name.span, "write a path relative to this file");
    }
    if (!is_inside(path, folder_) || !is_inside(real, real_folder_)) {
      return refuse(
          "include-path", "this file is outside of the folder of the first one", name.span,
          "a policy is one folder that can be reviewed as a whole: move the file into it");
    }
    const auto [known, is_new] = named_.emplace(real, Named{name.span, true});
    if (!is_new) return refuse_again(name, known->second);
    if (depth > max_include_depth) {
      return refuse("include-limit", "includes within includes, too deeply", name.span,
                    fmt::format("at most {} levels: include it further up", max_include_depth));
    }
    if (source_.files() == max_files) {
      return refuse("include-limit", "too many files", name.span,
                    fmt::format("at most {} make a policy", max_files));
    }
    std::string text;
    try {
      if (fs::exists(real) && !fs::is_regular_file(real)) {
        throw std::runtime_error(fmt::format("\"{}\" is no regular file", path.string()));
      }
      text = read_file(path.string());
    } catch (const std::runtime_error &error) {
      return refuse("include-unreadable", error.what(), name.span,
                    "write a path relative to this file");
    }
    if (source_.text().size() + text.size() > max_total_size) {
      return refuse("include-limit", "the files together are too large", name.span,
                    fmt::format("at most {} MiB make a policy", max_total_size >> 20));
    }
    tree(source_.add(path.string(), std::move(text)), path, depth);
    known->second.open = false;
  }

  static bool is_inside(const fs::path &path, const fs::path &folder) {
    const fs::path within = path.lexically_relative(folder);
    return !within.empty() && *within.begin() != "..";
  }

  void refuse_again(const ast::Name &name, const Named &earlier) {
    if (earlier.open) {
      return refuse("include-cycle",
                    fmt::format("\"{}\" includes itself by way of this", name.text), name.span,
                    "remove this line: an included file sees all names of the whole policy");
    }
    refuse("duplicate-include",
           fmt::format("\"{}\" is included in {} already", name.text,
                       source_.place(earlier.by.begin, name.span.begin)),
           name.span, "remove one: an included file counts for the whole policy");
  }

  Source &source_;
  Diagnostics &diagnostics_;
  fs::path folder_;       // of the first file, as named
  fs::path real_folder_;  // the same without links
  std::map<fs::path, Named> named_;
  FileTrees trees_;
};

}  // namespace

FileTrees read_files(Source &source, Diagnostics &diagnostics) {
  return FileReader(source, diagnostics).read();
}

}  // namespace tenancy::policy
