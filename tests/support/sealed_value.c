// The sealed text of tenancy.identity, which no SQL shows: for tests that replay it as if it had leaked.
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(sealed_value);
Datum sealed_value(PG_FUNCTION_ARGS) {
  PG_RETURN_TEXT_P(cstring_to_text(GetConfigOption("tenancy.identity", false, false)));
}
