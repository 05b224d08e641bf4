// The accessors that policies and queries call: what login bound, as SQL values.
//
// A policy calls them per row, so the answer is kept in fn_extra for the life of the statement's
// FmgrInfo and given again while identity_generation() stands still: no look-up, no allocation and
// no clock per row. Whether the identity is live is asked when the answer is made.
#include "pg/boundary.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

struct Answer {
  std::uint64_t generation;  // 0: none yet
  TimestampTz statement;     // PL/pgSQL keeps a FmgrInfo for a transaction; an expiry is asked anew
  Datum value;
  bool is_null;
};

Answer *kept_answer(FunctionCallInfo fcinfo) {
  auto *answer = static_cast<Answer *>(fcinfo->flinfo->fn_extra);
  if (answer == nullptr) {
    answer = static_cast<Answer *>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(Answer)));
    fcinfo->flinfo->fn_extra = answer;
  }
  return answer;
}

Datum give(FunctionCallInfo fcinfo, const Answer &answer) {
  fcinfo->isnull = answer.is_null;
  return answer.value;
}

// make(identity, answer) fills in value and is_null; it runs in the memory context of the FmgrInfo.
template <class Make>
Datum accessor(FunctionCallInfo fcinfo, Make make) {
  Answer *answer = kept_answer(fcinfo);
  const TimestampTz statement = GetCurrentStatementStartTimestamp();
  if (likely(answer->generation == identity_generation() && answer->statement == statement))
    return give(fcinfo, *answer);
  const Identity *identity = live_identity();
  Answer fresh{identity_generation(), statement, 0, true};
  if (identity != nullptr) {
    const MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    make(*identity, fresh);
    MemoryContextSwitchTo(caller);
  }
  *answer = fresh;
  return give(fcinfo, *answer);
}

void set_text(Answer &answer, std::string_view value) {
  answer.value = PointerGetDatum(to_text(value));
  answer.is_null = false;
}

void set_text_unless_empty(Answer &answer, std::string_view value) {
  if (!value.empty()) set_text(answer, value);
}

[[noreturn]] void raise_wrong_type(const char *level, const char *type) {
  ereport(ERROR,
          (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the key of the %s is not a %s", level, type),
           errhint("Use the accessor of the key's own type, or tenancy.%s_key().", level)));
  pg_unreachable();
}

Datum key_text(FunctionCallInfo fcinfo, TenantKey Identity::*key) {
  return accessor(fcinfo, [key](const Identity &identity, Answer &answer) {
    set_text_unless_empty(answer, text_of(identity, identity.*key));
  });
}

Datum key_uuid(FunctionCallInfo fcinfo, TenantKey Identity::*key, const char *level) {
  return accessor(fcinfo, [key, level](const Identity &identity, Answer &answer) {
    const TenantKey &bound = identity.*key;
    if (bound.length == 0) return;
    if (!bound.is_uuid) raise_wrong_type(level, "uuid");
    auto *uuid = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    memcpy(uuid->data, bound.uuid.data(), sizeof uuid->data);
    answer.value = UUIDPGetDatum(uuid);
    answer.is_null = false;
  });
}

Datum key_bigint(FunctionCallInfo fcinfo, TenantKey Identity::*key, const char *level) {
  return accessor(fcinfo, [key, level](const Identity &identity, Answer &answer) {
    const TenantKey &bound = identity.*key;
    if (bound.length == 0) return;
    if (!bound.is_bigint) raise_wrong_type(level, "bigint");
    answer.value = Int64GetDatum(bound.bigint);
    answer.is_null = false;
  });
}

Datum slice_text(FunctionCallInfo fcinfo, Slice Identity::*slice) {
  return accessor(fcinfo, [slice](const Identity &identity, Answer &answer) {
    set_text(answer, text_of(identity, identity.*slice));
  });
}

Datum role_list(FunctionCallInfo fcinfo) {
  return accessor(fcinfo, [](const Identity &identity, Answer &answer) {
    auto *roles = static_cast<Datum *>(palloc(sizeof(Datum) * Max(identity.role_count, 1)));
    for (std::size_t i = 0; i < identity.role_count; ++i)
      roles[i] = PointerGetDatum(to_text(role_at(identity, i)));
    answer.value = PointerGetDatum(construct_array(roles, static_cast<int>(identity.role_count),
                                                   TEXTOID, -1, false, TYPALIGN_INT));
    answer.is_null = false;
  });
}

Datum expiry(FunctionCallInfo fcinfo) {
  return accessor(fcinfo, [](const Identity &identity, Answer &answer) {
    answer.value = TimestampTzGetDatum(timestamp_of_unix(identity.expires_at));
    answer.is_null = false;
  });
}

// A literal, that is: a parameter is stable for a statement too, but PL/pgSQL keeps a FmgrInfo
// while its variables change.
bool argument_is_literal(FunctionCallInfo fcinfo, int number) {
  const Node *call = fcinfo->flinfo->fn_expr;
  return call != nullptr && IsA(call, FuncExpr) &&
         IsA(list_nth(reinterpret_cast<const FuncExpr *>(call)->args, number), Const);
}

// test(identity) is kept for the statement where the arguments are literals, as in every policy.
template <class Test>
Datum boolean(FunctionCallInfo fcinfo, bool is_literal, Test test) {
  if (is_literal)
    return accessor(fcinfo, [test](const Identity &identity, Answer &answer) {
      answer.value = BoolGetDatum(test(identity));
      answer.is_null = false;
    });
  const Identity *identity = live_identity();
  if (identity == nullptr) PG_RETURN_NULL();
  PG_RETURN_BOOL(test(*identity));
}

Datum role_test(FunctionCallInfo fcinfo) {
  return boolean(fcinfo, argument_is_literal(fcinfo, 0), [fcinfo](const Identity &identity) {
    return has_role(identity, view(PG_GETARG_TEXT_PP(0)));
  });
}

Datum context_test(FunctionCallInfo fcinfo) {
  return boolean(fcinfo, argument_is_literal(fcinfo, 0) && argument_is_literal(fcinfo, 1),
                 [fcinfo](const Identity &identity) {
                   return text_of(identity, identity.application) == view(PG_GETARG_TEXT_PP(0)) &&
                          text_of(identity, identity.api_context) == view(PG_GETARG_TEXT_PP(1));
                 });
}

Datum claim_text(FunctionCallInfo fcinfo) {
  const Identity *identity = live_identity();
  if (identity == nullptr) PG_RETURN_NULL();
  const std::string_view claim = claim_named(*identity, view(PG_GETARG_TEXT_PP(0)));
  if (claim.data() == nullptr) PG_RETURN_NULL();
  PG_RETURN_TEXT_P(to_text(claim));
}

}  // namespace
}  // namespace tenancy::pg

using tenancy::Identity;
namespace glue = tenancy::pg;

#define ACCESSOR(name, body)     \
  PG_FUNCTION_INFO_V1(name);     \
  Datum name(PG_FUNCTION_ARGS) { \
    return body;                 \
  }

extern "C" {

ACCESSOR(tenancy_account_key, glue::key_text(fcinfo, &Identity::account))
ACCESSOR(tenancy_account_uuid, glue::key_uuid(fcinfo, &Identity::account, "account"))
ACCESSOR(tenancy_account_bigint, glue::key_bigint(fcinfo, &Identity::account, "account"))
ACCESSOR(tenancy_workspace_key, glue::key_text(fcinfo, &Identity::workspace))
ACCESSOR(tenancy_workspace_uuid, glue::key_uuid(fcinfo, &Identity::workspace, "workspace"))
ACCESSOR(tenancy_workspace_bigint, glue::key_bigint(fcinfo, &Identity::workspace, "workspace"))
ACCESSOR(tenancy_user_key, glue::key_text(fcinfo, &Identity::user))
ACCESSOR(tenancy_user_uuid, glue::key_uuid(fcinfo, &Identity::user, "user"))
ACCESSOR(tenancy_user_bigint, glue::key_bigint(fcinfo, &Identity::user, "user"))
ACCESSOR(tenancy_subject, glue::slice_text(fcinfo, &Identity::subject))
ACCESSOR(tenancy_token_issuer, glue::slice_text(fcinfo, &Identity::issuer))
ACCESSOR(tenancy_application, glue::slice_text(fcinfo, &Identity::application))
ACCESSOR(tenancy_api_context, glue::slice_text(fcinfo, &Identity::api_context))
ACCESSOR(tenancy_roles, glue::role_list(fcinfo))
ACCESSOR(tenancy_has_role, glue::role_test(fcinfo))
ACCESSOR(tenancy_context_is, glue::context_test(fcinfo))
ACCESSOR(tenancy_claim, glue::claim_text(fcinfo))
ACCESSOR(tenancy_expires_at, glue::expiry(fcinfo))

}  // extern "C"
