#include <fmt/format.h>

#include <algorithm>

#include "policy/check.hpp"
#include "policy/truth.hpp"

namespace tenancy::policy {

namespace {

bool asks_less(const std::optional<Condition> &wide, const std::optional<Condition> &narrow) {
  return !wide || (narrow && implies(*narrow, *wide));
}

bool has_columns(const Grant &wide, const Grant &narrow) {
  if (!wide.columns) return true;
  return narrow.columns &&
         std::all_of(narrow.columns->begin(), narrow.columns->end(), [&](const std::string &each) {
           return std::find(wide.columns->begin(), wide.columns->end(), each) !=
                  wide.columns->end();
         });
}

bool covers(const Grant &wide, const Grant &narrow, const Table &table, const Model &model) {
  return wide.context == narrow.context && wide.verb == narrow.verb &&
         model.passes(table, narrow.role, wide.role) && has_columns(wide, narrow) &&
         asks_less(wide.rows, narrow.rows) && asks_less(wide.new_row, narrow.new_row);
}

// The grant of another rule that gives all that this one does. Of two that give the same, the first
// counts.
const Grant *cover_of(const Grant &grant, const Table &table, const Model &model) {
  for (const Grant &other : table.grants) {
    if (other.at == grant.at || !covers(other, grant, table, model)) continue;
    if (other.at < grant.at || !covers(grant, other, table, model)) return &other;
  }
  return nullptr;
}

// `line 12`, with its file where that is another.
std::string place(const Source &source, std::size_t at, std::size_t seen_from) {
  const std::string line = fmt::format("line {}", source.position(at).line);
  return source.name_at(at) == source.name_at(seen_from)
             ? line
             : fmt::format("{} of {}", line, source.name_at(at));
}

bool may_meet(const Grant &one, const Grant &other, const Table &table, const Model &model) {
  return model.passes(table, one.role, other.role) || model.passes(table, other.role, one.role);
}

// PostgreSQL joins the conditions on old rows, and those on new ones, each by itself: a row that
// one rule finds may become what only another one would make.
bool leads_on(const Grant &from, const Grant &to) {
  return !asks_less(to.rows, from.rows) && !asks_less(from.new_row, to.new_row);
}

void warn_joined(const Source &source, const Table &table, const Model &model,
                 Diagnostics &diagnostics) {
  std::vector<std::size_t> warned;
  for (const Grant &later : table.grants) {
    if (later.verb != Verb::update) continue;
    if (std::find(warned.begin(), warned.end(), later.at) != warned.end()) continue;
    for (const Grant &earlier : table.grants) {
      const bool own_words = later.new_row != later.rows || earlier.new_row != earlier.rows;
      if (earlier.at >= later.at || earlier.verb != Verb::update || !own_words ||
          earlier.context != later.context || !may_meet(earlier, later, table, model) ||
          !(leads_on(earlier, later) || leads_on(later, earlier))) {
        continue;
      }
      warned.push_back(later.at);
      diagnostics.warning(
          "joined-rules",
          fmt::format("whoever passes by this rule and by {} may turn the rows of one into what "
                      "the other lets them become",
                      place(source, earlier.at, later.at)),
          {later.at, later.at + 1},
          "let roles that nobody holds together have them, or a trigger compare old and new row");
      break;
    }
  }
}

}  // namespace

void check_covered(const Source &source, const ast::File &file, const Model &model,
                   Diagnostics &diagnostics) {
  for (std::size_t i = 0; i < file.tables.size(); ++i) {
    const Table &table = model.tables[i];
    warn_joined(source, table, model, diagnostics);
    for (const ast::Rule &rule : file.tables[i].rules) {
      const Grant *cover = nullptr;
      bool covered = true;
      for (const Grant &grant : table.grants) {
        if (grant.at != rule.span.begin) continue;
        const Grant *found = cover_of(grant, table, model);
        covered = covered && found != nullptr;
        if (cover == nullptr) cover = found;
      }
      if (!covered || cover == nullptr) continue;
      diagnostics.warning("covered-rule",
                          fmt::format("{} gives all that this rule does",
                                      place(source, cover->at, rule.span.begin)),
                          {rule.span.begin, rule.span.begin + 1},
                          "remove it, or let it say what is meant");
    }
  }
}

}  // namespace tenancy::policy
