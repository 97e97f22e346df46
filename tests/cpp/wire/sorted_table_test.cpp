#include "wire/sorted_table.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "table_builder.h"
#include "wire/byte_cursor.h"
#include "wire/snappy.h"

namespace modelconv {
namespace {

using namespace std::string_literals;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// "key=value;" of every entry, or the error.
std::string dump(const std::string& table) {
  std::string text;
  try {
    for_each_entry(bytes_of(table), [&](std::string_view key, Bytes value) {
      text += std::string(key) + "=" + std::string(as_text(value)) + ";";
    });
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return text;
}

std::string table_of(const std::string& block, char compression = 0) {
  TableBuilder builder;
  builder.add(block, compression);
  return builder.finish();
}

std::string unsnappy(const std::string& block) {
  try {
    return decode_snappy(bytes_of(block));
  } catch (const MalformedModelError& error) {
    return error.what();
  }
}

// RFC 3720, appendix B.4.
TEST(Crc32c, GivesTheKnownValues) {
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xFF'))), 0x62A8AB43U);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))), 0xE3069283U);
}

TEST(Snappy, DecodesLiteralsAndCopies) {
  EXPECT_EQ(unsnappy("\x00"s), "");
  EXPECT_EQ(unsnappy("\x03\x08"
                     "abc"s),
            "abc");
  EXPECT_EQ(unsnappy("\x0a\x04"
                     "ab\x11\x02"s),
            "ababababab");  // copy of 8, 2 back, over itself
  EXPECT_EQ(unsnappy("\x06\x08"
                     "abc\x0a\x03\x00"s),
            "abcabc");  // with an offset of 2 bytes
  EXPECT_EQ(unsnappy("\x06\x08"
                     "abc\x0b\x03\x00\x00\x00"s),
            "abcabc");                                                                // of 4 bytes
  EXPECT_EQ(unsnappy("\x46\xf0\x45"s + std::string(70, 'x')), std::string(70, 'x'));  // length behind the tag
}

TEST(Snappy, RefusesDamage) {
  EXPECT_NE(unsnappy("\xff\xff\xff\xff\x0f\x00"s).find("cannot hold 4294967295 bytes"), std::string::npos);
  EXPECT_NE(unsnappy("\xff\xff\xff\xff\x7f"s).find("too large"), std::string::npos);
  EXPECT_NE(unsnappy("\x03\x08"
                     "ab"s)
                .find("cut short"),
            std::string::npos);
  EXPECT_NE(unsnappy("\x08\x04"
                     "ab\x09\x03"s)
                .find("reaches 3 bytes back"),
            std::string::npos);
  EXPECT_NE(unsnappy("\x01\x04"
                     "ab"s)
                .find("more than the 1 bytes"),
            std::string::npos);
  EXPECT_NE(unsnappy("\x05\x04"
                     "ab"s)
                .find("holds 2 bytes, 5 were announced"),
            std::string::npos);
}

TEST(SortedTable, ReadsBlocksInOrder) {
  TableBuilder builder;
  builder.add(table_block(table_entry(0, "", "head") + table_entry(0, "conv/bias", "1") +
                          table_entry(5, "kernel", "2")));
  builder.add("\x12\x44"s + table_block(table_entry(0, "dense", "33")),
              1);  // Snappy: one literal of 18 bytes
  EXPECT_EQ(dump(builder.finish()), "=head;conv/bias=1;conv/kernel=2;dense=33;");
}

TEST(SortedTable, RefusesDamage) {
  const std::string good = table_of(table_block(table_entry(0, "a", "1")));
  EXPECT_EQ(dump(good), "a=1;");
  std::string flipped = good;
  flipped[4] ^= 1;
  EXPECT_EQ(dump(flipped), "table: the block at byte 0 has a wrong checksum");
  std::string far = varint(0) + varint(0) + varint(1ULL << 63) + varint(1ULL << 63);  // their sum is 0
  far.resize(40);
  EXPECT_NE(dump(far + good.substr(good.size() - 8)).find("does not lie in the file"), std::string::npos);
  EXPECT_NE(dump(good.substr(0, good.size() - 1)).find("no table"), std::string::npos);
  EXPECT_NE(dump("short").find("at least"), std::string::npos);
  EXPECT_NE(dump(table_of(table_block(""), 2)).find("compression 2"), std::string::npos);
  EXPECT_NE(dump(table_of(table_block(table_entry(1, "a", "")))).find("shares 1 bytes with one of 0"),
            std::string::npos);
  EXPECT_NE(
      dump(table_of(table_block(table_entry(0, "b", "") + table_entry(0, "a", "")))).find("not in order"),
      std::string::npos);
  EXPECT_NE(dump(table_of(little_endian(99, 4))).find("has 99 restarts"), std::string::npos);
  EXPECT_NE(dump(table_of("abc")).find("a block has 3 bytes"), std::string::npos);
}

}  // namespace
}  // namespace modelconv
