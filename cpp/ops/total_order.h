// A total order of elements for sorting: NaN after every number, all NaNs equal. False sorts before true.
#pragma once

#include <complex>
#include <type_traits>

namespace modelconv {

template <class T>
bool sorts_before(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>)
    return a < b || (b != b && a == a);
  else
    return a < b;
}
// Complex numbers by their real, then their imaginary parts, as NumPy sorts them.
template <class T>
bool sorts_before(const std::complex<T>& a, const std::complex<T>& b) {
  if (sorts_before(a.real(), b.real())) return true;
  return !sorts_before(b.real(), a.real()) && sorts_before(a.imag(), b.imag());
}

}  // namespace modelconv
