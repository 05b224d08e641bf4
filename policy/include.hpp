// A policy's files: the first, and those that `include:` names, as trees.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/source.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

inline constexpr std::size_t max_files = 1000;
inline constexpr std::size_t max_include_depth = 8;
inline constexpr std::size_t max_total_size = 16 << 20;  // bytes, of all files

struct FileTrees {
  std::vector<Node> roots;  // in the order of the source
  bool complete = true;     // false: some file could not be read, which is reported
};

// Reads the files that the source's first one includes into the source, depth first. Refused: what
// lies outside of the first file's folder, by its name or by a link; a file named twice; a cycle.
FileTrees read_files(Source &source, Diagnostics &diagnostics);

}  // namespace tenancy::policy
