#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

constexpr std::size_t max_line = 100;  // characters, where a line can be broken

std::string_view command(Verb verb) {
  return verb == Verb::read ? "select" : name_of(verb);
}

class TableEmitter {
 public:
  TableEmitter(const TablePlan &plan, const Model &model, const Source &source, std::string name)
      : plan_(plan), model_(model), source_(source), name_(std::move(name)) {}

  EmittedTable emit() {
    if (plan_.table->enforcement == Enforcement::report) {
      report();
    } else {
      enforce();
    }
    while (out_.ends_with("\n\n")) out_.pop_back();
    return {std::move(out_), std::move(comments_)};
  }

  std::vector<PolicyStatement> policies() {
    std::vector<PolicyStatement> statements;
    const auto take = [&](std::string name) {
      if (out_.ends_with('\n')) out_.pop_back();
      statements.push_back({std::move(name), without_notes(out_)});
      out_.clear();
    };
    if (plan_.table->enforcement == Enforcement::report) {
      for (const Verb verb : verbs) {
        observe(verb);
        take(fmt::format("{}_report_{}", model_.application, command(verb)));
      }
      return statements;
    }
    if (!plan_.floor.empty()) {
      for (const ApiContext context : api_contexts) {
        floor(context);
        take(context_role(model_, context) + "_floor");
      }
    }
    for (const RowPolicy &policy : plan_.policies) {
      this->policy(policy);
      take(fmt::format("{}_{}", context_role(model_, policy.context), command(policy.verb)));
    }
    return statements;
  }

 private:
  void line(std::string_view text) { out_.append(text).append("\n"); }
  std::string at(const std::vector<std::size_t> &places) const {
    return reference(source_, places);
  }
  void comment(std::string_view object, const std::vector<std::size_t> &places) {
    comments_ += fmt::format("comment on {} on {} is {};\n", object, name_,
                             quote_literal(origin_comment(at(places))));
  }

  // What takes away comes before what gives.
  void enforce() {
    line(fmt::format("alter table {} enable row level security, force row level security;", name_));
    line(fmt::format("revoke all on table {} from public, {};", name_, context_roles(model_)));
    line("");
    if (!plan_.floor.empty()) {
      for (const ApiContext context : api_contexts) floor(context);
      if (!plan_.policies.empty()) line("");
    }
    for (const RowPolicy &policy : plan_.policies) this->policy(policy);
    defaults();
    column_trigger();
    if (!plan_.grants.empty()) line("");
    for (const ColumnGrant &grant : plan_.grants) this->grant(grant);
  }

  // The session fills in whose a new row is.
  void defaults() {
    if (plan_.defaults.empty()) return;
    std::size_t width = 0;
    for (const auto &[column, value] : plan_.defaults) {
      width = std::max(width, quote_identifier(column).size());
    }
    std::vector<std::string> settings;
    for (const auto &[column, value] : plan_.defaults) {
      settings.push_back(fmt::format("    alter column {:<{}} set default {}",
                                     quote_identifier(column), width, value));
    }
    line("");
    line(fmt::format("alter table {}\n{};", name_, fmt::join(settings, ",\n")));
  }

  // Who writes every column is granted them; the trigger judges the values.
  void column_trigger() {
    if (!plan_.checks_columns) return;
    const std::string trigger = column_trigger_name(model_);
    line("");
    line(
        fmt::format("create or replace trigger {} before insert or update on {}\n"
                    "    for each row execute function tenancy.check_columns();",
                    trigger, name_));
    comment("trigger " + trigger, {plan_.table->at});
  }

  void grant(const ColumnGrant &grant) {
    const std::string columns = grant.columns ? " " + column_list(*grant.columns) : "";
    const std::string what = fmt::format("grant {}{}", command(grant.verb), columns);
    const std::string rest =
        fmt::format("on table {} to {};", name_, context_role(model_, grant.context));
    const std::string place = "  -- " + at(grant.at);
    const bool fits = what.size() + 1 + rest.size() + place.size() <= max_line;
    line(fmt::format("{}{}{}{}", what, fits ? " " : "\n    ", rest, note(place)));
  }

  std::string pinned() const {
    std::vector<std::string> pins;
    for (const auto &[column, value] : plan_.floor) {
      pins.push_back(fmt::format("{} = {}", quote_identifier(column), value));
    }
    return fmt::format("{}", fmt::join(pins, " and "));
  }

  void floor(ApiContext context) {
    const std::string role = context_role(model_, context);
    line(
        fmt::format("create policy {0}_floor on {1} as restrictive for all to {0}\n"
                    "    using ({2})\n"
                    "    with check ({2});",
                    role, name_, pinned()));
    comment(fmt::format("policy {}_floor", role), {plan_.table->at});
  }

  using Part = std::optional<Condition> Branch::*;  // what of a branch a clause asks

  std::string branch(const Branch &branch, Part part) const {
    const std::string role =
        branch.role.empty() ? "" : fmt::format("tenancy.has_role({})", quote_literal(branch.role));
    const std::optional<Condition> &condition = branch.*part;
    if (!condition) return role;
    const bool compound = condition->kind == Condition::Kind::disjunction;
    std::string rows = print(*condition, model_);
    if (compound) rows = "(" + rows + ")";
    return role.empty() ? rows : fmt::format("{} and {}", role, rows);
  }

  static std::string held(const RoleGuard::Value &value) {
    std::vector<std::string> all;
    for (const std::vector<std::string> &any : value.held) {
      std::vector<std::string> roles;
      for (const std::string &role : any) {
        roles.push_back(fmt::format("tenancy.has_role({})", quote_literal(role)));
      }
      all.push_back(roles.empty() ? "false"
                    : roles.size() > 1 && value.held.size() > 1
                        ? fmt::format("({})", fmt::join(roles, " or "))
                        : fmt::format("{}", fmt::join(roles, " or ")));
    }
    return fmt::format("{}", fmt::join(all, " and "));
  }

  // The value as text, as the directory reads it at login.
  static std::string guard(const RoleGuard &guard) {
    std::string out = "case";
    const std::string column = quote_identifier(guard.column);
    if (guard.null_gives_nothing) {
      out += fmt::format("\n            when {} is null then true", column);
    } else {
      out += fmt::format(" {}::text", column);
    }
    for (const RoleGuard::Value &value : guard.values) {
      const std::string stored = quote_literal(value.stored);
      out +=
          guard.null_gives_nothing
              ? fmt::format("\n            when {}::text = {} then {}", column, stored, held(value))
              : fmt::format("\n            when {} then {}", stored, held(value));
    }
    return out + "\n            else false\n        end";
  }

  std::string gate(ApiContext context) const {
    return fmt::format("tenancy.context_is({}, {})", quote_literal(model_.application),
                       quote_literal(name_of(context)));
  }

  std::string predicate(const RowPolicy &policy, Part part) const {
    std::string gate = this->gate(policy.context);
    if (policy.verb != Verb::read) {
      for (const RoleGuard &each : plan_.guards) gate += "\n        and " + guard(each);
    }
    if (policy.branches.size() == 1) {
      const std::string only = branch(policy.branches[0], part);
      if (only.empty()) return gate;
      constexpr std::size_t frame = std::string_view("    with check ();").size();
      const bool fits =
          gate.find('\n') == std::string::npos && gate.size() + 5 + only.size() + frame <= max_line;
      return fits ? fmt::format("{} and {}", gate, only)
                  : fmt::format("\n        {}\n        and {}\n    ", gate, only);
    }
    std::string out = fmt::format("\n        {}\n        and (", gate);
    for (std::size_t i = 0; i < policy.branches.size(); ++i) {
      const Branch &each = policy.branches[i];
      const std::string text = branch(each, part);
      out += fmt::format("{}\n            {}{}", note("\n            -- " + at({each.at})),
                         i == 0 ? "" : "or ", each.*part ? "(" + text + ")" : text);
    }
    return out + "\n        )\n    ";
  }

  void policy(const RowPolicy &policy) {
    const std::string role = context_role(model_, policy.context);
    std::vector<std::size_t> places;
    for (const Branch &branch : policy.branches) places.push_back(branch.at);
    if (policy.branches.size() == 1) out_ += note("-- " + at(places) + "\n");
    std::string clauses;
    if (policy.verb != Verb::insert) {
      clauses += fmt::format("\n    using ({})", predicate(policy, &Branch::rows));
    }
    if (policy.verb == Verb::insert || policy.verb == Verb::update) {
      clauses += fmt::format("\n    with check ({})", predicate(policy, &Branch::new_row));
    }
    line(fmt::format("create policy {0}_{1} on {2} for {1} to {0}{3};", role, command(policy.verb),
                     name_, clauses));
    comment(fmt::format("policy {}_{}", role, command(policy.verb)), places);
  }

  // Restrictive, since what else there is of policies goes on; always true, since observe() is.
  // Where there was no row level security, one more policy keeps all rows open. The owner is not
  // bound, so that his COPY and pg_dump go on; nor is he counted.
  void report() {
    const std::string names = fmt::format("({}, {})", quote_literal(plan_.table->name.schema),
                                          quote_literal(plan_.table->name.name));
    out_ += emit_restore(model_.application,
                         fmt::format("(m.schema_name, m.table_name) = {}\n"
                                     "           and not coalesce((m.before -> 'forced')::boolean, "
                                     "false)\n"
                                     "           and (select c.relforcerowsecurity from pg_class c "
                                     "where c.oid = {}::regclass)",
                                     names, quote_literal(name_)));
    line(fmt::format("revoke all on table {} from {};", name_, context_roles(model_)));
    line(fmt::format("alter table {} enable row level security;", name_));
    line(fmt::format(R"(do $report$
begin
    if not exists (select from tenancy.managed_table m
                    where (m.application, m.schema_name, m.table_name) = ({0}, {1}, {2})
                      and (m.before -> 'row_security')::boolean) then
        create policy {3}_report_open on {4} for all to public using (true) with check (true);
    end if;
end
$report$;
)",
                     quote_literal(model_.application), quote_literal(plan_.table->name.schema),
                     quote_literal(plan_.table->name.name), model_.application, name_));
    for (const Verb verb : verbs) observe(verb);
  }

  std::string permitted(Verb verb, Part part) const {
    std::string out = plan_.floor.empty() ? "" : pinned() + " and ";
    std::vector<std::string> ways;
    for (const RowPolicy &policy : plan_.policies) {
      if (policy.verb == verb) ways.push_back("(" + predicate(policy, part) + ")");
    }
    return out + (ways.empty() ? "false" : fmt::format("({})", fmt::join(ways, " or ")));
  }

  void observe(Verb verb) {
    std::vector<std::size_t> places;
    for (const RowPolicy &policy : plan_.policies) {
      if (policy.verb != verb) continue;
      for (const Branch &branch : policy.branches) places.push_back(branch.at);
    }
    if (places.empty()) places.push_back(plan_.table->at);
    // An accessor without an identity is an error, so it is not asked then.
    const auto clause = [&](std::string_view word, Part part, std::string_view more) {
      return fmt::format(
          "\n    {} (tenancy.observe({}, {}, case when tenancy.has_identity() then {} else false "
          "end{}))",
          word, quote_literal(qualified(plan_.table->name)), quote_literal(name_of(verb)),
          permitted(verb, part), more);
    };
    std::string clauses;
    if (verb != Verb::insert) clauses += clause("using", &Branch::rows, "");
    if (verb == Verb::insert || verb == Verb::update) {
      clauses += clause("with check", &Branch::new_row, ", true");
    }
    const std::string name = fmt::format("{}_report_{}", model_.application, command(verb));
    line(fmt::format("create policy {} on {} as restrictive for {} to public{};", name, name_,
                     command(verb), clauses));
    comment("policy " + name, places);
  }

  const TablePlan &plan_;
  const Model &model_;
  const Source &source_;
  std::string name_;
  std::string out_;
  std::string comments_;
};

}  // namespace

EmittedTable emit_table(const TablePlan &table, const Plan &plan, const Source &source) {
  return TableEmitter(table, *plan.model, source, qualified(table.table->name)).emit();
}

std::vector<PolicyStatement> emit_policies(const TablePlan &table, const Plan &plan,
                                           const Source &source, const std::string &relation) {
  return TableEmitter(table, *plan.model, source, relation).policies();
}

std::string scope_of(const Table &table) {
  if (table.is_account) return "the accounts themselves";
  if (table.is_workspace) return "the workspaces themselves";
  if (table.account.empty()) return "the same rows for every tenant";
  const std::string_view level = table.workspace.empty() ? "an account" : "a workspace";
  if (!table.parent) return fmt::format("rows of {}", level);
  return fmt::format("rows of {}, under {}", level, qualified(table.parent->table));
}

std::string column_trigger_name(const Model &model) {
  return model.application + "_written_columns";
}

}  // namespace tenancy::policy
