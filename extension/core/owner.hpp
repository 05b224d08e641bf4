// Owners for the objects of a C library.
#pragma once

#include <memory>

namespace tenancy {

template <class T, void (*release)(T *)>
struct Release {
  void operator()(T *object) const noexcept { release(object); }
};

// Owned<BIGNUM, BN_free> ends its BIGNUM with BN_free().
template <class T, void (*release)(T *)>
using Owned = std::unique_ptr<T, Release<T, release>>;

}  // namespace tenancy
