#include "core/claims.hpp"

#include <algorithm>
#include <cmath>

namespace tenancy {
namespace {

// A NumericDate (RFC 7519 §2) as the whole seconds around it.
struct Date {
  bool present;
  std::int64_t floor;
  std::int64_t ceil;
};

Refusal read_date(Json claim, Date &date) noexcept {
  date = {};
  if (!claim.exists()) return Refusal::none;
  if (claim.is(JsonType::integer)) {
    if (claim.integer() < 0 || claim.integer() > max_date) return Refusal::bad_claim;
    date = {true, claim.integer(), claim.integer()};
    return Refusal::none;
  }
  if (!claim.is(JsonType::real)) return Refusal::bad_claim;
  const double seconds = claim.real();
  if (!(seconds >= 0 && seconds <= static_cast<double>(max_date))) return Refusal::bad_claim;
  date = {true, static_cast<std::int64_t>(std::floor(seconds)),
          static_cast<std::int64_t>(std::ceil(seconds))};
  return Refusal::none;
}

// RFC 7519 §4.1.4 to §4.1.6.
Refusal check_dates(Json claims, const Issuer &issuer, std::int64_t now,
                    Verdict &verdict) noexcept {
  Date exp, nbf, iat;
  for (const auto &[name, date] : {std::pair("exp", &exp), {"nbf", &nbf}, {"iat", &iat}}) {
    if (const Refusal refusal = read_date(claims[name], *date); refusal != Refusal::none) {
      return refusal;
    }
  }
  if (!exp.present) return Refusal::missing_claim;
  if (issuer.max_lifetime != 0) {
    if (!iat.present && !nbf.present) return Refusal::missing_claim;
    const std::int64_t start = iat.present ? iat.floor : nbf.floor;
    if (exp.floor - start > issuer.max_lifetime) return Refusal::lifetime_too_long;
  }
  for (const Date &date : {nbf, iat}) {
    if (date.present && date.ceil - issuer.leeway > now) return Refusal::not_yet_valid;
  }
  verdict.issued_at = iat.present ? iat.floor : no_issue_time;
  verdict.expires_at = exp.floor + issuer.leeway;
  return now < verdict.expires_at ? Refusal::none : Refusal::expired;
}

bool contains(const std::vector<std::string> &names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// RFC 7519 §4.1.1. An issuer without a name has nothing to compare.
Refusal check_issuer(Json iss, const Issuer &issuer, std::string_view &matched) noexcept {
  if (!iss.exists()) return issuer.name.empty() ? Refusal::none : Refusal::missing_claim;
  if (!iss.is(JsonType::string)) return Refusal::bad_claim;
  matched = iss.string();
  return issuer.name.empty() || matched == issuer.name || contains(issuer.aliases, matched)
             ? Refusal::none
             : Refusal::unknown_issuer;
}

// RFC 7519 §4.1.3: a string or an array of strings.
Refusal check_audience(Json aud, const Issuer &issuer, std::string_view &matched) noexcept {
  if (issuer.audiences.empty()) return Refusal::none;
  if (!aud.exists()) return Refusal::missing_claim;
  if (aud.is(JsonType::string)) {
    matched = aud.string();
    return contains(issuer.audiences, matched) ? Refusal::none : Refusal::wrong_audience;
  }
  if (!aud.is(JsonType::array)) return Refusal::bad_claim;
  bool accepted = false;
  for (std::size_t i = 0; i < aud.size(); i++) {
    if (!aud[i].is(JsonType::string)) return Refusal::bad_claim;
    if (!accepted && contains(issuer.audiences, aud[i].string())) {
      matched = aud[i].string();
      accepted = true;
    }
  }
  return accepted ? Refusal::none : Refusal::wrong_audience;
}

// One of the values that the issuer names for the claim; the claim is a string.
bool has_required_value(const Issuer &issuer, std::string_view name,
                        std::string_view value) noexcept {
  return std::any_of(issuer.required_claims.begin(), issuer.required_claims.end(),
                     [&](const Issuer::Required &required) {
                       return required.name == name && required.value == value;
                     });
}

Refusal check_required(Json claims, const Issuer &issuer) noexcept {
  for (const Issuer::Required &required : issuer.required_claims) {
    const Json claim = claims[required.name];
    if (!claim.exists()) return Refusal::missing_claim;
    const bool is_date = required.name == "exp" || required.name == "nbf" || required.name == "iat";
    if (is_date && required.value.empty()) continue;  // check_dates() reads it
    if (!claim.is(JsonType::string)) return Refusal::bad_claim;
    if (claim.string().empty()) return Refusal::wrong_claim;
    if (!required.value.empty() && !has_required_value(issuer, required.name, claim.string())) {
      return Refusal::wrong_claim;
    }
  }
  return Refusal::none;
}

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= max_name_bytes && !has_control_character(text);
}

// A tenant's name: a string, or an integer taken by its digits.
Refusal read_tenant(const Token &token, const std::string &claim, std::string_view &name) noexcept {
  if (claim.empty()) return Refusal::none;
  const Json value = token.claims.root()[claim];
  if (!value.exists()) return Refusal::none;
  if (!value.is(JsonType::string) && !value.is(JsonType::integer)) return Refusal::bad_claim;
  const auto text = std::find_if(token.texts.begin(), token.texts.end(),
                                 [&](const Token::Text &t) { return t.name == claim; });
  name = text->value;
  return is_name(name) ? Refusal::none : Refusal::bad_claim;
}

Refusal check(const Token &token, const Issuer &issuer, std::int64_t now,
              Verdict &verdict) noexcept {
  const Json claims = token.claims.root();
  Refusal refusal = check_issuer(claims["iss"], issuer, verdict.issuer);
  if (refusal != Refusal::none) return refusal;
  // RFC 7800: whoever holds it must prove a key, which nobody does here.
  if (claims["cnf"].exists()) return Refusal::sender_constrained;
  refusal = check_audience(audience_of(claims, issuer), issuer, verdict.audience);
  if (refusal != Refusal::none) return refusal;
  refusal = check_required(claims, issuer);
  if (refusal != Refusal::none) return refusal;

  const Json subject = claims[issuer.subject_claim];
  if (!subject.exists() && issuer.subject_required) return Refusal::missing_claim;
  verdict.subject = subject.string();
  if (subject.exists() && !is_name(verdict.subject)) return Refusal::bad_claim;
  refusal = read_tenant(token, issuer.account_claim, verdict.account);
  if (refusal != Refusal::none) return refusal;
  refusal = read_tenant(token, issuer.workspace_claim, verdict.workspace);
  if (refusal != Refusal::none) return refusal;
  // Last, so that "get a fresh token" is said of tokens that are right otherwise.
  return check_dates(claims, issuer, now, verdict);
}

}  // namespace

Json audience_of(Json claims, const Issuer &issuer) noexcept {
  for (const std::string &name : issuer.audience_claims) {
    if (claims[name].exists()) return claims[name];
  }
  return {};
}

void check_claims(const Token &token, const Issuer &issuer, std::int64_t now,
                  Verdict &verdict) noexcept {
  verdict.refusal = check(token, issuer, now, verdict);
}

}  // namespace tenancy
