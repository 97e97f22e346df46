#include "ir/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ir/content_hash.h"

namespace modelconv {
namespace {

Bytes bytes_of(const char* text) {
  return std::as_bytes(std::span(text, std::char_traits<char>::length(text)));
}

template <class Error, class Function>
std::string message_of(const Function& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

TEST(ContentHash, IsXxh64) {
  EXPECT_EQ(hash_bytes(bytes_of("")), 0xEF46DB3751D8E999U);
  EXPECT_EQ(hash_bytes(bytes_of("a")), 0xD24EC4F1A98C6E5BU);
  EXPECT_EQ(hash_bytes(bytes_of("abc")), 0x44BC2CF5AD770999U);
  EXPECT_EQ(hash_bytes(bytes_of("Nobody inspects the spammish repetition")), 0xFBCEA83C8A378BF1U);
}

TEST(Tensor, ScalarsVectorsAndEmptyOnes) {
  EXPECT_EQ(Tensor::scalar(2.5F).dims(), Dims{});
  EXPECT_EQ(Tensor::scalar(2.5F).size(), 1);
  EXPECT_EQ(Tensor::vector<int64_t>({1, 2, 3}).to_int64(), (std::vector<int64_t>{1, 2, 3}));
  const Tensor empty = Tensor::allocate(DType::float32, {3, 0, 2});
  EXPECT_EQ(empty.size(), 0);
  EXPECT_TRUE(empty.data<float>().empty());
  EXPECT_FALSE(Tensor().defined());
  EXPECT_TRUE(Tensor::of<std::string>({2}, {"a", "b"}).data<std::string>()[1] == "b");
  EXPECT_EQ(Tensor::boolean(true).to_int64(), std::vector<int64_t>{1});
}

TEST(Tensor, AbsurdSizesAreRefusedWithTheirNumbers) {
  EXPECT_EQ(message_of<ShapeError>([] { Tensor::allocate(DType::float32, {1LL << 50, 4}); }),
            "a tensor float32[1125899906842624, 4] takes 18014398509481984 bytes, more memory than there is");
  EXPECT_EQ(message_of<ShapeError>([] { Tensor::allocate(DType::string, {1LL << 40}); }),
            "a tensor string[1099511627776] takes 35184372088832 bytes, more memory than there is");
  EXPECT_EQ(message_of<ShapeError>([] { Tensor::allocate(DType::int8, {1LL << 40, 1LL << 40}); }),
            "shape [1099511627776, 1099511627776] has more elements than a 63-bit number can count");
  EXPECT_EQ(message_of<ShapeError>([] { Tensor::allocate(DType::int8, {2, -1}); }),
            "shape [2, -1] has a negative size");
  EXPECT_EQ(Tensor::allocate(DType::int8, {1LL << 40, 1LL << 40, 0}).nbytes(), 0U);
}

TEST(Tensor, AViewMustHaveExactlyItsBytes) {
  const auto memory = std::make_shared<std::vector<std::byte>>(12);
  const Tensor view = Tensor::view(DType::float32, {3}, *memory, memory);
  EXPECT_EQ(memory.use_count(), 2);
  EXPECT_EQ(view.data<float>()[2], 0.0F);
  EXPECT_EQ(message_of<MalformedModelError>([&] { Tensor::view(DType::float32, {4}, *memory, memory); }),
            "a tensor float32[4] takes 16 bytes, its data has 12");
  EXPECT_EQ(Tensor::view(DType::int4, {23}, *memory, memory).nbytes(), 12U);
  Tensor writable = view;
  EXPECT_EQ(message_of<InternalError>([&] { writable.mutable_data<float>(); }),
            "the memory of a tensor float32[3] belongs to somebody else and cannot be written");
}

TEST(Tensor, UnalignedDataIsCopiedOnRequest) {
  alignas(8) std::byte memory[12] = {};
  const Tensor view = Tensor::view(DType::int32, {2}, Bytes(memory).subspan(1, 8), nullptr);
  EXPECT_FALSE(view.is_aligned());
  EXPECT_THROW(view.data<int32_t>(), InternalError);
  EXPECT_EQ(view.to_int64(), (std::vector<int64_t>{0, 0}));
  EXPECT_EQ(view.aligned().data<int32_t>().size(), 2U);
}

TEST(Tensor, ReadingAsAnotherTypeIsAnError) {
  EXPECT_THROW(Tensor::scalar(1.0F).data<int32_t>(), InternalError);
  EXPECT_THROW(Tensor::scalar<int8_t>(1).data<uint8_t>(), InternalError);
  EXPECT_EQ(Tensor::filled(DType::int4, {3}, 1).data<uint8_t>().size(), 2U);
  EXPECT_EQ(Tensor::scalar<int8_t>(-1).with_dtype(DType::uint8).to_int64(), std::vector<int64_t>{255});
  EXPECT_THROW(Tensor::scalar(1.0F).with_dtype(DType::int64), InternalError);
  EXPECT_THROW(Tensor::scalar(1.0F).reshaped({2}), InternalError);
}

TEST(Tensor, FilledConvertsToEveryNumericType) {
  for (int number = 1; number < kDTypeCount; ++number) {
    const auto dtype = static_cast<DType>(number);
    if (dtype == DType::string || is_complex(dtype)) {
      EXPECT_THROW(Tensor::filled(dtype, {2}, 1), InternalError);
      EXPECT_THROW(Tensor::allocate(dtype, {2}).to_double(), InternalError);
      continue;
    }
    const Tensor ones = Tensor::filled(dtype, {5}, 1);
    EXPECT_EQ(ones.to_double(), std::vector<double>(5, 1.0)) << name_of(dtype);
    EXPECT_EQ(ones.to_int64(), std::vector<int64_t>(5, 1)) << name_of(dtype);
  }
}

TEST(Tensor, NumbersOutsideTheRangeBecomeTheNearest) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Tensor::filled(DType::int8, {}, 300).to_int64()[0], 127);
  EXPECT_EQ(Tensor::filled(DType::int4, {}, -300).to_int64()[0], -8);
  EXPECT_EQ(Tensor::filled(DType::uint2, {}, 300).to_int64()[0], 3);
  EXPECT_EQ(Tensor::filled(DType::int64, {}, inf).to_int64()[0], std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Tensor::filled(DType::int32, {}, nan).to_int64()[0], 0);
  EXPECT_EQ(Tensor::filled(DType::boolean, {}, 0.5).to_int64()[0], 1);
  EXPECT_TRUE(std::isnan(Tensor::filled(DType::float16, {}, nan).to_double()[0]));
  EXPECT_EQ(Tensor::scalar(-2.9).to_int64()[0], -2);
}

TEST(Tensor, IdenticalMeansTheSameBits) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(Tensor::scalar(nan).identical_to(Tensor::scalar(nan)));
  EXPECT_EQ(Tensor::scalar(nan).content_hash(), Tensor::scalar(nan).content_hash());
  EXPECT_FALSE(Tensor::scalar(0.0F).identical_to(Tensor::scalar(-0.0F)));
  EXPECT_NE(Tensor::scalar(0.0F).content_hash(), Tensor::scalar(-0.0F).content_hash());
  EXPECT_FALSE(Tensor::scalar(0.0F).identical_to(Tensor::filled(DType::float32, {1}, 0)));
  const Tensor a = Tensor::of<std::string>({2}, {"ab", "c"}), b = Tensor::of<std::string>({2}, {"a", "bc"});
  EXPECT_FALSE(a.identical_to(b));
  EXPECT_NE(a.content_hash(), b.content_hash());
  EXPECT_TRUE(a.identical_to(Tensor::of<std::string>({2}, {"ab", "c"})));
}

}  // namespace
}  // namespace modelconv
