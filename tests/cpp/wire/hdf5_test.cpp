#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hdf5_builder.h"
#include "wire/byte_cursor.h"
#include "wire/hdf5/file.h"

namespace modelconv::hdf5 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What is wrong with a file of which everything is read.
std::string problem_of(const std::string& bytes) {
  try {
    File file(as_bytes_of(bytes));
    std::vector<Object*> waiting{&file.root()};
    for (size_t i = 0; i < waiting.size() && i < 100; ++i) {
      for (const Attribute& attribute : waiting[i]->attributes()) {
        const auto value = waiting[i]->attribute(attribute.name);
        file.texts(value->type, value->bytes, value->type.is_text() ? value->space.count() : 0);
      }
      if (waiting[i]->is_dataset()) waiting[i]->elements();
      for (const Link& link : waiting[i]->links()) waiting.push_back(&file.object(link.address));
    }
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "none";
}

// A root group with one member "x".
std::string with_member(Hdf5Builder& builder, uint64_t member) {
  return builder.finish(
      builder.add_header({Hdf5Builder::no_dense_links(), {0x06, Hdf5Builder::link("x", member)}}));
}

std::string with_dataset(Hdf5Builder& builder, const std::vector<uint64_t>& dims, const std::string& layout) {
  return with_member(
      builder,
      builder.add_header({{0x01, Hdf5Builder::space(dims)}, {0x03, Hdf5Builder::int32()}, {0x08, layout}}));
}

TEST(Hdf5, ReadsGroupsDatasetsAndAttributes) {
  Hdf5Builder builder;
  const uint64_t data = builder.add("abcdefgh");
  const uint64_t dataset = builder.add_header(
      {{0x01, Hdf5Builder::space({2})},
       {0x03, Hdf5Builder::int32()},
       {0x08, Hdf5Builder::contiguous(data, 8)},
       {0x0C, Hdf5Builder::attribute("a", Hdf5Builder::int32(), Hdf5Builder::space({1}), "1234")}});
  const std::string bytes = std::string(512, 'u') + with_member(builder, dataset);  // behind a user block
  File file(as_bytes_of(bytes));
  ASSERT_EQ(file.root().links().size(), 1U);
  Object& x = file.object(file.root().find_link("x")->address);
  EXPECT_TRUE(file.root().is_group() && x.is_dataset());
  EXPECT_EQ(file.root().find_link("y"), nullptr);
  EXPECT_THAT(x.dataset().space.dims, ElementsAre(2));
  EXPECT_EQ(x.dataset().type.numpy_name(), "<i4");
  EXPECT_EQ(as_text(x.elements().bytes), "abcdefgh");
  EXPECT_EQ(x.elements().bytes.data(), as_bytes_of(bytes).data() + 512 + data);
  EXPECT_EQ(as_text(x.attribute("a")->bytes), "1234");
  EXPECT_FALSE(x.attribute("b"));
}

TEST(Hdf5, SaysWhatIsWrong) {
  Hdf5Builder builder;
  const std::string empty = builder.finish(builder.add_header({Hdf5Builder::no_dense_links()}));
  EXPECT_EQ(problem_of(empty), "none");
  EXPECT_THAT(problem_of(""), HasSubstr("no HDF5 signature"));
  EXPECT_THAT(problem_of(empty.substr(0, empty.size() - 1)), HasSubstr("cut short"));
  for (const size_t place : {size_t{45}, empty.size() - 6}) {
    std::string damaged = empty;
    damaged[place] ^= 1;
    EXPECT_THAT(problem_of(damaged), HasSubstr("checksum is wrong")) << place;
  }
  std::string version = empty;
  version[8] = 9;
  EXPECT_THAT(problem_of(version), HasSubstr("superblock of version 9"));
  Hdf5Builder outside, unknown, cut, twice;
  EXPECT_THAT(problem_of(with_member(outside, 1 << 20)), HasSubstr("lies outside of the file"));
  EXPECT_THAT(problem_of(unknown.finish(unknown.add_header({{0x30, "", 0x80}}))),
              HasSubstr("message of type 0x30"));
  EXPECT_THAT(problem_of(with_dataset(cut, {1000}, Hdf5Builder::contiguous(48, 4000))),
              HasSubstr("its data (4000 bytes at byte 48) lies outside"));
  const std::string link = Hdf5Builder::link("x", 48);
  EXPECT_THAT(
      problem_of(twice.finish(twice.add_header({Hdf5Builder::no_dense_links(), {0x06, link}, {0x06, link}}))),
      HasSubstr("two members 'x'"));
}

TEST(Hdf5, WhatLeadsInCirclesEnds) {
  Hdf5Builder header;  // of version 1: a continuation that is its own
  const std::string body = little_endian(64, 8) + little_endian(24, 8);
  header.add(std::string("\x01\0\x01\0\x01\0\0\0", 8) + little_endian(24, 8) +
             std::string("\x10\0\x10\0\0\0\0\0", 8) + body);
  EXPECT_THAT(problem_of(header.finish(48)), HasSubstr("without end"));

  Hdf5Builder tree;  // all children are the node itself; the second level has another number
  const uint64_t names = tree.add(std::string("HEAP\0\0\0\0", 8) + little_endian(8, 8) + little_endian(8, 8) +
                                  little_endian(tree.file.size() + 32, 8) + std::string(8, '\0'));
  const uint64_t node = tree.file.size();
  tree.add(std::string("TREE\0\x01\x01\0", 8) + std::string(16, '\xFF') + little_endian(0, 8) +
           little_endian(node, 8));
  const uint64_t root = tree.add_header({{0x11, little_endian(node, 8) + little_endian(names, 8)}});
  EXPECT_THAT(problem_of(tree.finish(root)), HasSubstr("has the level 1, 0 is expected"));

  Hdf5Builder group;  // contains itself: objects with one address are one
  const uint64_t own = group.file.size();
  const std::string circle =
      group.finish(group.add_header({Hdf5Builder::no_dense_links(), {0x06, Hdf5Builder::link("x", own)}}));
  File file(as_bytes_of(circle));
  EXPECT_EQ(&file.object(file.root().find_link("x")->address), &file.root());
}

TEST(Hdf5, MemoryIsInProportionToTheFile) {
  const std::string none(8, '\xFF'), tree("\x03\x02\x02", 3);
  Hdf5Builder chunked, contiguous, overflow, texts;
  EXPECT_THAT(problem_of(with_dataset(chunked, {1 << 30},
                                      tree + none + little_endian(1 << 20, 4) + little_endian(4, 4))),
              HasSubstr("it has no data: 4294967296 bytes, of which the file stores 0"));
  EXPECT_THAT(problem_of(with_dataset(contiguous, {1 << 30}, "\x03\x01" + none + little_endian(0, 8))),
              HasSubstr("it has no data"));
  EXPECT_THAT(
      problem_of(with_dataset(overflow, {uint64_t{1} << 40, uint64_t{1} << 40, 0}, "\x03\x01" + none + none)),
      HasSubstr("an array is too large"));

  // Ten texts that are one object.
  const std::string text(400, 'x');
  const uint64_t heap = texts.add(std::string("GCOL\x01\0\0\0", 8) + little_endian(16 + 16 + 400 + 16, 8) +
                                  little_endian(1, 8) + little_endian(400, 8) + text + std::string(16, '\0'));
  std::string elements;
  for (int i = 0; i < 10; ++i)
    elements += little_endian(400, 4) + little_endian(heap, 8) + little_endian(1, 4);
  const Hdf5Message attribute{
      0x0C, Hdf5Builder::attribute("t", Hdf5Builder::long_text(), Hdf5Builder::space({10}), elements)};
  EXPECT_THAT(problem_of(texts.finish(texts.add_header({Hdf5Builder::no_dense_links(), attribute}))),
              HasSubstr("its texts are larger than the file"));
}

}  // namespace
}  // namespace modelconv::hdf5
