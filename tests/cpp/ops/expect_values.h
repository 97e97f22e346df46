// Comparing the elements of a tensor with numbers written down in a test.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace modelconv {

// Every bit: -0 is not 0; NaN is NaN whatever its bits.
template <class T>
void expect_exact(const Tensor& tensor, const std::vector<T>& wanted, const std::string& what = "") {
  ASSERT_EQ(tensor.dtype(), dtype_of<T>) << what;
  ASSERT_EQ(tensor.size(), static_cast<int64_t>(wanted.size())) << what;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const T got = tensor.data<T>()[i];
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(wanted[i])) {
        EXPECT_TRUE(std::isnan(got)) << what << " element " << i << " is " << got;
        continue;
      }
      EXPECT_EQ(std::signbit(got), std::signbit(wanted[i])) << what << " element " << i << " is " << got;
    }
    EXPECT_EQ(got, wanted[i]) << what << " element " << i;
  }
}

// Within a few units in the last place of float.
inline void expect_close(const Tensor& tensor, const std::vector<double>& wanted,
                         const std::string& what = "", double relative = 4e-7) {
  const std::vector<double> got = tensor.to_double();
  ASSERT_EQ(got.size(), wanted.size()) << what;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (std::isnan(wanted[i]) || std::isinf(wanted[i]))
      EXPECT_TRUE(std::isnan(wanted[i]) ? std::isnan(got[i]) : got[i] == wanted[i])
          << what << " element " << i << " is " << got[i] << ", wanted " << wanted[i];
    else
      EXPECT_NEAR(got[i], wanted[i], relative * std::abs(wanted[i])) << what << " element " << i;
  }
}

// Elements of a bool tensor, or bit patterns of narrow types.
inline std::vector<int> bytes_of(const Tensor& tensor) {
  std::vector<int> bytes;
  for (const std::byte byte : tensor.bytes()) bytes.push_back(std::to_integer<int>(byte));
  return bytes;
}

}  // namespace modelconv
