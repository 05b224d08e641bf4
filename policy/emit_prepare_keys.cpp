#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ident.hpp"
#include "policy/emit_prepare.hpp"

namespace tenancy::policy {

namespace {

std::string list(const std::vector<std::string> &names) {
  std::vector<std::string> quoted;
  for (const std::string &name : names) quoted.push_back(quote_identifier(name));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

// An index of a table, beside the running application; of a partitioned one, each partition's by
// itself, and then the one that they are attached to.
class IndexPreparation {
 public:
  IndexPreparation(const Preparation &preparation, const Table &table, bool unique,
                   std::string_view suffix, std::vector<std::string> columns,
                   std::vector<std::string> leading)
      : preparation_(preparation),
        table_(table),
        unique_(unique),
        suffix_(suffix),
        columns_(std::move(columns)),
        leading_(std::move(leading)),
        there_(preparation.schema == nullptr ? nullptr
                                             : preparation.schema->find_table(table.name)) {}

  void emit() {
    if (there_ != nullptr &&
        (unique_ ? there_->is_unique(columns_) : there_->has_leading_index(leading_))) {
      return;
    }
    if (there_ != nullptr && there_->partitioned_by) {
      partitions();
    } else {
      concurrently(table_.name);
      if (unique_) constraint();
    }
  }

  std::string index_of(const TableName &table) const { return structure_name(table.name, suffix_); }

 private:
  std::string literal(const TableName &table) const { return quote_literal(qualified(table)); }
  std::string index_literal(const TableName &table) const {
    return quote_literal(quote_qualified(table.schema, index_of(table)));
  }
  std::string what() const {
    return fmt::format("{} on {}", unique_ ? "Unique key" : "Index",
                       fmt::join(unique_ ? columns_ : leading_, ", "));
  }

  // Whether an index of the table serves already.
  std::string covered(const TableName &table) const {
    const std::vector<std::string> &wanted = unique_ ? columns_ : leading_;
    return fmt::format(
        R"(exists (select from pg_index i
                  join pg_class x on x.oid = i.indexrelid
                  join pg_am m on m.oid = x.relam and m.amname = 'btree'
                 where i.indrelid = {0}::regclass and i.indisvalid and i.indpred is null{1}
                   and (select array_agg(a.attname::text order by a.attname)
                          from pg_attribute a
                         where a.attrelid = i.indrelid
                           and a.attnum = any ((i.indkey::int2[])[0:{2}]))
                       = (select array_agg(c order by c::name) from unnest({3}) c)))",
        literal(table),
        unique_ ? fmt::format(" and i.indisunique and i.indimmediate and i.indnkeyatts = {}",
                              wanted.size())
                : "",
        wanted.size() - 1, text_array(wanted));
  }
  std::string exists(const TableName &table, std::string_view more = {}) const {
    return fmt::format("exists (select from pg_index i where i.indexrelid = to_regclass({}){})",
                       index_literal(table), more);
  }

  // The columns of an index in their order, so that it can be attached.
  static std::string columns_are(std::string_view index, const std::vector<std::string> &columns) {
    return fmt::format(
        R"((select array_agg(a.attname order by k.n)
                 from unnest({0}.indkey::int2[]) with ordinality k (attnum, n)
                 join pg_attribute a on a.attrelid = {0}.indrelid and a.attnum = k.attnum)
              = {1}::name[])",
        index, text_array(columns));
  }

  void concurrently(const TableName &table, bool exact = false) {
    const std::string index = index_of(table);
    const std::string served =
        exact ? fmt::format(
                    "exists (select from pg_index i where i.indrelid = {}::regclass and "
                    "i.indisvalid and i.indpred is null{}\n          and {})",
                    literal(table), unique_ ? " and i.indisunique" : "", columns_are("i", columns_))
              : covered(table);
    std::vector<Command> commands{
        {quote_literal("drop index concurrently " + quote_qualified(table.schema, index)),
         exists(table, " and not i.indisvalid")},
        {quote_literal(fmt::format("create {}index concurrently {} on {} ({})",
                                   unique_ ? "unique " : "", quote_identifier(index),
                                   qualified(table), list(columns_))),
         "not " + served}};
    if (there_ == nullptr) {
      for (Command &command : commands)
        command.condition += "\n   and not " + is_partitioned(table);
      commands.push_back(
          {remark_on_partitions(table, fmt::format("{} ({})", unique_ ? "its key" : "its index",
                                                   list(unique_ ? columns_ : leading_))),
           "not " + served + "\n   and " + is_partitioned(table)});
    }
    Statement &step = add_step(preparation_, table_,
                               fmt::format("{} of {}", what(), qualified(table)), choose(commands));
    step.generates = true;
    step.alone = true;
    step.patient = true;
  }

  void constraint() {
    Statement &step = add_step(
        preparation_, table_, fmt::format("Make that index a key of {}", qualified(table_.name)),
        choose(
            {{quote_literal(fmt::format("alter table {} add constraint {} unique using index {}",
                                        qualified(table_.name),
                                        quote_identifier(index_of(table_.name)),
                                        quote_identifier(index_of(table_.name)))),
              exists(table_.name, " and i.indisvalid") +
                  fmt::format("\n   and not exists (select from pg_constraint k where k.conindid "
                              "= to_regclass({}))",
                              index_literal(table_.name))},
             {quote_literal(fmt::format(
                  "comment on constraint {} on {} is {}", quote_identifier(index_of(table_.name)),
                  qualified(table_.name),
                  quote_literal(origin_comment(reference(preparation_.source, {table_.at}))))),
              exists(table_.name, " and i.indisvalid")}}));
    step.generates = true;
  }

  void partitions() {
    const std::vector<const SchemaTable *> all = preparation_.schema->all_partitions(*there_);
    for (const SchemaTable *part : all) {
      if (!part->partitioned_by) concurrently(part->name, true);
    }
    std::vector<const SchemaTable *> roots{there_};
    for (const SchemaTable *part : all) {
      if (part->partitioned_by) roots.push_back(part);
    }
    for (const SchemaTable *root : roots) {
      Statement &step = add_step(
          preparation_, table_,
          fmt::format("{} of {} itself, which has no rows", what(), qualified(root->name)),
          choose(
              {{quote_literal(fmt::format(
                    "create {}index {} on only {} ({})", unique_ ? "unique " : "",
                    quote_identifier(index_of(root->name)), qualified(root->name), list(columns_))),
                "not " + covered(root->name) + "\n   and not " + exists(root->name)}}));
      step.generates = true;
    }
    // From the leaves up: an index is valid once all below it are.
    for (auto part = all.rbegin(); part != all.rend(); ++part) {
      attach(**part);
    }
  }

  // The partition's index may be one of another name, which covered it before.
  void attach(const SchemaTable &part) {
    Statement &step = add_step(
        preparation_, table_, fmt::format("Attach the index of {}", qualified(part.name)),
        fmt::format(
            R"(select format('alter index %s attach partition %s', parent.indexrelid::regclass,
              own.indexrelid::regclass)
  from pg_index parent
 cross join lateral (
       select i.indexrelid
         from pg_index i
         join pg_class x on x.oid = i.indexrelid and not x.relispartition
        where i.indrelid = {0}::regclass and i.indisvalid
          and i.indisunique = parent.indisunique and i.indpred is null
          and {1}
        order by i.indexrelid
        limit 1) as own
 where parent.indexrelid = to_regclass({2})
   and not exists (select from pg_inherits h
                     join pg_index i on i.indexrelid = h.inhrelid
                    where h.inhparent = parent.indexrelid and i.indrelid = {0}::regclass)
)",
            literal(part.name), columns_are("i", columns_), index_literal(*part.partition_of)));
    step.generates = true;
  }

  const Preparation &preparation_;
  const Table &table_;
  bool unique_;
  std::string_view suffix_;
  std::vector<std::string> columns_;
  std::vector<std::string> leading_;
  const SchemaTable *there_;
};

class ForeignKeyPreparation {
 public:
  ForeignKeyPreparation(const Preparation &preparation, const Table &table)
      : preparation_(preparation),
        table_(table),
        lineage_(lineage_of(table)),
        here_(firsts(lineage_.all())),
        there_(seconds(lineage_.all())) {}

  void emit() {
    if (is_complete()) return;
    const SchemaTable *table = schema_table();
    if (table != nullptr && table->partitioned_by) {
      // A key that is not valid yet is not possible there; one that is attached needs no scan.
      for (const SchemaTable *part : preparation_.schema->all_partitions(*table)) {
        if (!part->partitioned_by) two_steps(part->name);
      }
      add(table_.name, "");
    } else {
      two_steps(table_.name);
    }
  }

  // The key that the application knows stays. It tells which parents there are, of all tenants;
  // but ORMs, and whoever removes the policy, need it as it is, and to drop it takes no tool.
  void warn() {
    const SchemaTable *table = schema_table();
    if (table == nullptr) return;
    for (const SchemaForeignKey &key : table->foreign_keys) {
      if (key.referenced != table_.parent->table || key.columns.size() >= here_.size()) continue;
      std::vector<std::string> missing;
      for (const std::string &column : here_) {
        const bool of_tenant = column == table_.account || column == table_.workspace;
        const bool has =
            std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
        if (of_tenant && !has) missing.push_back(column);
      }
      if (missing.empty()) continue;
      const bool of_account = missing.front() == table_.account;
      preparation_.script.remarks.push_back(fmt::format(
          "The foreign key {} of {} leaves out {}: its error tells\nwhether a row of another {} "
          "exists. The composite key holds all that it does; once nothing\nneeds it by name:\n\n"
          "alter table {} drop constraint {};",
          key.name, qualified(table_.name), fmt::join(missing, ", "),
          of_account ? "tenant" : "workspace", qualified(table_.name), quote_identifier(key.name)));
    }
  }

 private:
  const SchemaTable *schema_table() const {
    return preparation_.schema == nullptr ? nullptr : preparation_.schema->find_table(table_.name);
  }

  bool is_complete() const {
    const SchemaTable *table = schema_table();
    if (table == nullptr) return false;
    return std::any_of(
        table->foreign_keys.begin(), table->foreign_keys.end(), [&](const SchemaForeignKey &key) {
          if (key.referenced != table_.parent->table || !key.validated) return false;
          const auto has = [&](const std::pair<std::string, std::string> &pair) {
            for (std::size_t i = 0; i < key.columns.size(); ++i) {
              if (key.columns[i] == pair.first && key.referenced_columns[i] == pair.second)
                return true;
            }
            return false;
          };
          const Lineage::Pairs all = lineage_.all();
          return std::all_of(all.begin(), all.end(), has);
        });
  }

  std::string name_of(const TableName &table) const {
    return structure_name(table.name, "_tenant_fkey");
  }

  // Whether the table has a key over these columns; more: on `k`.
  std::string exists(const TableName &table, std::string_view more = {}) const {
    return fmt::format(
        R"(exists (select from pg_constraint k
                 where k.contype = 'f' and k.conrelid = {0}::regclass
                   and k.confrelid = {1}::regclass{4}
                   and (select array_agg(format('%I %I', h.attname, p.attname))
                          from unnest(k.conkey, k.confkey) as pair (here, there)
                          join pg_attribute h on h.attrelid = k.conrelid and h.attnum = pair.here
                          join pg_attribute p on p.attrelid = k.confrelid and p.attnum = pair.there)
                       @> (select array_agg(format('%I %I', w.here, w.there))
                             from unnest({2}, {3}) as w (here, there))))",
        quote_literal(qualified(table)), quote_literal(qualified(table_.parent->table)),
        text_array(here_), text_array(there_), more);
  }

  // What the key without the tenant does on delete and update, as far as it can be done here.
  std::string actions() const {
    const std::string key = list(firsts(lineage_.key));
    return fmt::format(
        R"(coalesce((select case k.confdeltype when 'c' then ' on delete cascade'
                                    when 'r' then ' on delete restrict'
                                    when 'n' then {0}
                                    when 'd' then {1} else '' end
                || case k.confupdtype when 'c' then ' on update cascade'
                                      when 'r' then ' on update restrict' else '' end
           from pg_constraint k
          where k.contype = 'f' and k.conrelid = {2}::regclass and k.confrelid = {3}::regclass
            and (select array_agg(h.attname order by h.attname)
                   from pg_attribute h
                  where h.attrelid = k.conrelid and h.attnum = any (k.conkey))
                = (select array_agg(c::name order by c::name) from unnest({4}) c)
          order by k.conname
          limit 1), ''))",
        quote_literal(fmt::format(" on delete set null ({})", key)),
        quote_literal(fmt::format(" on delete set default ({})", key)),
        quote_literal(qualified(table_.name)), quote_literal(qualified(table_.parent->table)),
        text_array(firsts(lineage_.key)));
  }

  void add(const TableName &table, std::string_view not_valid) {
    const std::string command =
        quote_literal(fmt::format("alter table {} add constraint {} foreign key ({}) references {} "
                                  "({})",
                                  qualified(table), quote_identifier(name_of(table)), list(here_),
                                  qualified(table_.parent->table), list(there_))) +
        "\n       || " + actions() +
        (not_valid.empty() ? "" : "\n       || " + quote_literal(not_valid));
    std::vector<Command> commands{{command, "not " + exists(table)}};
    if (preparation_.schema == nullptr) {
      const std::string partitioned = fmt::format("({}\n        or {})", is_partitioned(table),
                                                  is_partitioned(table_.parent->table));
      commands[0].condition += "\n   and not " + partitioned;
      commands.push_back(
          {remark_on_partitions(table, fmt::format("its foreign key ({}) to {}", list(here_),
                                                   qualified(table_.parent->table))),
           "not " + exists(table) + "\n   and " + partitioned});
    }
    Statement &step =
        add_step(preparation_, table_,
                 fmt::format("Let no new row of {} have another tenant's parent", qualified(table)),
                 choose(commands));
    step.generates = true;
  }

  void two_steps(const TableName &table) {
    add(table, " not valid");
    Statement &step = add_step(
        preparation_, table_,
        fmt::format("See that no row of {} has another tenant's parent", qualified(table)),
        fmt::format("select format('alter table %s validate constraint %I', {0}, v.conname)\n"
                    "  from pg_constraint v\n where v.conrelid = {0}::regclass and v.conname = {1} "
                    "and not v.convalidated\n",
                    quote_literal(qualified(table)), quote_literal(name_of(table))));
    step.generates = true;
    step.patient = true;
  }

  const Preparation &preparation_;
  const Table &table_;
  Lineage lineage_;
  std::vector<std::string> here_;
  std::vector<std::string> there_;
};

}  // namespace

void prepare_foreign_key(const Preparation &preparation, const Table &table) {
  const Lineage lineage = lineage_of(table);
  const Table &parent = *preparation.tables.at(table.parent->table)->table;
  const std::vector<std::string> key = seconds(lineage.all());
  IndexPreparation(preparation, parent, true, "_tenant_key", key, key).emit();
  ForeignKeyPreparation foreign_key(preparation, table);
  foreign_key.emit();
  foreign_key.warn();
}

void prepare_index(const Preparation &preparation, const TablePlan &table) {
  std::vector<std::string> leading;
  for (const auto &[column, value] : table.floor) leading.push_back(column);
  if (leading.empty() || table.table->is_account) return;
  std::vector<std::string> columns = leading;
  if (preparation.schema != nullptr) {
    const SchemaTable *there = preparation.schema->find_table(table.table->name);
    const SchemaKey *key = there == nullptr ? nullptr : there->primary_key();
    if (key != nullptr) {
      for (const std::string &column : key->columns) {
        if (std::find(columns.begin(), columns.end(), column) == columns.end()) {
          columns.push_back(column);
        }
      }
    }
  }
  IndexPreparation(preparation, *table.table, false, "_tenant_idx", columns, leading).emit();
}

}  // namespace tenancy::policy
