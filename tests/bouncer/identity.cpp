#include "identity.hpp"

#include <fstream>
#include <sstream>

namespace bouncer {
namespace {

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

}  // namespace

std::vector<Identity> read_identities(const std::string &file) {
  std::vector<Identity> identities;
  std::ifstream lines{file};
  for (std::string line; std::getline(lines, line);) {
    const auto fields = split(line, '|');
    if (fields.size() != 7) continue;
    const auto documents = split(fields[4], ',');
    identities.push_back({fields[0],
                          fields[1],
                          fields[2],
                          fields[3],
                          {documents.begin(), documents.end()},
                          fields[5],
                          fields[6]});
  }
  return identities;
}

}  // namespace bouncer
