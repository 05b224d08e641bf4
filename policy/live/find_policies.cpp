// Policies and defaults against the compiled ones. Both are read as the server prints them: the
// compiled ones are made on a temporary table of the same name and columns, which takes no lock on
// the live one and is rolled back.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/ident.hpp"
#include "policy/emit.hpp"
#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

struct LivePolicy {
  bool permissive = true;
  std::string command;  // of pg_policy
  std::string roles;    // `saas_app`, `public`
  std::string condition;
  std::string check;
  bool outside = false;  // for roles that the file leaves alone, and no other

  bool operator==(const LivePolicy &) const = default;
};

struct Guarded {
  std::map<std::string, LivePolicy> policies;   // by name
  std::map<std::string, std::string> defaults;  // by column
};

// By table.
std::map<std::string, Guarded> read_guarded(Inspection &in, const std::string &tables) {
  std::map<std::string, Guarded> out;
  std::vector<std::string> outside(in.declared.outside.begin(), in.declared.outside.end());
  const Rows policies = in.database.query(R"(
select p.polrelid, p.polname, p.polpermissive, p.polcmd,
       (select string_agg(case r.id when 0 then 'public' else quote_ident(pg_get_userbyid(r.id)) end, ', '
                          order by pg_get_userbyid(r.id)) from unnest(p.polroles) as r (id)),
       coalesce(pg_get_expr(p.polqual, p.polrelid), ''), coalesce(pg_get_expr(p.polwithcheck, p.polrelid), ''),
       (select bool_and(r.id <> 0 and pg_get_userbyid(r.id) = any ($2::name[])) from unnest(p.polroles) as r (id))
  from pg_policy p
 where p.polrelid = any ($1::oid[]))",
                                          {tables, write_text_array(outside)});
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const auto text = [&](std::size_t column) { return std::string(policies.at(i, column)); };
    out[text(0)].policies[text(1)] = {text(2) == "t", text(3), text(4),
                                      text(5),        text(6), text(7) == "t"};
  }
  const Rows defaults = in.database.query(R"(
select d.adrelid, a.attname, pg_get_expr(d.adbin, d.adrelid)
  from pg_attrdef d
  join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
 where d.adrelid = any ($1::oid[]))",
                                          {tables});
  for (std::size_t i = 0; i < defaults.size(); ++i) {
    out[std::string(defaults.at(i, 0))].defaults[std::string(defaults.at(i, 1))] =
        std::string(defaults.at(i, 2));
  }
  return out;
}

class Policies {
 public:
  explicit Policies(Inspection &inspection) : in_(inspection) {}

  void find() {
    std::vector<std::string> ids;
    for (const LiveTable &each : in_.tables) ids.push_back(each.id);
    for (const LiveTable &each : in_.partitions) ids.push_back(each.id);
    live_ = read_guarded(in_, write_text_array(ids));
    read_copies();
    can_compare_ = can_make_copies();
    for (const LiveTable &table : in_.tables) judge(table);
    if (!uncompared_.empty()) {
      in_.not_seen(fmt::format("whether policies and defaults are the compiled ones on {}: {}",
                               fmt::join(uncompared_, ", "), why_uncompared_));
    }
  }

 private:
  // The statement that makes an empty copy of each table.
  void read_copies() {
    const Rows rows = in_.database.query(R"(
select c.oid, format('create temporary table %I (%s)', c.relname,
         string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                           ' collate ' || quote_ident(n.nspname) || '.' || quote_ident(l.collname)), ', ' order by a.attnum))
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_collation l on l.oid = a.attcollation and a.attcollation <> 0
  left join pg_namespace n on n.oid = l.collnamespace
 where c.oid = any ($1::oid[])
 group by c.oid, c.relname)",
                                         {in_.managed});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      copies_[std::string(rows.at(i, 0))] = std::string(rows.at(i, 1));
    }
  }

  bool can_make_copies() {
    if (!in_.missing_roles.empty()) {
      why_uncompared_ = "context roles are missing";
    } else if (in_.may("select pg_is_in_recovery()")) {
      why_uncompared_ = "comparing needs a temporary table, which a standby cannot make";
    } else if (!in_.may("select has_database_privilege(current_database(), 'temporary')")) {
      why_uncompared_ = "comparing needs TEMP on the database";
    }
    return why_uncompared_.empty();
  }

  // What the compiled statements come to; nothing where that cannot be seen.
  std::optional<Guarded> compiled(const LiveTable &table) {
    if (!can_compare_) return std::nullopt;
    const std::string name = "pg_temp." + quote_identifier(table.plan->table->name.name);
    std::string script = copies_[table.id];
    for (const auto &[column, value] : table.plan->defaults) {
      script += fmt::format(";\nalter table {} alter column {} set default {}", name,
                            quote_identifier(column), value);
    }
    for (const PolicyStatement &each : emit_policies(*table.plan, in_.plan, in_.source, name)) {
      script += ";\n" + each.sql;
    }
    try {
      const Transaction transaction(in_.database, "read write");
      in_.database.execute(script);
      const Rows id = in_.database.query("select $1::regclass::oid", {name});
      return std::move(read_guarded(
          in_, write_text_array({std::string(id.at(0, 0))}))[std::string(id.at(0, 0))]);
    } catch (const DatabaseError &error) {
      if (!in_.database.is_open()) throw;
      why_uncompared_ = error.what();
      return std::nullopt;
    }
  }

  void judge(const LiveTable &table) {
    const std::optional<Guarded> wanted = compiled(table);
    if (!wanted) uncompared_.push_back(table.object);
    judge_policies(table, wanted, false);
    for (const LiveTable &partition : in_.partitions) {
      if (partition.plan == table.plan) judge_policies(partition, wanted, true);
    }
    if (table.enforced()) judge_defaults(table, wanted);
  }

  // A partition has its table's floors and nothing else, so that whoever names it sees no row.
  void judge_policies(const LiveTable &table, const std::optional<Guarded> &wanted,
                      bool partition) {
    const std::map<std::string, LivePolicy> &there = live_[table.id].policies;
    std::set<std::string> known;
    for (const PolicyStatement &each :
         emit_policies(*table.plan, in_.plan, in_.source, table.object)) {
      const bool floor = each.name.ends_with("_floor");
      if (partition && !floor) continue;
      known.insert(each.name);
      const auto found = there.find(each.name);
      const std::string object = on(each.name, table);
      if (found == there.end()) {
        in_.find(floor ? "floor-missing" : "policy-missing", object, "there is no such policy",
                 {Fix::Kind::sql, each.sql});
      } else if (wanted && found->second != wanted->policies.at(each.name)) {
        in_.find(
            floor ? "floor-altered" : "policy-altered", object,
            difference(found->second, wanted->policies.at(each.name)),
            {Fix::Kind::sql, fmt::format("begin;\ndrop policy {} on {};\n{}\ncommit;",
                                         quote_identifier(each.name), table.object, each.sql)});
      }
    }
    // Where the file only reports, what was there goes on.
    if (!table.enforced()) return;
    for (const auto &[name, policy] : there) {
      if (!known.contains(name) && !policy.outside) undeclared(name, policy, table);
    }
  }

  void judge_defaults(const LiveTable &table, const std::optional<Guarded> &wanted) {
    const std::map<std::string, std::string> &there = live_[table.id].defaults;
    for (const auto &[column, value] : table.plan->defaults) {
      const auto found = there.find(column);
      const bool none = found == there.end();
      if (none || (wanted && found->second != wanted->defaults.at(column))) {
        in_.find("default-altered", fmt::format("{}.{}", table.object, quote_identifier(column)),
                 none ? "it has no default" : fmt::format("its default is {}", found->second),
                 {Fix::Kind::sql, fmt::format("alter table {} alter column {} set default {};",
                                              table.object, quote_identifier(column), value)});
      }
    }
  }

  void undeclared(const std::string &name, const LivePolicy &policy, const LiveTable &table) {
    const bool open = policy.permissive && policy.roles == "public";
    in_.find(open ? "policy-to-public" : "undeclared-policy", on(name, table),
             fmt::format("it is none of the compiler's, {}, for {}",
                         policy.permissive ? "permissive" : "restrictive", policy.roles),
             {Fix::Kind::sql,
              fmt::format("drop policy {} on {};", quote_identifier(name), table.object)});
  }

  static std::string on(const std::string &name, const LiveTable &table) {
    return fmt::format("{} on {}", quote_identifier(name), table.object);
  }

  static std::string difference(const LivePolicy &there, const LivePolicy &wanted) {
    std::vector<std::string> parts;
    const auto shown = [](const std::string &text) { return text.empty() ? "nothing" : text; };
    if (there.permissive != wanted.permissive) {
      parts.emplace_back(there.permissive ? "it is permissive" : "it is restrictive");
    }
    if (there.command != wanted.command) parts.emplace_back("it is for another command");
    if (there.roles != wanted.roles) parts.push_back("it is for " + there.roles);
    if (there.condition != wanted.condition) parts.push_back("USING is " + shown(there.condition));
    if (there.check != wanted.check) parts.push_back("WITH CHECK is " + shown(there.check));
    return fmt::format("{}", fmt::join(parts, "; "));
  }

  Inspection &in_;
  std::map<std::string, Guarded> live_;
  std::map<std::string, std::string> copies_;
  bool can_compare_ = false;
  std::vector<std::string> uncompared_;
  std::string why_uncompared_;
};

}  // namespace

void find_policies(Inspection &inspection) {
  Policies(inspection).find();
}

}  // namespace tenancy::policy
