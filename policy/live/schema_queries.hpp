// What read_schema() asks the catalog. Every array comes as text[].
#pragma once

#include <string>

namespace tenancy::policy::schema_queries {

// One SET LOCAL for each setting that changes how the server prints names and expressions.
extern const char *const pin_settings;

// $1: names of schemas, or null for all. name: those to read.
extern const char *const schemas;

// $1: schemas. oid, schema, name, owner, kind, partition key or null, partition?, row security,
// forced, schemas and names of parents, security invoker.
extern const char *const relations;

// $1: relations, as oid[]. relation, name, type, not null, default, generated, identity,
// deterministic.
extern const char *const columns;

// $1: relations. name, class, leakproof =, leakproof <, labels, domain over or null, domain not
// null.
extern const char *const types;

// $1: relations. relation, name, kind, columns, operators, nulls not distinct, deferrable, without
// overlaps.
extern const char *const keys;

// $1: relations. relation, name, columns, schema and name referenced, columns referenced, on
// delete, on update, delete columns, match, period, validated.
std::string foreign_keys(int server_version);

// $1: relations. relation, name, method, unique, nulls not distinct, valid, columns, expressions,
// columns included, predicate or null.
extern const char *const indexes;

// $1: schemas. schema, name, arguments, kind, returns or null, owner, definer, search path pinned,
// leakproof, volatility.
extern const char *const functions;

// $1: schemas. schema, name, owner, schema, name and column of its owner or null, identity.
extern const char *const sequences;

}  // namespace tenancy::policy::schema_queries
