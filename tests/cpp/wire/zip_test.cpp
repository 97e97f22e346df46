#include "wire/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "wire/byte_cursor.h"
#include "zip_builder.h"

namespace modelconv {
namespace {

using testing::HasSubstr;

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string text_of(const ZipEntry& entry) { return std::string(as_text(read_entry(entry).bytes)); }

std::string problem_of(const std::string& archive, const std::string& entry = "") {
  try {
    const ZipArchive zip(bytes_of(archive));
    if (!entry.empty()) read_entry(zip.at(entry));
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "none";
}

TEST(Zip, ReadsStoredDeflatedAndLargeForms) {
  const std::string repeated(5000, 'a');
  for (const bool in_64 : {false, true}) {
    ZipBuilder builder;
    builder.add("stored.txt", "hello", {.in_64 = in_64});
    builder.add("folder/packed", repeated, {.deflate = true, .in_64 = in_64});
    builder.add("empty", "");
    builder.add("empty_packed", "", {.deflate = true});
    const std::string archive = builder.finish("a comment", in_64);
    EXPECT_TRUE(looks_like_zip(bytes_of(archive)));
    const ZipArchive zip(bytes_of(archive));
    ASSERT_EQ(zip.entries().size(), 4U);
    EXPECT_EQ(text_of(zip.at("stored.txt")), "hello");
    EXPECT_EQ(read_entry(zip.at("stored.txt")).owner, nullptr);
    EXPECT_EQ(text_of(zip.at("folder/packed")), repeated);
    EXPECT_EQ(text_of(zip.at("empty")), "");
    EXPECT_EQ(text_of(zip.at("empty_packed")), "");
    EXPECT_EQ(zip.find("none"), nullptr);
    EXPECT_TRUE(has_right_checksum(zip.at("stored.txt"), bytes_of("hello")));
  }
}

TEST(Zip, AnEmptyArchiveHasNoEntries) {
  EXPECT_TRUE(ZipArchive(bytes_of(ZipBuilder().finish())).entries().empty());
}

TEST(Zip, SaysWhatIsWrong) {
  EXPECT_THAT(problem_of(""), HasSubstr("0 bytes are too few"));
  EXPECT_THAT(problem_of(std::string(100, 'x')), HasSubstr("no directory at its end"));
  ZipBuilder encrypted, method, twice, damaged, bomb, short_size, good;
  encrypted.add("a", "1", {.flags = 1});
  EXPECT_THAT(problem_of(encrypted.finish()), HasSubstr("'a' is encrypted"));
  method.add("a", "1", {.method = 12});
  EXPECT_THAT(problem_of(method.finish()), HasSubstr("method 12"));
  twice.add("a", "1");
  twice.add("a", "2");
  EXPECT_THAT(problem_of(twice.finish()), HasSubstr("two entries 'a'"));
  damaged.add("a", "12345", {.deflate = true, .crc = 7});
  EXPECT_THAT(problem_of(damaged.finish(), "a"), HasSubstr("'a' is damaged"));
  bomb.add("a", std::string(100, 'x'), {.deflate = true, .declared_size = 1 << 30});
  EXPECT_THAT(problem_of(bomb.finish(), "a"), HasSubstr("packed bytes cannot hold"));
  short_size.add("a", std::string(100, 'x'), {.deflate = true, .declared_size = 50});
  EXPECT_THAT(problem_of(short_size.finish(), "a"), HasSubstr("'a' is damaged"));
  good.add("weights.npy", "1");
  EXPECT_THAT(problem_of(good.finish(), "weight.npy"), HasSubstr("'weights.npy'"));
}

TEST(Zip, EveryTruncationAndEveryFlippedByteGivesATypedErrorOrAnArchive) {
  ZipBuilder builder;
  builder.add("a", "hello", {.in_64 = true});
  builder.add("b", std::string(300, 'b'), {.deflate = true});
  const std::string archive = builder.finish("c", true);
  const auto read_all = [](const std::string& bytes) {
    const ZipArchive zip(bytes_of(bytes));
    for (const ZipEntry& entry : zip.entries()) read_entry(entry);
  };
  for (size_t size = 0; size < archive.size(); ++size)
    EXPECT_THROW(read_all(archive.substr(0, size)), MalformedModelError) << size;
  for (size_t at = 0; at < archive.size(); ++at)
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string changed = archive;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      try {
        read_all(changed);
      } catch (const MalformedModelError&) {
      }
    }
}

}  // namespace
}  // namespace modelconv
