#include "policy/schema.hpp"

#include <algorithm>
#include <tuple>

#include "policy/schema_words.hpp"

namespace tenancy::policy {

namespace {

template <class Item>
const Item *find_named(const std::vector<Item> &items, std::string_view name) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&](const Item &item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

template <class Item, class Name>
const Item *find_sorted(const std::vector<Item> &items, const Name &name) {
  const auto found =
      std::lower_bound(items.begin(), items.end(), name,
                       [](const Item &item, const Name &wanted) { return item.name < wanted; });
  return found == items.end() || found->name != name ? nullptr : &*found;
}

template <class Item>
void sort_named(std::vector<Item> &items) {
  std::sort(items.begin(), items.end(),
            [](const Item &a, const Item &b) { return a.name < b.name; });
}

bool same_set(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

// The names of the first `count` elements; nothing if one of them is an expression.
std::optional<std::vector<std::string>> leading_columns(const SchemaIndex &index,
                                                        std::size_t count) {
  if (index.elements.size() < count) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    if (index.elements[i].column.empty()) return std::nullopt;
    names.push_back(index.elements[i].column);
  }
  return names;
}

}  // namespace

const SchemaColumn *SchemaTable::find_column(std::string_view column) const {
  return find_named(columns, column);
}

const SchemaKey *SchemaTable::primary_key() const {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [](const SchemaKey &k) { return k.kind == KeyKind::primary; });
  return found == keys.end() ? nullptr : &*found;
}

bool SchemaTable::is_unique(const std::vector<std::string> &wanted) const {
  const bool by_key = std::any_of(keys.begin(), keys.end(), [&](const SchemaKey &key) {
    return key.kind != KeyKind::exclusion && !key.deferrable && !key.without_overlaps &&
           same_set(key.columns, wanted);
  });
  return by_key || std::any_of(indexes.begin(), indexes.end(), [&](const SchemaIndex &index) {
           const auto names = leading_columns(index, wanted.size());
           return index.unique && index.valid && !index.where &&
                  index.elements.size() == wanted.size() && names && same_set(*names, wanted);
         });
}

bool SchemaTable::has_leading_index(const std::vector<std::string> &wanted) const {
  const bool by_key = std::any_of(keys.begin(), keys.end(), [&](const SchemaKey &key) {
    return key.kind != KeyKind::exclusion && !key.without_overlaps &&
           key.columns.size() >= wanted.size() &&
           same_set({key.columns.begin(),
                     key.columns.begin() + static_cast<std::ptrdiff_t>(wanted.size())},
                    wanted);
  });
  return by_key || std::any_of(indexes.begin(), indexes.end(), [&](const SchemaIndex &index) {
           const auto names = leading_columns(index, wanted.size());
           return index.method == "btree" && index.valid && !index.where && names &&
                  same_set(*names, wanted);
         });
}

const SchemaColumn *SchemaView::find_column(std::string_view column) const {
  return find_named(columns, column);
}

void Schema::arrange() {
  sort_named(types);
  sort_named(tables);
  sort_named(views);
  sort_named(sequences);
  std::sort(functions.begin(), functions.end(),
            [](const SchemaFunction &a, const SchemaFunction &b) {
              return std::tie(a.name, a.arguments) < std::tie(b.name, b.arguments);
            });
  for (SchemaTable &table : tables) {
    sort_named(table.keys);
    sort_named(table.foreign_keys);
    sort_named(table.indexes);
    table.partitions.clear();
    table.sequences.clear();
  }
  const auto at = [&](const TableName &name) {
    const SchemaTable *table = find_table(name);
    return table == nullptr ? nullptr : &tables[static_cast<std::size_t>(table - tables.data())];
  };
  for (const SchemaTable &table : tables) {
    SchemaTable *parent = table.partition_of ? at(*table.partition_of) : nullptr;
    if (parent != nullptr) parent->partitions.push_back(table.name);
  }
  for (const SchemaSequence &sequence : sequences) {
    SchemaTable *owner = sequence.owned_by ? at(sequence.owned_by->table) : nullptr;
    if (owner != nullptr) owner->sequences.push_back(sequence.name);
  }
}

const SchemaType *Schema::find_type(std::string_view spelling) const {
  return find_sorted(types, spelling);
}

const SchemaTable *Schema::find_table(const TableName &name) const {
  return find_sorted(tables, name);
}

const SchemaView *Schema::find_view(const TableName &name) const {
  return find_sorted(views, name);
}

const SchemaFunction *Schema::find_function(const TableName &name,
                                            const std::vector<std::string> &arguments) const {
  for (const SchemaFunction *function : functions_named(name)) {
    if (function->arguments == arguments) return function;
  }
  return nullptr;
}

std::vector<const SchemaFunction *> Schema::functions_named(const TableName &name) const {
  std::vector<const SchemaFunction *> found;
  auto at = std::lower_bound(
      functions.begin(), functions.end(), name,
      [](const SchemaFunction &f, const TableName &wanted) { return f.name < wanted; });
  for (; at != functions.end() && at->name == name; ++at) found.push_back(&*at);
  return found;
}

const SchemaSequence *Schema::find_sequence(const TableName &name) const {
  return find_sorted(sequences, name);
}

std::vector<const SchemaTable *> Schema::all_partitions(const SchemaTable &table) const {
  std::vector<const SchemaTable *> all;
  const SchemaTable *parent = &table;
  for (std::size_t next = 0;; parent = all[next++]) {
    for (const TableName &partition : parent->partitions) all.push_back(find_table(partition));
    if (next == all.size()) return all;
  }
}

std::string_view name_of(TypeClass type_class) {
  return find_word(type_class_words, type_class);
}

}  // namespace tenancy::policy
