// Internet addresses that key sets may be fetched from.
#pragma once

#include <cstdint>
#include <span>

namespace tenancy {

// Whether 4 bytes (IPv4) or 16 (IPv6), in network order, are the address of some host on the public
// internet: not one of the special-purpose registries of RFC 6890 (private, loopback, link-local,
// metadata services, documentation, multicast, ...). An address that carries an IPv4 address
// (mapped, NAT64) is judged by that one; tunnels (6to4, Teredo) are not public. Other lengths are
// not public.
bool is_public_address(std::span<const std::uint8_t> address) noexcept;

}  // namespace tenancy
