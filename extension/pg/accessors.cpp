// The accessors that policies and queries call: what login bound, as SQL values.
//
// A policy calls them per row, so the answer is kept in fn_extra and given again while it holds: no
// look-up, no allocation and no clock per row. Whether the identity is live is asked when the
// answer is made.
#include "pg/answer.hpp"
#include "pg/boundary.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

struct Answer {
  Moment moment;
  const Identity *identity;  // for a test of arguments that vary: what they are tested against
  Datum value;
  bool is_null;
};

struct Type {
  bool by_value;
  int length;
};
constexpr Type by_value{true, 8};
constexpr Type varlena{false, -1};
constexpr Type uuid{false, UUID_LEN};

Datum give(FunctionCallInfo fcinfo, const Answer &answer) {
  fcinfo->isnull = answer.is_null;
  return answer.value;
}

// make(identity, answer) sets value and is_null, in the caller's memory. A FmgrInfo of PL/pgSQL
// lives for a transaction of any number of statements: its memory gets a value only when it differs
// from the one before.
template <class Make>
pg_noinline Answer *renew(FunctionCallInfo fcinfo, Type type, Make make) {
  Answer *answer = kept<Answer>(fcinfo);
  const Moment moment = this_moment();
  const Identity *identity = live_identity();
  Answer fresh{moment, nullptr, 0, true};
  if (identity != nullptr) make(*identity, fresh);
  const bool refers = !fresh.is_null && !type.by_value;
  if (refers && answer->value != 0 && datumIsEqual(answer->value, fresh.value, false, type.length))
    fresh.value = answer->value;
  else if (refers) {
    const MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
    fresh.value = datumCopy(fresh.value, false, type.length);
    MemoryContextSwitchTo(caller);
  }
  *answer = fresh;
  return answer;
}

template <class Make>
Datum accessor(FunctionCallInfo fcinfo, Type type, Make make) {
  const auto *answer = static_cast<const Answer *>(fcinfo->flinfo->fn_extra);
  if (likely(answer != nullptr && holds(answer->moment))) return give(fcinfo, *answer);
  return give(fcinfo, *renew(fcinfo, type, make));
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
  return accessor(fcinfo, varlena, [key](const Identity &identity, Answer &answer) {
    set_text_unless_empty(answer, text_of(identity, identity.*key));
  });
}

Datum key_uuid(FunctionCallInfo fcinfo, TenantKey Identity::*key, const char *level) {
  return accessor(fcinfo, uuid, [key, level](const Identity &identity, Answer &answer) {
    const TenantKey &bound = identity.*key;
    if (bound.length == 0) return;
    if (!bound.is_uuid) raise_wrong_type(level, "uuid");
    auto *value = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    memcpy(value->data, bound.uuid.data(), sizeof value->data);
    answer.value = UUIDPGetDatum(value);
    answer.is_null = false;
  });
}

Datum key_bigint(FunctionCallInfo fcinfo, TenantKey Identity::*key, const char *level) {
  return accessor(fcinfo, by_value, [key, level](const Identity &identity, Answer &answer) {
    const TenantKey &bound = identity.*key;
    if (bound.length == 0) return;
    if (!bound.is_bigint) raise_wrong_type(level, "bigint");
    answer.value = Int64GetDatum(bound.bigint);
    answer.is_null = false;
  });
}

Datum slice_text(FunctionCallInfo fcinfo, Slice Identity::*slice) {
  return accessor(fcinfo, varlena, [slice](const Identity &identity, Answer &answer) {
    set_text(answer, text_of(identity, identity.*slice));
  });
}

Datum role_list(FunctionCallInfo fcinfo) {
  return accessor(fcinfo, varlena, [](const Identity &identity, Answer &answer) {
    auto *roles = static_cast<Datum *>(palloc(sizeof(Datum) * Max(identity.role_count, 1)));
    for (std::size_t i = 0; i < identity.role_count; ++i)
      roles[i] = PointerGetDatum(to_text(role_at(identity, i)));
    answer.value = PointerGetDatum(construct_array(roles, static_cast<int>(identity.role_count),
                                                   TEXTOID, -1, false, TYPALIGN_INT));
    answer.is_null = false;
  });
}

Datum expiry(FunctionCallInfo fcinfo) {
  return accessor(fcinfo, by_value, [](const Identity &identity, Answer &answer) {
    answer.value = TimestampTzGetDatum(timestamp_of_unix(identity.expires_at));
    answer.is_null = false;
  });
}

// make(identity, answer) as for accessor(), but from the function's arguments too. Where these are
// literals, as in every policy, the answer is kept; where they vary, the identity is.
template <class Make>
Datum answer_to_arguments(FunctionCallInfo fcinfo, Type type, Make make) {
  const auto *answer = static_cast<const Answer *>(fcinfo->flinfo->fn_extra);
  if (unlikely(answer == nullptr || !holds(answer->moment))) {
    if (arguments_are_literals(fcinfo)) return give(fcinfo, *renew(fcinfo, type, make));
    answer = renew(fcinfo, by_value, [](const Identity &identity, Answer &kept_answer) {
      kept_answer.identity = &identity;
    });
  }
  if (answer->identity == nullptr) return give(fcinfo, *answer);
  Answer fresh{answer->moment, nullptr, 0, true};
  make(*answer->identity, fresh);
  return give(fcinfo, fresh);
}

Datum role_test(FunctionCallInfo fcinfo) {
  return answer_to_arguments(fcinfo, by_value, [fcinfo](const Identity &identity, Answer &answer) {
    answer.value = BoolGetDatum(has_role(identity, view(PG_GETARG_TEXT_PP(0))));
    answer.is_null = false;
  });
}

Datum context_test(FunctionCallInfo fcinfo) {
  return answer_to_arguments(fcinfo, by_value, [fcinfo](const Identity &identity, Answer &answer) {
    answer.value =
        BoolGetDatum(text_of(identity, identity.application) == view(PG_GETARG_TEXT_PP(0)) &&
                     text_of(identity, identity.api_context) == view(PG_GETARG_TEXT_PP(1)));
    answer.is_null = false;
  });
}

Datum identity_test(FunctionCallInfo fcinfo) {
  const auto *answer = static_cast<const Answer *>(fcinfo->flinfo->fn_extra);
  if (unlikely(answer == nullptr || !holds(answer->moment))) {
    Answer *fresh = kept<Answer>(fcinfo);
    *fresh = {this_moment(), nullptr, BoolGetDatum(peek_identity() != nullptr), false};
    answer = fresh;
  }
  return give(fcinfo, *answer);
}

Datum claim_text(FunctionCallInfo fcinfo) {
  return answer_to_arguments(fcinfo, varlena, [fcinfo](const Identity &identity, Answer &answer) {
    const std::string_view claim = claim_named(identity, view(PG_GETARG_TEXT_PP(0)));
    if (claim.data() != nullptr) set_text(answer, claim);
  });
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
ACCESSOR(tenancy_has_identity, glue::identity_test(fcinfo))
ACCESSOR(tenancy_claim, glue::claim_text(fcinfo))
ACCESSOR(tenancy_expires_at, glue::expiry(fcinfo))

}  // extern "C"
