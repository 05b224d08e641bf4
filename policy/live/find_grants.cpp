// Privileges: what the catalog gives to whom, held against what the file gives.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/ident.hpp"
#include "policy/emit.hpp"
#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

// One entry of an access control list.
struct Fact {
  std::string relation;  // oid
  std::string object;
  std::string kind;       // of pg_class
  std::string top;        // the policy's table that it belongs to; empty: none
  std::string column;     // empty: the whole
  std::string privilege;  // select
  std::string grantee;    // its name; empty: PUBLIC
  std::string grantor;    // empty: the owner
  bool grantable;
  bool reached;  // an API role has the privilege

  std::string given_to() const { return grantee.empty() ? "public" : quote_identifier(grantee); }
  std::string spelled() const {
    return column.empty() ? privilege : fmt::format("{} ({})", privilege, quote_identifier(column));
  }
};

// Relations of the policy's schemas, and what belongs to its tables wherever it is. Those of
// extensions are taken for reviewed.
constexpr const char *facts = R"(
with family (id, top) as (select * from unnest($1::oid[], $2::oid[])),
relation as (
  select c.oid as id, c.relkind, c.relowner, f.top, c.relacl
    from pg_class c
    left join family f on f.id = c.oid
   where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
     and (c.relnamespace = any ($3::oid[]) or f.id is not null)
     and not exists (select from pg_depend e
                      where e.classid = 'pg_class'::regclass and e.objid = c.oid
                        and e.refclassid = 'pg_extension'::regclass and e.deptype = 'e')
),
entry as (
  select r.*, '' as column, a.* from relation r cross join aclexplode(r.relacl) a
  union all
  select r.*, t.attname, a.*
    from relation r
    join pg_attribute t on t.attrelid = r.id and not t.attisdropped
   cross join aclexplode(t.attacl) a
)
select e.id, e.id::regclass, e.relkind, coalesce(e.top::text, ''), e.column, lower(e.privilege_type),
       case e.grantee when 0 then '' else pg_get_userbyid(e.grantee) end,
       case e.grantor when e.relowner then '' else pg_get_userbyid(e.grantor) end,
       e.is_grantable, e.grantee = 0 or e.grantee = any ($4::oid[])
  from entry e
 where e.grantee <> e.relowner
   and (e.grantee = 0 or e.grantee = any ($4::oid[]) or e.top is not null)
 order by e.id::regclass::text, 7, e.column, e.privilege_type)";

std::vector<Fact> read_facts(Inspection &inspection) {
  const Rows rows = inspection.database.query(
      facts, {inspection.family, inspection.family_top, inspection.schemas, inspection.reached});
  std::vector<Fact> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto text = [&](std::size_t column) { return std::string(rows.at(i, column)); };
    out.push_back({text(0), text(1), text(2), text(3), text(4), text(5), text(6), text(7),
                   text(8) == "t", text(9) == "t"});
  }
  return out;
}

std::string_view privilege_of(Verb verb) {
  return verb == Verb::read ? "select" : name_of(verb);
}

class Grants {
 public:
  explicit Grants(Inspection &inspection) : in_(inspection) {
    for (const LiveTable &table : in_.tables) table_.emplace(table.id, &table);
    read_sequences();
  }

  void find() {
    for (const Fact &fact : read_facts(in_)) judge(fact);
    report();
    find_missing();
  }

 private:
  struct Key {
    std::string check, object, grantee, grantor;
    auto operator<=>(const Key &) const = default;
  };
  struct Group {
    std::vector<std::string> held;
    std::string about;
    std::string kind;     // table or sequence
    std::string grant;    // what is to be given again
    bool option = false;  // it is the grant option that is too much
  };
  using Held = std::array<std::string, 4>;  // relation, role, privilege, column

  // Serial columns draw from a sequence as whoever inserts.
  void read_sequences() {
    const Rows rows = in_.database.query(
        R"(select d.objid, d.refobjid, d.objid::regclass
  from pg_depend d
  join pg_class c on c.oid = d.objid and c.relkind = 'S'
 where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
   and d.deptype = 'a' and d.refobjid = any ($1::oid[])
 order by 3)",
        {in_.managed});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const LiveTable &table = *table_.at(std::string(rows.at(i, 1)));
      for (const ColumnGrant &grant : table.plan->grants) {
        if (grant.verb != Verb::insert || !table.enforced()) continue;
        const std::string role = context_role(*in_.plan.model, grant.context);
        drawn_.insert({std::string(rows.at(i, 0)), role});
        sequences_.emplace_back(std::string(rows.at(i, 2)), role);
      }
    }
  }

  void judge(const Fact &fact) {
    if (fact.kind == "v" || fact.kind == "m") return judge_view(fact);
    if (fact.kind == "S") return judge_sequence(fact);
    const auto table = table_.find(fact.relation);
    if (table != table_.end()) return judge_table(fact, *table->second);
    if (!fact.top.empty()) {
      const LiveTable &top = *table_.at(fact.top);
      if (!fact.reached || !top.enforced()) return;
      add("partition-reachable", fact, fmt::format(", past the policies of {}", top.object));
    } else {
      add("undeclared-table", fact, ", and the file does not have the table");
    }
  }

  void judge_view(const Fact &fact) {
    if (in_.is_covered("definer-view", fact.object) ||
        in_.is_covered("materialized-view", fact.object)) {
      return;
    }
    const auto declared = in_.declared.views.find(fact.object);
    if (declared != in_.declared.views.end() && fact.privilege == "select" &&
        declared->second.contains(fact.grantee)) {
      const auto columns = in_.declared.view_columns.find(fact.object);
      if (columns == in_.declared.view_columns.end()) return;
      const std::vector<std::string> &some = columns->second;
      if (std::find(some.begin(), some.end(), fact.column) != some.end()) return;
      Group &group = add("wider-grant", fact, "; the file gives select " + column_list(some));
      if (fact.column.empty()) {
        group.grant += fmt::format(" grant select {} on table {} to {};", column_list(some),
                                   fact.object, fact.given_to());
      }
      return;
    }
    add("undeclared-grant", fact, ", which the file does not give");
  }

  void judge_sequence(const Fact &fact) {
    if (fact.privilege == "usage" && drawn_.contains({fact.relation, fact.grantee})) return;
    const auto declared = in_.declared.sequences.find(fact.object);
    if (declared != in_.declared.sequences.end() && fact.privilege == "usage" &&
        declared->second.contains(fact.grantee)) {
      return;
    }
    add("undeclared-grant", fact, ", which the file does not give");
  }

  void judge_table(const Fact &fact, const LiveTable &table) {
    if (!table.enforced()) return;  // who has what there is not changed yet
    if (!fact.reached && in_.declared.outside.contains(fact.grantee)) return;
    const auto verb = std::find_if(std::begin(verbs), std::end(verbs),
                                   [&](Verb each) { return privilege_of(each) == fact.privilege; });
    if (fact.reached && verb == std::end(verbs)) {
      add("excess-privilege", fact, ", which no policy binds");
      return;
    }
    const auto context = in_.context.find(fact.grantee);
    if (context == in_.context.end()) {
      add("undeclared-grant", fact,
          fact.reached ? ", which the file does not give"
                       : ", and the file does not name that role");
      return;
    }
    held_.insert({fact.relation, fact.grantee, fact.privilege, fact.column});
    const auto &grants = table.plan->grants;
    const auto grant = std::find_if(grants.begin(), grants.end(), [&](const ColumnGrant &each) {
      return each.context == context->second && each.verb == *verb;
    });
    if (grant == grants.end()) {
      add("undeclared-grant", fact, ", which the file does not give");
      return;
    }
    if (grant->columns && std::find(grant->columns->begin(), grant->columns->end(), fact.column) ==
                              grant->columns->end()) {
      Group &group =
          add("wider-grant", fact,
              fmt::format("; the file gives {} {}", fact.privilege, column_list(*grant->columns)));
      // Revoked from the table, a privilege is gone from its columns too.
      if (fact.column.empty()) group.grant += given(fact.object, *grant);
      return;
    }
    if (fact.grantable) {
      add("excess-privilege", fact, ", and may give that to others").option = true;
    }
  }

  Group &add(const char *check, const Fact &fact, std::string about) {
    Group &group = groups_[{check, fact.object, fact.given_to(), fact.grantor}];
    group.held.push_back(fact.spelled());
    if (group.about.find(about) == group.about.npos) group.about += about;
    group.kind = fact.kind == "S" ? "sequence" : "table";
    return group;
  }

  static std::string joined(const std::string &a, const std::string &b) {
    return a.empty() || b.empty() ? a + b : a + " " + b;
  }

  static std::string revoke(const Key &key, const Group &group) {
    const std::string statement = fmt::format(
        "revoke {}{} on {} {} from {} cascade;", group.option ? "grant option for " : "",
        fmt::join(group.held, ", "), group.kind, key.object, key.grantee);
    // Only whoever gave a privilege takes it back.
    return key.grantor.empty() ? statement
                               : fmt::format("set role {}; {} reset role;",
                                             quote_identifier(key.grantor), statement);
  }

  // One finding for each check and object, whoever the grantees are.
  void report() {
    for (auto each = groups_.begin(); each != groups_.end();) {
      const Key &first = each->first;
      std::string what;
      std::string fix;
      for (; each != groups_.end() && each->first.check == first.check &&
             each->first.object == first.object;
           ++each) {
        const auto &[key, group] = *each;
        what += fmt::format("{}{} has {}{}", what.empty() ? "" : "; ", key.grantee,
                            fmt::join(group.held, ", "), group.about);
        const std::string statement = revoke(key, group) + group.grant;
        // CASCADE may take from whoever has passed a privilege on his right to take it back.
        fix = key.grantor.empty() ? joined(fix, statement) : joined(statement, fix);
      }
      in_.find(first.check, first.object, what, {Fix::Kind::sql, fix});
    }
  }

  std::string given(const std::string &object, const ColumnGrant &grant) const {
    return fmt::format(" grant {}{} on table {} to {};", privilege_of(grant.verb),
                       grant.columns ? " " + column_list(*grant.columns) : "", object,
                       context_role(*in_.plan.model, grant.context));
  }

  void find_missing() {
    for (const LiveTable &table : in_.tables) {
      if (!table.enforced()) continue;
      for (const ColumnGrant &grant : table.plan->grants) {
        const std::string role = context_role(*in_.plan.model, grant.context);
        if (!in_.context.contains(role) || holds(table, role, grant)) continue;
        std::string fix = given(table.object, grant);
        in_.find("missing-grant", table.object,
                 fmt::format("{} lacks {}{}", role, privilege_of(grant.verb),
                             grant.columns ? " " + column_list(*grant.columns) : ""),
                 {Fix::Kind::sql, fix.substr(1)});
      }
    }
    for (const auto &[name, context] : in_.context) {
      in_.find_all("missing-grant", R"(
select quote_ident(n.nspname), $2 || ' lacks usage of the schema',
       format('grant usage on schema %I to %I;', n.nspname, $2)
  from pg_namespace n
 where n.oid = any ($1::oid[]) and not has_schema_privilege($2, n.oid, 'usage'))",
                   {in_.schemas, name});
    }
    for (const auto &[sequence, role] : sequences_) miss_sequence(sequence, role);
    for (const auto &[sequence, roles] : in_.declared.sequences) {
      for (const std::string &role : roles) miss_sequence(sequence, role);
    }
    for (const auto &[view, roles] : in_.declared.views) {
      for (const std::string &role : roles) miss_view(view, role);
    }
    for (const auto &[function, roles] : in_.declared.functions) {
      for (const std::string &role : roles)
        miss(R"(
select f, $2 || ' may not call it', format('grant execute on routine %s to %I;', f, $2)
  from (select $1::text) as wanted (f)
 where not has_function_privilege($2, f::regprocedure, 'execute'))",
             function, role);
    }
  }

  // Of an object that is there, for a role that is there. $1: the object, $2: the role.
  void miss(const std::string &sql, const std::string &object, const std::string &role) {
    if (object.empty() || !in_.context.contains(role)) return;
    in_.find_all("missing-grant", sql, {object, role});
  }

  void miss_sequence(const std::string &sequence, const std::string &role) {
    miss(R"(
select s, $2 || ' draws from it, and lacks usage', format('grant usage on sequence %s to %I;', s, $2)
  from (select $1::text) as wanted (s)
 where not has_sequence_privilege($2, s::regclass, 'usage'))",
         sequence, role);
  }

  void miss_view(const std::string &view, const std::string &role) {
    const auto columns = in_.declared.view_columns.find(view);
    const std::string some =
        columns == in_.declared.view_columns.end() ? "" : " " + column_list(columns->second);
    miss(fmt::format(R"(
select v, $2 || ' lacks select{0}', format('grant select%s on table %s to %I;', {1}, v, $2)
  from (select $1::text) as wanted (v)
 where not {2})",
                     some, quote_literal(some),
                     some.empty() ? "has_table_privilege($2, v::regclass, 'select')"
                                  : fmt::format("(select bool_and(has_column_privilege($2, "
                                                "v::regclass, c, 'select')) from unnest({}) as c)",
                                                text_array(columns->second))),
         view, role);
  }

  bool holds(const LiveTable &table, const std::string &role, const ColumnGrant &grant) const {
    const auto has = [&](const std::string &column) {
      return held_.contains({table.id, role, std::string(privilege_of(grant.verb)), column});
    };
    return has("") ||
           (grant.columns && std::all_of(grant.columns->begin(), grant.columns->end(), has));
  }

  Inspection &in_;
  std::map<std::string, const LiveTable *> table_;              // by oid
  std::set<std::pair<std::string, std::string>> drawn_;         // sequence, role that may use it
  std::vector<std::pair<std::string, std::string>> sequences_;  // the same, by name
  std::set<Held> held_;                                         // by context roles, on tables
  std::map<Key, Group> groups_;
};

}  // namespace

void find_grants(Inspection &inspection) {
  Grants(inspection).find();
}

}  // namespace tenancy::policy
