#include "wire/protobuf.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/temporary_folder.h"

namespace modelconv::protobuf {
namespace {

Bytes bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// Reads everything, nested messages (field 1) too, and gives the text of the error.
void visit(Reader& reader) {
  while (reader.next())
    if (reader.field() == 1) {
      Reader nested = reader.as_message("child");
      visit(nested);
    } else if (reader.field() == 2) {
      std::vector<int64_t> numbers;
      reader.append_varints(numbers);
    } else if (reader.field() == 3) {
      std::vector<float> numbers;
      reader.append_fixed(numbers);
    }
}

std::string error_of(const std::string& message) {
  try {
    Reader reader(bytes_of(message), "Root");
    visit(reader);
  } catch (const MalformedModelError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Protobuf, ReadsWhatItWrote) {
  Writer child;
  child.add_string(4, "weights");
  Writer root;
  root.add_int(5, -7);
  root.add_sint(6, -300);
  root.add_float(7, 1.5F);
  root.add_double(8, -2.5);
  root.add_fixed64(9, 1ULL << 63);
  root.add_bool(10, true);
  root.add_message(1, child);
  const std::string text = root.to_string();
  EXPECT_EQ(text.size(), root.size());

  Reader reader(bytes_of(text), "Root");
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.as_int32(), -7);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.as_sint(), -300);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.as_float(), 1.5F);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.as_double(), -2.5);
  ASSERT_TRUE(reader.next());
  EXPECT_EQ(reader.as_fixed64(), 1ULL << 63);
  ASSERT_TRUE(reader.next());
  EXPECT_TRUE(reader.as_bool());
  ASSERT_TRUE(reader.next());
  Reader nested = reader.as_message("child");
  ASSERT_TRUE(nested.next());
  EXPECT_EQ(nested.field(), 4U);
  EXPECT_EQ(nested.as_string(), "weights");
  EXPECT_FALSE(nested.next());
  EXPECT_FALSE(reader.next());
}

TEST(Protobuf, TakesRepeatedFieldsPackedAndNot) {
  Writer root;
  const std::vector<int64_t> numbers = {1, -1, 300};
  const std::vector<float> floats = {0.5F, -2.0F};
  root.add_packed_ints<int64_t>(2, numbers);
  root.add_int(2, 4);
  root.add_packed_floats(3, floats);
  root.add_float(3, 8.0F);
  const std::string text = root.to_string();
  std::vector<int64_t> got;
  std::vector<float> got_floats;
  Reader reader(bytes_of(text), "Root");
  while (reader.next())
    if (reader.field() == 2)
      reader.append_varints(got);
    else
      reader.append_fixed(got_floats);
  EXPECT_EQ(got, (std::vector<int64_t>{1, -1, 300, 4}));
  EXPECT_EQ(got_floats, (std::vector<float>{0.5F, -2.0F, 8.0F}));
}

TEST(Protobuf, SaysWhereAMessageIsDamaged) {
  using namespace std::string_literals;
  // Three children; the third holds a string of 5 bytes of which none is there.
  const std::string cut = error_of("\x0a\x00\x0a\x00\x0a\x02\x22\x05"s);
  EXPECT_NE(cut.find("field 4 is damaged: the value takes 5 bytes, 0 are left"), std::string::npos) << cut;
  EXPECT_NE(cut.find("Root.child[2], byte 6"), std::string::npos) << cut;
  EXPECT_NE(error_of("\x0a"s).find("cut off"), std::string::npos);
  EXPECT_NE(error_of("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s).find("18446744073709551615"),
            std::string::npos);
  EXPECT_NE(error_of("\x02\x00"s).find("no field with the number 0"), std::string::npos);
  EXPECT_NE(error_of("\x0b"s).find("wire type 3"), std::string::npos);
  EXPECT_NE(error_of("\x08\x01"s).find("stored as a varint"), std::string::npos);
  EXPECT_NE(error_of("\x12\x02\x01\xff"s).find("packed number"), std::string::npos);
  EXPECT_NE(error_of("\x1a\x03\x01\x02\x03"s).find("no whole number"), std::string::npos);
}

TEST(Protobuf, LimitsTheDepth) {
  Writer message;
  for (int i = 0; i < Reader::kMaxDepth; ++i) {
    Writer outer;
    outer.add_message(1, message);
    EXPECT_EQ(error_of(message.to_string()), "no error");
    message = outer;
  }
  EXPECT_NE(error_of(message.to_string()).find("deeper than 100 levels"), std::string::npos);
}

TEST(Protobuf, WritesLargeFieldsWithoutCopying) {
  const TemporaryFolder folder;
  const auto large = std::make_shared<std::string>(100000, 'w');
  Writer tensor, graph;
  tensor.add_string(8, "weight");
  tensor.add_view(9, bytes_of(*large), large);
  EXPECT_EQ(large.use_count(), 2);  // referenced
  tensor.add_view(10, bytes_of("short"), nullptr);
  graph.add_message(5, tensor);
  graph.add_string(2, "main");
  AtomicFiles files;
  auto stream = files.create(folder / "m.pb");
  graph.finish().write_to(stream);
  EXPECT_EQ(stream.position(), graph.size());
  files.commit();
  std::ifstream file(folder / "m.pb", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), graph.to_string());
}

TEST(Protobuf, RefusesMessagesOf2GiB) {
  // The bytes are never looked at, only counted.
  const std::byte one{};
  Writer tensor, graph;
  tensor.add_view(9, Bytes(&one, size_t{1} << 31));
  EXPECT_THROW(graph.add_message(5, tensor), BadArgument);
  EXPECT_THROW(tensor.finish(), BadArgument);
}

}  // namespace
}  // namespace modelconv::protobuf
