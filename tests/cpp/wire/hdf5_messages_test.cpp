// Parts of HDF5 files by themselves: checksums, types, shapes, filters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hdf5_builder.h"
#include "wire/byte_cursor.h"
#include "wire/hdf5/dataspace.h"
#include "wire/hdf5/datatype.h"
#include "wire/hdf5/filters.h"

namespace modelconv::hdf5 {
namespace {

using testing::HasSubstr;

TEST(Hdf5Checksum, IsLookup3) {
  EXPECT_EQ(lookup3({}), 0xdeadbeefU);
  // Source: the self-test of lookup3.c.
  EXPECT_EQ(lookup3(as_bytes_of("Four score and seven years ago")), 0x17770551U);
}

TEST(Hdf5Checksum, IsFletcher32) {
  EXPECT_EQ(fletcher32({}), 0U);
  EXPECT_EQ(fletcher32(as_bytes_of(std::string("\0\x01\0\x02", 4))), 0x00040003U);  // sums 1, 3 and 1, 4
  EXPECT_EQ(fletcher32(as_bytes_of("\x01")), 0x01000100U);
  EXPECT_EQ(fletcher32(as_bytes_of("\xFF\xFF\xFF\xFF")), 0xFFFFFFFFU);
  EXPECT_EQ(fletcher32(as_bytes_of(std::string(200'000, '\0') + "\x02\x03")), 0x02030203U);
}

std::string type_of(const std::string& message) {
  const Datatype type = read_datatype(as_bytes_of(message));
  if (type.is_number()) return type.numpy_name();
  if (type.is_text())
    return fmt::format("{} of {}", type.kind == Datatype::Kind::text ? "text" : "long", type.size);
  return type.name;
}

std::string integer(int flags, int size, int precision, int offset = 0) {
  return std::string("\x10") + little_endian(static_cast<uint64_t>(flags), 3) +
         little_endian(static_cast<uint64_t>(size), 4) + little_endian(static_cast<uint64_t>(offset), 2) +
         little_endian(static_cast<uint64_t>(precision), 2);
}

std::string truth(int version, const std::string& names, const std::string& values) {
  std::string head = little_endian(static_cast<uint64_t>(version << 4 | 8), 1) + little_endian(2, 3);
  return head + little_endian(1, 4) + integer(8, 1, 8) + names + values;
}

std::string floating(int sign, int size, const std::string& fields, int bias, int order = 0) {
  return std::string("\x11") + little_endian(static_cast<uint64_t>(0x20 | order | sign << 8), 3) +
         little_endian(static_cast<uint64_t>(size), 4) + little_endian(0, 2) +
         little_endian(static_cast<uint64_t>(8 * size), 2) + fields +
         little_endian(static_cast<uint64_t>(bias), 4);
}

TEST(Hdf5Datatype, NumbersAndTexts) {
  EXPECT_EQ(type_of(integer(8, 4, 32)), "<i4");
  EXPECT_EQ(type_of(integer(1, 2, 16)), ">u2");
  EXPECT_EQ(type_of(integer(1, 1, 8)), "|u1");
  EXPECT_EQ(type_of(integer(8, 4, 24)), "integers of an unusual form");
  EXPECT_EQ(type_of(integer(8, 4, 32, 1)), "integers of an unusual form");
  EXPECT_EQ(type_of(integer(8, 3, 24)), "integers of an unusual form");
  EXPECT_EQ(type_of(floating(15, 2, {"\x0A\x05\0\x0A", 4}, 15)), "<f2");
  EXPECT_EQ(type_of(floating(31, 4, {"\x17\x08\0\x17", 4}, 127, 1)), ">f4");
  EXPECT_EQ(type_of(floating(63, 8, {"\x34\x0B\0\x34", 4}, 1023)), "<f8");
  EXPECT_EQ(type_of(floating(15, 2, {"\x07\x08\0\x07", 4}, 127)), "floats of an unusual form");  // bfloat16
  EXPECT_EQ(type_of(floating(31, 4, {"\x17\x08\0\x17", 4}, 127, 0x41)), "floats of an unusual form");  // VAX
  EXPECT_EQ(type_of(std::string("\x13\x11\0\0\x05\0\0\0", 8)), "text of 5");
  EXPECT_EQ(type_of(Hdf5Builder::long_text()), "long of 16");
  EXPECT_EQ(type_of(std::string("\x16\x01\0\0\x05\0\0\0", 8)), "compound");
  EXPECT_EQ(type_of(std::string("\x1F\x01\0\0\x05\0\0\0", 8)), "of an unknown type");
}

TEST(Hdf5Datatype, TruthIsAnEnumeration) {
  EXPECT_EQ(type_of(truth(3, {"FALSE\0TRUE\0", 11}, {"\0\x01", 2})), "|b1");
  EXPECT_EQ(type_of(truth(1, {"FALSE\0\0\0TRUE\0\0\0\0", 16}, {"\0\x01", 2})), "|b1");
  EXPECT_EQ(type_of(truth(3, {"FALSE\0TRUE\0", 11}, {"\x01\0", 2})), "|i1");
  EXPECT_EQ(type_of(truth(3, {"FALSF\0TRUE\0", 11}, {"\0\x01", 2})), "|i1");
}

TEST(Hdf5Datatype, TextsEndWhereTheirPaddingBegins) {
  const std::string text("ab \0c \0", 7);
  EXPECT_EQ(text_in(as_bytes_of(text), Datatype::Padding::null_terminated), "ab ");
  EXPECT_EQ(text_in(as_bytes_of(text), Datatype::Padding::nulls), text.substr(0, 6));
  EXPECT_EQ(text_in(as_bytes_of("a b  "), Datatype::Padding::spaces), "a b");
  EXPECT_EQ(text_in(as_bytes_of("   "), Datatype::Padding::spaces), "");
}

TEST(Hdf5Dataspace, CountsElements) {
  const Dataspace space = read_dataspace(as_bytes_of(Hdf5Builder::space({3, 5})), {});
  EXPECT_EQ(space.count(), 15U);
  EXPECT_EQ(space.bytes(4), 60U);
  EXPECT_EQ(space.largest, space.dims);
  EXPECT_EQ(read_dataspace(as_bytes_of(Hdf5Builder::space({})), {}).count(), 1U);
  EXPECT_TRUE(read_dataspace(as_bytes_of(std::string("\x02\0\0\x02", 4)), {}).is_null);
  EXPECT_THROW(read_dataspace(as_bytes_of(std::string("\x02\x03\0\x01", 4)), {}), MalformedModelError);
  EXPECT_THROW(read_dataspace(as_bytes_of(Hdf5Builder::space(std::vector<uint64_t>(33, 1))), {}),
               MalformedModelError);
}

std::string zlib_packed(const std::string& contents) {
  std::string packed(compressBound(contents.size()), '\0');
  uLongf size = packed.size();
  compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(contents.data()),
           contents.size());
  return packed.substr(0, size);
}

const Filter kDeflate{1, "", {6}}, kShuffle{2, "", {4}}, kSum{3, "", {}};

std::string undone(const std::string& stored, const std::vector<Filter>& filters, uint64_t size,
                   uint32_t mask = 0) {
  FilterMemory memory;
  try {
    check_filters(filters);
    return std::string(as_text(unfiltered(as_bytes_of(stored), filters, mask, size, 4, memory)));
  } catch (const MalformedModelError& error) {
    return error.what();
  }
}

TEST(Hdf5Filters, AreUndoneFromTheLast) {
  const std::string plain = "abcdefghij", shuffled = "aebfcgdhij";
  const std::string summed_text = shuffled + little_endian(fletcher32(as_bytes_of(shuffled)), 4);
  EXPECT_EQ(undone(plain, {}, 10), plain);
  EXPECT_EQ(undone(zlib_packed(plain), {kDeflate}, 10), plain);
  EXPECT_EQ(undone(zlib_packed(shuffled), {kShuffle, kDeflate}, 10), plain);
  EXPECT_EQ(undone(zlib_packed(summed_text), {kShuffle, kSum, kDeflate}, 10), plain);
  EXPECT_EQ(undone(summed_text, {kShuffle, kSum, kDeflate}, 10, 4), plain);
  EXPECT_EQ(undone("ab", {{2, "", {1U << 31}}}, 2), "ab");
}

TEST(Hdf5Filters, SayWhatIsWrong) {
  EXPECT_THAT(undone("abc", {}, 4), HasSubstr("a chunk has 3 bytes, 4 are expected"));
  EXPECT_THAT(undone("abcd1234", {kSum}, 4), HasSubstr("checksum is wrong"));
  EXPECT_THAT(undone("abc", {kDeflate}, 4), HasSubstr("a chunk is damaged"));
  EXPECT_THAT(undone(zlib_packed("abcde"), {kDeflate}, 4), HasSubstr("a chunk is damaged"));
  EXPECT_THAT(undone("abc", {kDeflate}, 1 << 20), HasSubstr("packed bytes cannot hold"));
  EXPECT_THAT(undone("abc", {{32000, "lzf", {}}}, 3), HasSubstr("the filter lzf"));
  EXPECT_THAT(undone("abc", {{4, "", {}}}, 3), HasSubstr("the filter szip"));
  EXPECT_THAT(undone("abc", {kDeflate, kDeflate}, 3), HasSubstr("packed more than once"));
}

}  // namespace
}  // namespace modelconv::hdf5
