#include "core/identity.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

using namespace tenancy;

namespace {

constexpr std::string_view uuid = "01234567-89ab-cdef-fedc-ba9876543210";
constexpr std::string_view roles[] = {"account.admin", "workspace.editor"};
constexpr std::string_view claims[] = {"email", "a@b.example", "empty", ""};

IdentityFields some_fields() {
  IdentityFields fields{};
  fields.account = uuid;
  fields.workspace = "-42";
  fields.user = "user one";
  fields.subject = "subject";
  fields.issuer = "https://issuer.example";
  fields.application = "helpdesk";
  fields.api_context = "app";
  fields.roles = roles;
  fields.claims = claims;
  fields.expires_at = 1'800'000'000;
  fields.issued_at = 1'700'000'000;
  return fields;
}

// An identity with the memory that it stands in; every byte counts, so that none past it is read.
class Encoded {
 public:
  explicit Encoded(const IdentityFields &fields) : size_(identity_size(fields)) {
    REQUIRE(size_ > 0);
    words_.resize((size_ + 7) / 8);
    identity_ = encode_identity(fields, {data(), size_});
  }
  const Identity &operator*() const { return *identity_; }
  const Identity *operator->() const { return identity_; }
  std::string bytes() const { return {reinterpret_cast<const char *>(words_.data()), size_}; }

 private:
  char *data() { return reinterpret_cast<char *>(words_.data()); }
  std::size_t size_;
  std::vector<std::uint64_t> words_;
  const Identity *identity_;
};

// Judges bytes where an identity would stand: aligned.
bool whole(const std::string &bytes) {
  std::vector<std::uint64_t> words(bytes.size() / 8 + 1);
  std::memcpy(words.data(), bytes.data(), bytes.size());
  return is_identity({reinterpret_cast<const char *>(words.data()), bytes.size()});
}

}  // namespace

TEST_CASE("identity: what is encoded is read", "[identity]") {
  const Encoded identity(some_fields());
  CHECK(text_of(*identity, identity->account) == uuid);
  CHECK(text_of(*identity, identity->workspace) == "-42");
  CHECK(text_of(*identity, identity->user) == "user one");
  CHECK(text_of(*identity, identity->subject) == "subject");
  CHECK(text_of(*identity, identity->issuer) == "https://issuer.example");
  CHECK(text_of(*identity, identity->application) == "helpdesk");
  CHECK(text_of(*identity, identity->api_context) == "app");
  CHECK(identity->expires_at == 1'800'000'000);
  CHECK(identity->issued_at == 1'700'000'000);
  CHECK(identity->serial == 0);
  REQUIRE(identity->role_count == 2);
  CHECK(role_at(*identity, 0) == "account.admin");
  CHECK(role_at(*identity, 1) == "workspace.editor");
  CHECK(has_role(*identity, "workspace.editor"));
  CHECK_FALSE(has_role(*identity, "workspace.edito"));
  CHECK_FALSE(has_role(*identity, ""));
  CHECK(claim_named(*identity, "email") == "a@b.example");
  CHECK(claim_named(*identity, "empty").empty());
  CHECK(claim_named(*identity, "empty").data() != nullptr);
  CHECK(claim_named(*identity, "a@b.example").data() == nullptr);
  // Every text ends with a NUL that is not counted.
  CHECK(text_of(*identity, identity->subject).data()[7] == 0);
}

TEST_CASE("identity: a key is a uuid or a bigint only in the form that is printed", "[identity]") {
  struct Case {
    std::string key;
    bool is_uuid;
    bool is_bigint;
  };
  const Case cases[] = {
      {std::string(uuid), true, false},
      {"01234567-89AB-cdef-fedc-ba9876543210", false, false},
      {"{01234567-89ab-cdef-fedc-ba9876543210}", false, false},
      {"0123456789abcdeffedcba9876543210", false, false},
      {"01234567-89ab-cdef-fedc-ba987654321", false, false},
      {"01234567-89ab-cdef-fedc-ba98765432100", false, false},
      {"0123456-789ab-cdef-fedc-ba9876543210", false, false},
      {"01234567-89ab-cdef-fedcaba9876543210", false, false},
      {"01234567-89ab-cdef-fedc-ba987654321g", false, false},
      {"01234567-89ab-cdef-fedc-ba987654321/", false, false},
      {"0", false, true},
      {"-9223372036854775808", false, true},
      {"9223372036854775807", false, true},
      {"9223372036854775808", false, false},
      {"-9223372036854775809", false, false},
      {"007", false, false},
      {"-0", false, false},
      {"+1", false, false},
      {"1 ", false, false},
      {" 1", false, false},
      {"1.0", false, false},
      {"0x1", false, false},
      {"", false, false},
      {"acme", false, false},
  };
  for (const Case &c : cases) {
    INFO(c.key);
    IdentityFields fields{};
    fields.account = c.key;
    const Encoded identity(fields);
    CHECK(identity->account.is_uuid == c.is_uuid);
    CHECK(identity->account.is_bigint == c.is_bigint);
    CHECK(identity->account.length == c.key.size());
    CHECK(text_of(*identity, identity->account) == c.key);
  }
  const Encoded identity(some_fields());
  CHECK(identity->account.uuid == std::array<std::uint8_t, 16>{0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                                               0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                                                               0x76, 0x54, 0x32, 0x10});
  CHECK(identity->workspace.bigint == -42);
}

TEST_CASE("identity: it is bounded", "[identity]") {
  IdentityFields fields{};
  const std::vector<std::string_view> many(2 * max_claims + 2, "x");
  fields.roles = {many.data(), max_roles};
  fields.claims = {many.data(), 2 * max_claims};
  CHECK(identity_size(fields) > 0);
  CHECK(is_identity(Encoded(fields).bytes()));
  fields.roles = {many.data(), max_roles + 1};
  CHECK(identity_size(fields) == 0);
  fields.roles = {};
  fields.claims = {many.data(), 2 * max_claims + 2};
  CHECK(identity_size(fields) == 0);
  fields.claims = {many.data(), 3};  // a name without a value
  CHECK(identity_size(fields) == 0);
  fields.claims = {};
  const std::string text(max_identity_bytes - identity_size(fields), 's');
  fields.subject = text;
  CHECK(identity_size(fields) == max_identity_bytes);
  const std::string longer = text + "s";
  fields.subject = longer;
  CHECK(identity_size(fields) == 0);
}

TEST_CASE("identity: the digest covers who and where, not claims and expiry", "[identity]") {
  const auto digest = [](const IdentityFields &fields) {
    const auto d = identity_digest(*Encoded(fields));
    REQUIRE(d);
    return *d;
  };
  const Digest whole_digest = digest(some_fields());
  IdentityFields fields = some_fields();
  fields.expires_at++;
  fields.issued_at++;
  CHECK(digest(fields) == whole_digest);
  static constexpr std::string_view other_claims[] = {"email", "other@b.example"};
  fields.claims = other_claims;
  CHECK(digest(fields) == whole_digest);
  fields.claims = {};
  CHECK(digest(fields) == whole_digest);
  for (std::string_view IdentityFields::*field :
       {&IdentityFields::account, &IdentityFields::workspace, &IdentityFields::user,
        &IdentityFields::subject, &IdentityFields::issuer, &IdentityFields::application,
        &IdentityFields::api_context}) {
    IdentityFields changed = some_fields();
    changed.*field = "other";
    CHECK(digest(changed) != whole_digest);
    changed.*field = "";
    CHECK(digest(changed) != whole_digest);
  }
  fields = some_fields();
  fields.roles = {roles, 1};
  CHECK(digest(fields) != whole_digest);
  // A text does not move from one field to the next.
  IdentityFields left{}, right{};
  left.account = "ab";
  right.account = "a";
  right.workspace = "b";
  CHECK(digest(left) != digest(right));
}

TEST_CASE("identity: only whole ones are taken", "[identity]") {
  const std::string bytes = Encoded(some_fields()).bytes();
  REQUIRE(whole(bytes));
  for (std::size_t size = 0; size < bytes.size(); size++) CHECK_FALSE(whole(bytes.substr(0, size)));
  CHECK_FALSE(whole(bytes + '\0'));
  // Any offset, length or count that points elsewhere is seen or harmless: what is taken is read
  // within its bytes (under AddressSanitizer).
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); i++) {
    for (const char change : {'\x01', '\x40', '\x80', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ change);
      std::vector<std::uint64_t> words(damaged.size() / 8 + 1);
      std::memcpy(words.data(), damaged.data(), damaged.size());
      const auto *start = reinterpret_cast<const char *>(words.data());
      if (!is_identity({start, damaged.size()})) {
        refused++;
        continue;
      }
      const auto &identity = *reinterpret_cast<const Identity *>(start);
      for (std::size_t r = 0; r < identity.role_count; r++) {
        CHECK(role_at(identity, r).size() < damaged.size());
      }
      CHECK(text_of(identity, identity.subject).size() < damaged.size());
      static_cast<void>(claim_named(identity, "none"));
    }
  }
  CHECK(refused > 100);
  const auto with = [&](std::uint32_t Identity::*field, std::uint32_t value) {
    Identity header;
    std::memcpy(&header, bytes.data(), sizeof header);
    header.*field = value;
    std::string changed = bytes;
    std::memcpy(changed.data(), &header, sizeof header);
    return whole(changed);
  };
  CHECK_FALSE(with(&Identity::size, static_cast<std::uint32_t>(bytes.size() + 1)));
  CHECK_FALSE(with(&Identity::role_count, max_roles + 1));
  CHECK_FALSE(with(&Identity::claim_count, max_claims + 1));
  CHECK_FALSE(with(&Identity::roles, static_cast<std::uint32_t>(bytes.size() + 1)));
  CHECK_FALSE(with(&Identity::roles, static_cast<std::uint32_t>(bytes.size())));
  CHECK_FALSE(with(&Identity::claims, static_cast<std::uint32_t>(bytes.size() - 1)));
  CHECK_FALSE(with(&Identity::roles, 0));  // slices where the header is
}
