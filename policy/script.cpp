#include "policy/script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/sha256.hpp"

namespace tenancy::policy {

namespace {

// No name and no text of a policy holds these: its reader refuses control characters.
constexpr char note_begin = '\x01';
constexpr char note_end = '\x02';

constexpr std::string_view rule_line =
    "--------------------------------------------------------------------------------------------"
    "--------\n";

// A name of the database may hold a line end, after which psql would take what follows for a
// statement, or for a command of its own.
std::string in_one_line(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return out;
}

void print_comment(std::string &out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += fmt::format("-- {}\n", in_one_line(text.substr(0, end)));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

void print_statement(std::string &out, const Statement &statement) {
  out += fmt::format("\n{}-- {}.{}\n\n", rule_line, in_one_line(statement.title),
                     statement.reference.empty() ? "" : " " + statement.reference);
  out += statement.sql;
  if (statement.generates) out += "\\gexec\n";
  if (!statement.comments.empty()) out += "\n" + statement.comments;
}

std::string print_prepare(const Script &script) {
  std::string out = R"(
-- Prepare: run it with psql beside the application, outside of a transaction. What is there already
-- is passed over, so it may be run again, also after it was broken off. \gexec runs what the query
-- before it gives.

\set ON_ERROR_STOP on
set search_path = pg_catalog, pg_temp;
set client_min_messages = notice;
)";

  for (const Statement &statement : script.statements) {
    if (statement.phase != Phase::prepare) continue;
    print_statement(out, statement);
  }
  return out + "\nreset search_path;\nreset client_min_messages;\n";
}

std::string print_enforce(const Script &script) {
  std::string out = fmt::format(
      R"(
begin;
set local search_path = pg_catalog, pg_temp;
set local client_min_messages = {};
set local lock_timeout = '5s';
)",
      script.removes ? "notice" : "warning");
  for (const Statement &statement : script.statements) {
    if (statement.phase == Phase::enforce) print_statement(out, statement);
  }
  return out + "\ncommit;\n";
}

}  // namespace

std::string print(const Script &script, bool prepare, bool enforce) {
  std::string out = fmt::format(
      "-- {}: {} {} by pg_tenancy {}. Change that file, not this one.\n"
      "-- Apply it as the owner of the tables with BYPASSRLS, or as a superuser. It may be applied "
      "again.\n",
      script.application,
      script.removes ? "the removal of what was compiled from" : "compiled from", script.origin,
      TENANCY_VERSION);
  const bool prepares =
      std::any_of(script.statements.begin(), script.statements.end(),
                  [](const Statement &each) { return each.phase == Phase::prepare; });
  if (prepare && prepares) out += print_prepare(script);
  if (enforce) out += print_enforce(script);
  for (const std::string &remark : script.remarks) {
    out += "\n";
    print_comment(out, remark);
  }
  return out;
}

std::string note(std::string_view text) {
  return note_begin + std::string(text) + note_end;
}

std::string with_notes(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != note_begin && c != note_end; });
  return out;
}

std::string without_notes(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find(note_begin);
    out += text.substr(0, begin);
    if (begin == text.npos) break;
    text.remove_prefix(std::min(text.find(note_end, begin), text.size() - 1) + 1);
  }
  return out;
}

std::string hash_of(std::string_view text) {
  const std::optional<Digest> digest = sha256(text);
  if (!digest) throw std::runtime_error("the cryptographic library cannot compute SHA-256");
  std::string out;
  for (const std::uint8_t byte : *digest) out += fmt::format("{:02x}", byte);
  return out;
}

}  // namespace tenancy::policy
