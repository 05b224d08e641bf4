// What the compiler knows about the tables: read from a live database (policy/live/read_schema.hpp)
// or from the file that `tenancy schema dump` wrote (policy/schema_file.hpp). Pure data.
//
// A SQL spelling is what PostgreSQL prints while only pg_catalog is in the search path: `bigint`,
// `character varying(40)`, `public.ticket_status`, public."Odd Name". Names are the catalog's,
// without quotes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table_name.hpp"

namespace tenancy::policy {

enum class TypeClass {
  boolean,
  integer,  // smallint, integer, bigint
  number,   // numeric, real, double precision
  text,     // text, character varying, character, name and other string types
  uuid,
  date,
  timestamp,    // with and without time zone
  enumeration,  // an enum type
  other,        // what a condition can only test for null
};

// A type that a column of a table or view has. A domain counts as what it is made of.
struct SchemaType {
  std::string name;  // SQL spelling with its modifier: as SchemaColumn::type says it
  TypeClass type_class = TypeClass::other;
  bool leakproof_equal = false;     // `=` of the default btree operator class; false: there is none
  bool leakproof_less = false;      // the same for `<`, which speaks for <=, > and >=
  std::vector<std::string> labels;  // of an enumeration, in its order
  std::string domain_over;          // SQL spelling of the type below; empty: no domain
  bool domain_not_null = false;     // the domain, or one below it, takes no null
  bool operator==(const SchemaType &) const = default;
};

enum class Generated { no, stored, computed };  // computed: VIRTUAL, PostgreSQL 18
enum class Identity { no, always, by_default };

struct SchemaColumn {
  std::string name;
  std::string type;                           // SQL spelling: Schema::find_type() knows more
  bool not_null = false;                      // holds for every row there is
  std::optional<std::string> default_value;   // SQL
  std::optional<std::string> generated_from;  // SQL; only with generated
  Generated generated = Generated::no;
  Identity identity = Identity::no;
  bool deterministic = true;  // false: equal values of its collation may differ in bytes
  bool operator==(const SchemaColumn &) const = default;
};

enum class KeyKind { primary, unique, exclusion };

struct SchemaKey {
  std::string name;
  KeyKind kind = KeyKind::unique;
  // In the order of the key. Of an exclusion constraint, empty where it has an expression.
  std::vector<std::string> columns;
  std::vector<std::string> operators;  // of an exclusion constraint, one for each column
  bool nulls_not_distinct = false;
  bool deferrable = false;        // then no foreign key can refer to it
  bool without_overlaps = false;  // PostgreSQL 18: the last column is compared with &&
  bool operator==(const SchemaKey &) const = default;
};

enum class ForeignAction { no_action, restrict, cascade, set_null, set_default };

struct SchemaForeignKey {
  std::string name;
  std::vector<std::string> columns;
  TableName referenced;  // may lie outside of what was read
  std::vector<std::string> referenced_columns;
  ForeignAction on_delete = ForeignAction::no_action;
  ForeignAction on_update = ForeignAction::no_action;
  std::vector<std::string> delete_columns;  // of ON DELETE SET ...; empty: all of columns
  bool match_full = false;
  bool period = false;    // PostgreSQL 18: the last column is a PERIOD
  bool validated = true;  // false: rows that break it may be there
  bool operator==(const SchemaForeignKey &) const = default;
};

struct IndexElement {
  std::string column;      // empty: an expression
  std::string expression;  // SQL, only without column
  bool operator==(const IndexElement &) const = default;
};

// An index that is not behind a key of the table.
struct SchemaIndex {
  std::string name;
  std::string method;  // btree, gin, ...
  bool unique = false;
  bool nulls_not_distinct = false;
  bool valid = true;
  std::vector<IndexElement> elements;  // in order: the first is the leading one
  std::vector<std::string> include;    // columns that it holds besides
  std::optional<std::string> where;    // SQL, of a partial index
  bool operator==(const SchemaIndex &) const = default;
};

enum class RowSecurity { off, enabled, forced };

struct SchemaTable {
  TableName name;
  std::string owner;
  bool foreign = false;  // a foreign table: row level security cannot hold there
  std::optional<std::string> partitioned_by;  // `LIST (region)`; a partition may have it too
  std::optional<TableName> partition_of;
  std::vector<TableName> inherits;  // INHERITS, not partitioning
  RowSecurity row_security = RowSecurity::off;
  std::vector<SchemaColumn> columns;  // in the order of the table
  // Of a partition only those of its own: what its parent has, it has.
  std::vector<SchemaKey> keys;
  std::vector<SchemaForeignKey> foreign_keys;
  std::vector<SchemaIndex> indexes;
  // Found by Schema::arrange():
  std::vector<TableName> partitions;  // the direct ones
  std::vector<TableName> sequences;   // owned by its columns
  bool operator==(const SchemaTable &) const = default;

  const SchemaColumn *find_column(std::string_view column) const;
  const SchemaKey *primary_key() const;
  // Whether no two rows agree in these columns, so that a foreign key can refer to exactly them:
  // a primary or unique key, or a whole unique index, in any order of columns.
  bool is_unique(const std::vector<std::string> &columns) const;
  // Whether a whole, valid btree index, that of a key included, begins with these columns, in any
  // order among them.
  bool has_leading_index(const std::vector<std::string> &columns) const;
};

struct SchemaView {
  TableName name;
  std::string owner;
  bool materialized = false;
  bool security_invoker = false;      // never of a materialized view
  std::vector<SchemaColumn> columns;  // name, type, deterministic
  bool operator==(const SchemaView &) const = default;

  const SchemaColumn *find_column(std::string_view column) const;
};

enum class RoutineKind { function, procedure, aggregate, window };
enum class Volatility { immutable, stable, is_volatile };

struct SchemaFunction {
  TableName name;
  std::vector<std::string> arguments;  // SQL spellings of the input types: with name its identity
  RoutineKind kind = RoutineKind::function;
  std::string returns;  // SQL: `SETOF public.tickets`, `trigger`; empty: a procedure
  std::string owner;
  bool security_definer = false;
  bool pins_search_path = false;  // SET search_path
  bool leakproof = false;
  Volatility volatility = Volatility::is_volatile;
  bool operator==(const SchemaFunction &) const = default;
};

struct SequenceOwner {
  TableName table;
  std::string column;
  bool identity = false;  // of an identity column, which needs no USAGE
  bool operator==(const SequenceOwner &) const = default;
};

struct SchemaSequence {
  TableName name;
  std::string owner;
  std::optional<SequenceOwner> owned_by;
  bool operator==(const SchemaSequence &) const = default;
};

struct Schema {
  int server = 0;  // major version of PostgreSQL
  // Each sorted by name, functions by name and arguments, once arrange() ran.
  std::vector<SchemaType> types;
  std::vector<SchemaTable> tables;
  std::vector<SchemaView> views;
  std::vector<SchemaFunction> functions;
  std::vector<SchemaSequence> sequences;
  bool operator==(const Schema &) const = default;

  // Sorts and connects what was filled in; the look-ups REQUIRE it.
  void arrange();

  // Null if there is none; what they point to lives as long as the schema is not changed.
  const SchemaType *find_type(std::string_view spelling) const;
  const SchemaTable *find_table(const TableName &name) const;
  const SchemaView *find_view(const TableName &name) const;
  const SchemaFunction *find_function(const TableName &name,
                                      const std::vector<std::string> &arguments) const;
  std::vector<const SchemaFunction *> functions_named(const TableName &name) const;
  const SchemaSequence *find_sequence(const TableName &name) const;

  // All partitions of a table, of every depth, each parent before its own.
  std::vector<const SchemaTable *> all_partitions(const SchemaTable &table) const;
};

// boolean, integer, ...: as the schema file has them.
std::string_view name_of(TypeClass type_class);

}  // namespace tenancy::policy
