#include "core/identity.hpp"

#include <charconv>
#include <cstring>

namespace tenancy {
namespace {

constexpr std::size_t uuid_text_bytes = 36;

std::optional<std::uint8_t> hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

// Only the form that PostgreSQL itself prints: two spellings of one key would be two identities.
bool parse_uuid(std::string_view text, std::array<std::uint8_t, 16> &out) noexcept {
  if (text.size() != uuid_text_bytes) return false;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return false;
      continue;
    }
    const auto value = hex_value(text[i]);
    if (!value) return false;
    auto &byte = out[digits / 2];
    byte = static_cast<std::uint8_t>(digits % 2 == 0 ? *value << 4 : byte | *value);
    ++digits;
  }
  return true;
}

bool parse_bigint(std::string_view text, std::int64_t &out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  char canonical[24];
  const auto printed = std::to_chars(canonical, canonical + sizeof canonical, out);
  return text == std::string_view(canonical, static_cast<std::size_t>(printed.ptr - canonical));
}

// Appends texts behind the header; positions stay valid wherever the block is copied to.
class Writer {
 public:
  Writer(char *base, std::size_t at) noexcept : base_(base), at_(at) {}

  Slice put(std::string_view text) noexcept {
    const Slice slice{static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(text.size())};
    if (!text.empty()) std::memcpy(base_ + at_, text.data(), text.size());
    base_[at_ + text.size()] = 0;
    at_ += text.size() + 1;
    return slice;
  }

  TenantKey put_key(std::string_view text) noexcept {
    TenantKey key{};
    const Slice slice = put(text);
    key.offset = slice.offset;
    key.length = slice.length;
    key.is_uuid = parse_uuid(text, key.uuid);
    key.is_bigint = parse_bigint(text, key.bigint);
    return key;
  }

  // Slices stand before all texts, so that they are aligned.
  std::uint32_t put_all(std::span<const std::string_view> texts, std::size_t slices_at) noexcept {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const Slice slice = put(texts[i]);
      std::memcpy(base_ + slices_at + i * sizeof(Slice), &slice, sizeof slice);
    }
    return static_cast<std::uint32_t>(slices_at);
  }

 private:
  char *base_;
  std::size_t at_;
};

Slice slice_at(const Identity &identity, std::uint32_t offset, std::size_t index) noexcept {
  Slice slice;
  std::memcpy(&slice, reinterpret_cast<const char *>(&identity) + offset + index * sizeof slice,
              sizeof slice);
  return slice;
}

bool inside(std::string_view bytes, std::size_t offset, std::size_t length) noexcept {
  return offset < bytes.size() && length < bytes.size() - offset && bytes[offset + length] == 0;
}

}  // namespace

std::string_view text_of(const Identity &identity, Slice slice) noexcept {
  return {reinterpret_cast<const char *>(&identity) + slice.offset, slice.length};
}

std::string_view text_of(const Identity &identity, const TenantKey &key) noexcept {
  return text_of(identity, Slice{key.offset, key.length});
}

std::string_view role_at(const Identity &identity, std::size_t index) noexcept {
  return text_of(identity, slice_at(identity, identity.roles, index));
}

bool has_role(const Identity &identity, std::string_view role) noexcept {
  for (std::size_t i = 0; i < identity.role_count; ++i)
    if (role_at(identity, i) == role) return true;
  return false;
}

std::string_view claim_named(const Identity &identity, std::string_view name) noexcept {
  for (std::size_t i = 0; i < identity.claim_count; ++i)
    if (text_of(identity, slice_at(identity, identity.claims, 2 * i)) == name)
      return text_of(identity, slice_at(identity, identity.claims, 2 * i + 1));
  return {};
}

std::size_t identity_size(const IdentityFields &fields) noexcept {
  if (fields.roles.size() > max_roles || fields.claims.size() > 2 * max_claims ||
      fields.claims.size() % 2 != 0)
    return 0;
  std::size_t size =
      sizeof(Identity) + (fields.roles.size() + fields.claims.size()) * sizeof(Slice);
  const auto add = [&size](std::string_view text) { size += text.size() + 1; };
  for (const auto text : {fields.account, fields.workspace, fields.user, fields.subject,
                          fields.issuer, fields.application, fields.api_context})
    add(text);
  for (const auto text : fields.roles) add(text);
  for (const auto text : fields.claims) add(text);
  return size <= max_identity_bytes ? size : 0;
}

Identity *encode_identity(const IdentityFields &fields, std::span<char> memory) noexcept {
  const std::size_t roles_at = sizeof(Identity);
  const std::size_t claims_at = roles_at + fields.roles.size() * sizeof(Slice);
  Writer writer(memory.data(), claims_at + fields.claims.size() * sizeof(Slice));
  Identity header;
  std::memset(&header, 0, sizeof header);
  header.size = static_cast<std::uint32_t>(identity_size(fields));
  header.role_count = static_cast<std::uint32_t>(fields.roles.size());
  header.claim_count = static_cast<std::uint32_t>(fields.claims.size() / 2);
  header.expires_at = fields.expires_at;
  header.issued_at = fields.issued_at;
  header.account = writer.put_key(fields.account);
  header.workspace = writer.put_key(fields.workspace);
  header.user = writer.put_key(fields.user);
  header.subject = writer.put(fields.subject);
  header.issuer = writer.put(fields.issuer);
  header.application = writer.put(fields.application);
  header.api_context = writer.put(fields.api_context);
  header.roles = writer.put_all(fields.roles, roles_at);
  header.claims = writer.put_all(fields.claims, claims_at);
  std::memcpy(memory.data(), &header, sizeof header);
  return reinterpret_cast<Identity *>(memory.data());
}

std::optional<Digest> identity_digest(const Identity &identity) noexcept {
  const auto *bytes = reinterpret_cast<const char *>(&identity);
  const std::size_t end =
      identity.claim_count == 0 ? identity.size : slice_at(identity, identity.claims, 0).offset;
  return sha256({bytes + identity.account.offset, end - identity.account.offset});
}

bool is_identity(std::string_view bytes) noexcept {
  if (bytes.size() < sizeof(Identity)) return false;
  const auto &identity = *reinterpret_cast<const Identity *>(bytes.data());
  if (identity.size != bytes.size() || identity.role_count > max_roles ||
      identity.claim_count > max_claims)
    return false;
  const auto slices_fit = [&bytes](std::size_t offset, std::size_t count) {
    return offset <= bytes.size() && count * sizeof(Slice) <= bytes.size() - offset;
  };
  if (!slices_fit(identity.roles, identity.role_count) ||
      !slices_fit(identity.claims, 2 * std::size_t{identity.claim_count}))
    return false;
  const auto holds = [&bytes](Slice slice) { return inside(bytes, slice.offset, slice.length); };
  for (const auto &key : {identity.account, identity.workspace, identity.user})
    if (!holds({key.offset, key.length})) return false;
  for (const auto slice :
       {identity.subject, identity.issuer, identity.application, identity.api_context})
    if (!holds(slice)) return false;
  for (std::size_t i = 0; i < identity.role_count; ++i)
    if (!holds(slice_at(identity, identity.roles, i))) return false;
  for (std::size_t i = 0; i < 2 * std::size_t{identity.claim_count}; ++i)
    if (!holds(slice_at(identity, identity.claims, i))) return false;
  return true;
}

}  // namespace tenancy
