#include "policy/live/accepted.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/reader.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

namespace {

bool is_check(const std::string &name) {
  return name.starts_with("pool-") ||
         std::any_of(checks().begin(), checks().end(),
                     [&](const Check &each) { return each.name == name; });
}

}  // namespace

std::vector<Accepted> read_accepted(const Source &source, Diagnostics &diagnostics) {
  std::vector<Accepted> out;
  const std::optional<Node> root = read_yaml(source, diagnostics);
  if (!root) return out;
  MappingReader top(*root, "a file of accepted findings", {"accept"}, diagnostics);
  const Node *list = top ? top.require("accept") : nullptr;
  if (list == nullptr) return out;
  if (list->kind != Node::Kind::sequence) {
    diagnostics.error("structure", "accept is no list", list->span,
                      "write \"- { check: ..., object: ..., reason: ... }\" for each finding");
    return out;
  }
  for (const Node &item : list->items) {
    MappingReader entry(item, "an accepted finding", {"check", "object", "reason"}, diagnostics);
    if (!entry) continue;
    const auto read = [&](const char *key) -> std::optional<ast::Name> {
      const Node *node = entry.require(key);
      return node == nullptr ? std::nullopt : read_name(*node, key, diagnostics);
    };
    const auto check = read("check");
    const auto object = read("object");
    const auto reason = read("reason");
    if (!check || !object || !reason) continue;
    if (!is_check(check->text)) {
      std::vector<std::string> names;
      for (const Check &each : checks()) names.emplace_back(each.name);
      diagnostics.error("unknown-check", fmt::format("there is no check \"{}\"", check->text),
                        check->span, suggest(check->text, names));
      continue;
    }
    out.push_back({check->text, object->text, reason->text, object->span});
  }
  return out;
}

std::size_t take_accepted(Findings &findings, const std::vector<Accepted> &accepted,
                          Diagnostics &diagnostics) {
  std::size_t taken = 0;
  for (const Accepted &each : accepted) {
    const std::size_t here = std::erase_if(findings.all, [&](const LiveFinding &found) {
      return found.check == each.check && found.object == each.object;
    });
    if (here == 0) {
      diagnostics.warning("unused-acceptance",
                          fmt::format("nothing is found of {} on {}", each.check, each.object),
                          each.span, "take it out, so that it does not hide what comes later");
    }
    taken += here;
  }
  return taken;
}

}  // namespace tenancy::policy
