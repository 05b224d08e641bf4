// The one-line forms of a schema file, read; schema_format.cpp writes them. What is wrong with a
// line is in words.failed(), and the result is then of no use. The name is not in the line.
#pragma once

#include "policy/schema.hpp"
#include "policy/sql_words.hpp"

namespace tenancy::policy {

SchemaColumn read_column(SqlWords &words);
SchemaKey read_key(SqlWords &words);
SchemaForeignKey read_foreign_key(SqlWords &words);
SchemaIndex read_index(SqlWords &words);

}  // namespace tenancy::policy
