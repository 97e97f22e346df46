#include "wire/tensor_bundle.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "table_builder.h"
#include "wire/protobuf.h"
#include "wire/tensor_bundle_slice.h"

namespace modelconv {
namespace {

namespace fs = std::filesystem;
using protobuf::Writer;
using Names = std::vector<std::string>;

const fs::path kCheckpoint = MODELCONV_TEST_DATA "/checkpoint";  // written by make_checkpoint.py

template <typename T>
std::vector<T> values_of(const TensorBundle::Tensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

void put(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

// An entry of float32 data.
std::string entry(std::vector<int64_t> dims, int64_t offset, int64_t size, uint32_t crc = 0,
                  uint64_t shard = 0) {
  Writer writer, shape;
  for (const int64_t size_of_dim : dims) {
    Writer dim;
    dim.add_int(1, size_of_dim);
    shape.add_message(2, dim);
  }
  writer.add_int(1, 1);
  writer.add_message(2, shape);
  writer.add_uint(3, shard);
  writer.add_int(4, offset);
  writer.add_int(5, size);
  writer.add_fixed32(6, crc);
  return writer.to_string();
}

std::string header() {
  Writer writer;
  writer.add_int(1, 1);
  return writer.to_string();
}

// The error of opening a checkpoint with one tensor "w" and 16 bytes of data, and reading it.
std::string error_of(const std::string& w, const std::string& head = header()) {
  const TemporaryFolder folder;
  TableBuilder builder;
  builder.add(table_block(table_entry(0, "", head) + table_entry(0, "w", w)));
  put(folder / "m.index", builder.finish());
  put(folder / "m.data-00000-of-00001", std::string(16, 'x'));
  try {
    TensorBundle::open(folder / "m").tensor("w");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TensorBundle, ReadsACheckpointOfTensorFlow) {
  const TensorBundle bundle = TensorBundle::open(kCheckpoint / "model");
  EXPECT_EQ(bundle.names(), (Names{"empty", "part", "scalar", "text"}));
  const TensorBundle::Tensor scalar = bundle.tensor("scalar");
  EXPECT_EQ(scalar.dtype, 2);
  EXPECT_TRUE(scalar.dims.empty());
  EXPECT_EQ(values_of<double>(scalar), std::vector<double>{3.5});
  EXPECT_EQ(bundle.dims("empty"), (std::vector<int64_t>{0, 3}));
  EXPECT_TRUE(bundle.tensor("empty").bytes.empty());
  const std::string long_text(200, 'w');
  EXPECT_EQ(bundle.strings("text"), (std::vector<std::string_view>{"hello", "", long_text}));
}

TEST(TensorBundle, PutsPartitionedVariablesTogether) {
  const TensorBundle::Tensor part = TensorBundle::open(kCheckpoint).tensor("part");
  ASSERT_EQ(part.dims, (std::vector<int64_t>{3, 130}));
  std::vector<float> expected;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 130; ++j) expected.push_back(static_cast<float>(100 * i + j));
  EXPECT_EQ(values_of<float>(part), expected);
}

TEST(TensorBundle, TensorsOutliveTheBundle) {
  TensorBundle::Tensor scalar;
  {
    scalar = TensorBundle::open(kCheckpoint / "model.index").tensor("scalar");
  }
  EXPECT_EQ(values_of<double>(scalar), std::vector<double>{3.5});
}

TEST(TensorBundle, IsFoundUnderManyNames) {
  const TemporaryFolder folder;
  const auto install = [&](const fs::path& prefix) {
    fs::create_directories((folder / prefix).parent_path());
    for (const std::string suffix : {".index", ".data-00000-of-00002", ".data-00001-of-00002"})
      fs::copy_file(kCheckpoint / ("model" + suffix), (folder / prefix).string() + suffix);
  };
  install("saved/variables/variables");
  install("nameless/");
  install("steps/m-1");
  install("steps/m-2");
  put(folder / "steps/checkpoint",
      "model_checkpoint_path: \"/elsewhere/m-1\"\nall_model_checkpoint_paths: \"m-2\"");
  install("many/a");
  install("many/b");
  for (const fs::path path :
       {"saved", "saved/variables", "saved/variables/variables", "nameless", "nameless/", "nameless/.index",
        "steps", "steps/m-2", "steps/m-2.data-00000-of-00002"}) {
    EXPECT_TRUE(TensorBundle::exists(folder / path)) << path;
    EXPECT_EQ(TensorBundle::open(folder / path).names().size(), 4U) << path;
  }
  EXPECT_EQ(TensorBundle::open(folder / "steps").prefix(), folder / "steps/m-1");
  EXPECT_THROW(TensorBundle::open(folder / "many"), FileError);
  EXPECT_FALSE(TensorBundle::exists(folder / "none"));
  EXPECT_THROW(TensorBundle::open(folder / "none"), FileError);
}

TEST(TensorBundle, NamesAMissingDataFile) {
  const TemporaryFolder folder;
  for (const std::string suffix : {".index", ".data-00000-of-00002"})
    fs::copy_file(kCheckpoint / ("model" + suffix), folder / ("m" + suffix));
  try {
    TensorBundle::open(folder / "m");
    FAIL();
  } catch (const FileError& error) {
    EXPECT_NE(std::string(error.what()).find("m.data-00001-of-00002"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("copy all its .data-* files"), std::string::npos);
  }
}

TEST(TensorBundle, SuggestsTheNearestName) {
  try {
    TensorBundle::open(kCheckpoint).tensor("scaler");
    FAIL();
  } catch (const BadArgument& error) {
    EXPECT_EQ(error.hint(), "did you mean 'scalar'?");
  }
}

TEST(TensorBundle, RefusesDamage) {
  const std::string data(16, 'x');
  const uint32_t crc = masked_crc32c(crc32c(std::as_bytes(std::span(data))));
  EXPECT_EQ(error_of(entry({2, 2}, 0, 16, crc)), "no error");
  EXPECT_NE(error_of(entry({2, 2}, 0, 16, crc + 1)).find("wrong checksum"), std::string::npos);
  EXPECT_NE(error_of(entry({2, 2}, 4, 16)).find("ends at byte 20"), std::string::npos);
  EXPECT_NE(error_of(entry({2, 3}, 0, 16)).find("has 16 bytes, its shape [2, 3] and type 1 need 24"),
            std::string::npos);
  EXPECT_NE(error_of(entry({-1, 2}, 0, 16)).find("impossible shape"), std::string::npos);
  EXPECT_NE(error_of(entry({1LL << 40, 1LL << 40}, 0, 16)).find("impossible shape"), std::string::npos);
  EXPECT_NE(error_of(entry({4}, -8, 16)).find("make no sense"), std::string::npos);
  EXPECT_NE(error_of(entry({4}, 0, 16, 0, 1)).find("data file 1 of 1"), std::string::npos);
  EXPECT_NE(error_of("\x0a").find("BundleEntryProto"), std::string::npos);
  EXPECT_NE(error_of(entry({4}, 0, 16), "").find("0 data files"), std::string::npos);
  Writer big_endian;
  big_endian.add_int(1, 1);
  big_endian.add_int(2, 1);
  EXPECT_NE(error_of(entry({4}, 0, 16), big_endian.to_string()).find("big-endian"), std::string::npos);
}

TEST(TensorBundleSlice, CopiesInThreeDimensions) {
  std::vector<std::byte> whole(2 * 3 * 4);
  const std::vector<uint8_t> part = {1, 2, 3, 4, 5, 6, 7, 8};
  copy_slice(std::as_bytes(std::span(part)), {2, 2, 2}, {0, 1, 2}, {2, 3, 4}, 1, whole);
  const std::vector<uint8_t> expected = {0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4,
                                         0, 0, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8};
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(std::to_integer<uint8_t>(whole[i]), expected[i]) << i;
}

}  // namespace
}  // namespace modelconv
