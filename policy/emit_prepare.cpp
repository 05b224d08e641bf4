#include "policy/emit_prepare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "core/ident.hpp"

namespace tenancy::policy {

namespace {

std::string literals(const std::vector<std::string> &names) {
  std::vector<std::string> quoted;
  for (const std::string &name : names) quoted.push_back(quote_literal(name));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

// `c.document_id = p.id and ...`, each side behind what stands before it.
std::string agree(const Lineage::Pairs &pairs, std::string_view here, std::string_view there) {
  std::vector<std::string> parts;
  for (const auto &[column, parent] : pairs) {
    parts.push_back(fmt::format("{}{} = {}{}", there, quote_identifier(parent), here,
                                quote_identifier(column)));
  }
  return fmt::format("{}", fmt::join(parts, " and "));
}

std::string each(const std::vector<std::string> &columns, std::string_view alias,
                 std::string_view what, std::string_view between) {
  std::vector<std::string> parts;
  for (const std::string &column : columns) {
    parts.push_back(fmt::format("{}{} {}", alias, quote_identifier(column), what));
  }
  return fmt::format("{}", fmt::join(parts, between));
}

// The tenant columns of one child: there, filled, kept filled, never null.
class ChildPreparation {
 public:
  ChildPreparation(const Preparation &preparation, const Table &table)
      : preparation_(preparation),
        table_(table),
        lineage_(lineage_of(table)),
        name_(qualified(table.name)),
        parent_(qualified(table.parent->table)),
        columns_(firsts(lineage_.tenant)) {}

  void emit() {
    if (lineage_.tenant.empty() || is_complete()) return;
    add_columns();
    add_trigger();
    fill();
    refuse_null();
  }

 private:
  bool is_complete() const {
    if (preparation_.schema == nullptr) return false;
    const SchemaTable *there = preparation_.schema->find_table(table_.name);
    return there != nullptr &&
           std::all_of(columns_.begin(), columns_.end(), [&](const std::string &column) {
             const SchemaColumn *found = there->find_column(column);
             return found != nullptr && found->not_null;
           });
  }

  std::string what() const {
    return fmt::format("{}.{}", table_.name.name, fmt::join(columns_, ", "));
  }
  std::string is_nullable() const {
    return fmt::format(
        "exists (select from pg_attribute a\n"
        "                  where a.attrelid = {}::regclass and a.attname in ({})\n"
        "                    and not a.attnotnull)",
        quote_literal(name_), literals(columns_));
  }
  std::string has_check(std::string_view more = {}) const {
    return fmt::format(
        "exists (select from pg_constraint k\n"
        "                  where k.conrelid = {}::regclass and k.conname = {}{})",
        quote_literal(name_), quote_literal(check_name()), more);
  }
  std::string check_name() const { return structure_name(table_.name.name, "_tenant_check"); }

  void add_columns() {
    std::vector<std::vector<std::string>> rows;
    for (const auto &[column, parent] : lineage_.tenant) {
      rows.push_back({quote_literal(column), quote_literal(parent)});
    }
    Statement &step = add_step(preparation_, table_,
                               fmt::format("Add {}, of the types that {} has", what(), parent_),
                               fmt::format(
                                   R"(select format('alter table %s %s', {0},
              string_agg(format('add column %I %s', wanted.name,
                                format_type(p.atttypid, p.atttypmod)), ', '))
  from (values
{1}
  ) as wanted (name, parent_name)
  join pg_attribute p on p.attrelid = {2}::regclass and p.attname = wanted.parent_name
                     and not p.attisdropped
 where not exists (select from pg_attribute c
                    where c.attrelid = {3}::regclass and c.attname = wanted.name
                      and not c.attisdropped)
having count(*) > 0
)",
                                   quote_literal(name_), values_rows(rows, 4),
                                   quote_literal(parent_), quote_literal(name_)));
    step.generates = true;
  }

  // The writer need not be able to read the parent; what row level security then says of the row
  // is the same for a parent of another tenant as for one that is not there.
  void add_trigger() {
    const std::string trigger = preparation_.plan.model->application + "_fill_tenant";
    const std::string function = quote_qualified(
        table_.name.schema,
        structure_name(preparation_.plan.model->application + "_fill_" + table_.name.name, ""));
    const std::string body = fmt::format(
        R"(
begin
    select {}
      into {}
      from {} p
     where {};
    return new;
end
)",
        each(seconds(lineage_.tenant), "p.", "", ", "), each(columns_, "new.", "", ", "), parent_,
        agree(lineage_.key, "new.", "p."));
    const std::string comment =
        quote_literal(origin_comment(reference(preparation_.source, {table_.at})));
    add_step(preparation_, table_, fmt::format("Keep {} filled", what()),
             "do " +
                 dollar_quote(
                     "trigger",
                     fmt::format(
                         R"(
begin
    if {nullable} then
        create or replace function {function}() returns trigger
        language plpgsql security definer
        set search_path = pg_catalog, pg_temp
        as {body};
        comment on function {function}() is {comment};
        revoke all on function {function}() from public;
        create or replace trigger {trigger} before insert or update on {name}
            for each row when ({missing}) execute function {function}();
        comment on trigger {trigger} on {name} is {comment};
    end if;
end
)",
                         fmt::arg("nullable", is_nullable()), fmt::arg("function", function),
                         fmt::arg("body", dollar_quote("fill", body)), fmt::arg("comment", comment),
                         fmt::arg("trigger", trigger), fmt::arg("name", name_),
                         fmt::arg("missing", each(columns_, "new.", "is null", " or ")))) +
                 ";\n");
  }

  // In the order of the pages, not of a key: every page is read once, and no key is needed. A
  // batch takes about a tenth of a second, and whoever waits for one of its rows waits no longer;
  // a batch that would itself have to wait is left for the next round.
  void fill() {
    std::vector<std::string> sets;
    for (const auto &[column, parent] : lineage_.tenant) {
      sets.push_back(fmt::format("{} = p.{}", quote_identifier(column), quote_identifier(parent)));
    }
    const std::string known = each(seconds(lineage_.tenant), "p.", "is not null", " and ");
    const std::string missing = each(columns_, "c.", "is null", " or ");
    const std::string joined = agree(lineage_.key, "c.", "p.");
    const std::string update =
        "update %s c set " +
        fit_for_format(
            fmt::format("{} from {} p where c.ctid >= $1 and c.ctid < $2 and ({}) and {} and {}",
                        fmt::join(sets, ", "), parent_, missing, joined, known));
    Statement &step = add_step(
        preparation_, table_, fmt::format("Fill {}", what()),
        "do " +
            dollar_quote(
                "fill",
                fmt::format(
                    R"(
declare
    part regclass;
    pages bigint;
    page bigint;
    batch integer;
    began timestamptz;
    reported timestamptz := clock_timestamp();
    filled bigint := 0;
    rows bigint;
    left_open bigint;
    orphans bigint;
begin
    if not {nullable} then
        return;
    end if;
    loop
        foreach part in array
            array(select coalesce(t.relid, {name}::regclass)::regclass
                    from (values (1)) as one (n)
                    left join pg_partition_tree({name}) t on t.isleaf
                   order by 1)
        loop
            pages := pg_relation_size(part) / current_setting('block_size')::integer + 1;
            page := 0;
            batch := 32;
            while page < pages loop
                began := clock_timestamp();
                begin
                    set local lock_timeout = '100ms';
                    execute format({update}, part)
                      using format('(%s,0)', page)::tid, format('(%s,0)', page + batch)::tid;
                    get diagnostics rows = row_count;
                    filled := filled + rows;
                exception
                    when lock_not_available or deadlock_detected then null;
                end;
                commit;
                page := page + batch;
                batch := case when clock_timestamp() - began > interval '100 ms'
                              then greatest(batch / 2, 1)
                              else least(batch * 2, 4096) end;
                if clock_timestamp() - reported > interval '2 s' then
                    raise notice '%: % of % pages, % rows filled', part, least(page, pages), pages,
                                 filled;
                    reported := clock_timestamp();
                end if;
            end loop;
        end loop;
        select count(*) filter (where exists (select from {parent} p where {joined} and {known})),
               count(*) filter (where not exists (select from {parent} p
                                                   where {joined} and {known}))
          into left_open, orphans
          from {table} c
         where {missing};
        commit;
        exit when left_open = 0;
        perform pg_sleep(0.2);
    end loop;
    raise notice '%: % rows filled', {name}, filled;
    if orphans > 0 then
        raise exception '% rows of % have no tenant', orphans, {name}
            using errcode = 'not_null_violation',
                  detail = 'They have no parent, or one without a tenant.',
                  hint = {hint};
    end if;
end
)",
                    fmt::arg("nullable", is_nullable()), fmt::arg("name", quote_literal(name_)),
                    fmt::arg("table", name_), fmt::arg("parent", parent_),
                    fmt::arg("update", quote_literal(update)), fmt::arg("missing", missing),
                    fmt::arg("joined", joined), fmt::arg("known", known),
                    fmt::arg("hint",
                             quote_literal(fmt::format("Delete them or give them one: select * "
                                                       "from {} c where {};",
                                                       name_, missing))))) +
            ";\n");
    step.alone = true;
    step.patient = true;
  }

  static std::string fit_for_format(std::string text) {
    for (std::size_t at = 0; (at = text.find('%', at)) != text.npos; at += 2) text.insert(at, "%");
    return text;
  }

  // A check that was validated beside the application spares SET NOT NULL its scan.
  void refuse_null() {
    const std::string check = quote_identifier(check_name());
    const auto step = [&](std::string title, std::string command, std::string condition,
                          bool patient) {
      Statement &added = add_step(preparation_, table_, std::move(title),
                                  choose({{quote_literal(command), std::move(condition)}}));
      added.generates = true;
      added.patient = patient;
    };
    step(fmt::format("Let no new row leave {} out", what()),
         fmt::format("alter table {} add constraint {} check ({}) not valid", name_, check,
                     each(columns_, "", "is not null", " and ")),
         is_nullable() + "\n   and not " + has_check(), false);
    step(fmt::format("See that every row has {}", what()),
         fmt::format("alter table {} validate constraint {}", name_, check),
         has_check(" and not k.convalidated"), true);
    std::vector<std::string> sets;
    for (const std::string &column : columns_) {
      sets.push_back(fmt::format("alter column {} set not null", quote_identifier(column)));
    }
    step(fmt::format("Make {} not null, which the check has shown", what()),
         fmt::format("alter table {} {}", name_, fmt::join(sets, ", ")),
         is_nullable() + "\n   and " + has_check(" and k.convalidated"), false);
    step("Drop the check, which not null stands for now",
         fmt::format("alter table {} drop constraint {}", name_, check),
         "not " + is_nullable() + "\n   and " + has_check(), false);
  }

  const Preparation &preparation_;
  const Table &table_;
  Lineage lineage_;
  std::string name_;
  std::string parent_;
  std::vector<std::string> columns_;
};

class PrepareEmitter {
 public:
  PrepareEmitter(const Preparation &preparation) : preparation_(preparation) {}

  void emit() {
    for (const TablePlan &table : preparation_.plan.tables) visit(table);
    for (const TablePlan &table : preparation_.plan.tables) {
      prepare_index(preparation_, table);
    }
  }

 private:
  // Parents first: a child gets what they have.
  void visit(const TablePlan &plan) {
    const Table &table = *plan.table;
    if (!table.parent || !seen_.insert(table.name).second) return;
    visit(*preparation_.tables.at(table.parent->table));
    ChildPreparation(preparation_, table).emit();
    prepare_foreign_key(preparation_, table);
  }

  const Preparation &preparation_;
  std::set<TableName> seen_;
};

}  // namespace

Lineage::Pairs Lineage::all() const {
  Pairs pairs = key;
  pairs.insert(pairs.end(), tenant.begin(), tenant.end());
  return pairs;
}

Lineage lineage_of(const Table &table) {
  Lineage lineage;
  for (const auto &pair : table.parent->columns) {
    const bool of_tenant = pair.first == table.account || pair.first == table.workspace;
    (of_tenant ? lineage.tenant : lineage.key).push_back(pair);
  }
  // Under the workspaces themselves, the workspace is the way.
  if (lineage.key.empty()) {
    std::erase_if(lineage.tenant, [&](const auto &pair) {
      if (pair.first != table.workspace) return false;
      lineage.key.push_back(pair);
      return true;
    });
  }
  return lineage;
}

std::vector<std::string> firsts(const Lineage::Pairs &pairs) {
  std::vector<std::string> out;
  for (const auto &pair : pairs) out.push_back(pair.first);
  return out;
}

std::vector<std::string> seconds(const Lineage::Pairs &pairs) {
  std::vector<std::string> out;
  for (const auto &pair : pairs) out.push_back(pair.second);
  return out;
}

std::string structure_name(std::string_view table, std::string_view suffix) {
  if (table.size() + suffix.size() <= max_identifier_size) {
    return std::string(table) + std::string(suffix);
  }
  const std::string hash = "_" + hash_of(table).substr(0, 8);
  std::string cut(table.substr(0, max_identifier_size - suffix.size() - hash.size()));
  // Not within a character.
  while (!cut.empty() && (static_cast<unsigned char>(table[cut.size()]) & 0xC0) == 0x80) {
    cut.pop_back();
  }
  return cut + hash + std::string(suffix);
}

Statement &add_step(const Preparation &preparation, const Table &table, std::string title,
                    std::string sql) {
  Statement statement;
  statement.phase = Phase::prepare;
  statement.table = table.name;
  statement.title = std::move(title);
  statement.reference = reference(preparation.source, {table.at});
  statement.sql = std::move(sql);
  return preparation.script.statements.emplace_back(std::move(statement));
}

std::string is_partitioned(const TableName &table) {
  return fmt::format("(select c.relkind = 'p' from pg_class c where c.oid = {}::regclass)",
                     quote_literal(qualified(table)));
}

std::string remark_on_partitions(const TableName &table, std::string_view what) {
  const std::string text = fmt::format("%s or its parent is partitioned: {} is left out", what);
  return fmt::format(
      "format({0}, format({1}, {2}))",
      quote_literal("do $remark$ begin raise warning using message = %L, hint = " +
                    quote_literal("Build the script with --schema or --db, by which it is made "
                                  "partition by partition, or use \"tenancy apply\".") +
                    "; end $remark$"),
      quote_literal(text), quote_literal(qualified(table)));
}

std::string choose(const std::vector<Command> &commands) {
  if (commands.size() == 1) {
    return fmt::format("select {}\n where {}\n", commands[0].text, commands[0].condition);
  }
  std::string out;
  int number = 0;
  for (const Command &command : commands) {
    ++number;
    out += fmt::format("{} {}, {}\n where {}\n", number == 1 ? "select" : "union all\nselect",
                       number, command.text, command.condition);
  }
  return "select step.command\n  from (\n" + out + ") as step (n, command)\n order by step.n\n";
}

void emit_prepare(const Plan &plan, const Source &source, const Schema *schema, Script &script) {
  Preparation preparation{plan, source, schema, script, {}};
  for (const TablePlan &table : plan.tables) preparation.tables[table.table->name] = &table;
  PrepareEmitter(preparation).emit();
}

// A foreign key needs the key that it refers to until it is gone itself, and both need the columns.
std::vector<std::string> structure_remarks(const Model &model) {
  std::string foreign_keys;
  std::string keys;
  std::string triggers;
  std::string columns;
  std::string indexes;
  std::set<TableName> parents;
  for (const Table &table : model.tables) {
    const std::string name = qualified(table.name);
    if (table.parent) {
      const TableName &parent = table.parent->table;
      foreign_keys +=
          fmt::format("alter table if exists {} drop constraint if exists {};\n", name,
                      quote_identifier(structure_name(table.name.name, "_tenant_fkey")));
      if (parents.insert(parent).second) {
        keys += fmt::format("alter table if exists {} drop constraint if exists {};\n",
                            qualified(parent),
                            quote_identifier(structure_name(parent.name, "_tenant_key")));
      }
      triggers += fmt::format(
          "drop trigger if exists {} on {};\ndrop function if exists {}();\n",
          quote_identifier(model.application + "_fill_tenant"), name,
          quote_qualified(table.name.schema,
                          structure_name(model.application + "_fill_" + table.name.name, "")));
      for (const std::string &column : firsts(lineage_of(table).tenant)) {
        columns += fmt::format("alter table if exists {} drop column if exists {};\n", name,
                               quote_identifier(column));
      }
    }
    if (!table.account.empty() && !table.is_account) {
      indexes += fmt::format(
          "drop index if exists {};\n",
          quote_qualified(table.name.schema, structure_name(table.name.name, "_tenant_idx")));
    }
  }
  std::string text = foreign_keys + keys + triggers + columns + indexes;
  if (text.empty()) return {};
  text.pop_back();
  return {
      "What prepare made stays: it harms nothing, and columns that must not be null are filled\n"
      "by a trigger. These would drop it, in this order; see that the columns are not ones "
      "that\nthe tables had before.\n\n" +
      text};
}

}  // namespace tenancy::policy
