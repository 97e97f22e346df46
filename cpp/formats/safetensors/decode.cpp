#include "formats/safetensors/decode.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "formats/safetensors/schema.h"
#include "wire/byte_cursor.h"

namespace modelconv::safetensors {
namespace {

using Json = nlohmann::json;

uint64_t unsigned_of(const Json& number, const std::string& name, std::string_view what) {
  ENSURE(number.is_number_unsigned(), MalformedModelError, "tensor '{}': its {} are no whole numbers", name,
         what);
  return number.get<uint64_t>();
}

const Json& member(const Json& entry, const std::string& name, const char* key, Json::value_t type) {
  ENSURE(entry.is_object() && entry.contains(key) && entry[key].type() == type, MalformedModelError,
         "tensor '{}' has no '{}'", name, key);
  return entry[key];
}

Dims dims_of(const Json& entry, const std::string& name) {
  Dims dims;
  for (const Json& size : member(entry, name, "shape", Json::value_t::array)) {
    const uint64_t value = unsigned_of(size, name, "sizes");
    ENSURE(value <= INT64_MAX, MalformedModelError, "tensor '{}' has a size of {}", name, value);
    dims.push_back(static_cast<int64_t>(value));
  }
  return dims;
}

Tensor read_tensor(const Json& entry, const std::string& name, Bytes data,
                   const std::shared_ptr<const void>& keep_alive) {
  const auto dtype_name = member(entry, name, "dtype", Json::value_t::string).get<std::string>();
  const std::optional<DType> dtype = dtype_from(dtype_name);
  ENSURE(dtype, UnknownFormatError, "tensor '{}' is of type {}, which is not known", name, dtype_name);
  const Json& offsets = member(entry, name, "data_offsets", Json::value_t::array);
  ENSURE(offsets.size() == 2, MalformedModelError, "tensor '{}' has {} offsets in place of 2", name,
         offsets.size());
  const uint64_t begin = unsigned_of(offsets[0], name, "offsets"),
                 end = unsigned_of(offsets[1], name, "offsets");
  ENSURE(begin <= end && end <= data.size(), MalformedModelError,
         "tensor '{}' lies from byte {} to {} behind the header, where the file has {}", name, begin, end,
         data.size());
  const Bytes bytes = data.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  try {
    return Tensor::view(*dtype, dims_of(entry, name), bytes, keep_alive);
  } catch (const ShapeError& error) {
    throw MalformedModelError(fmt::format("tensor '{}': {}", name, error.message()));
  } catch (MalformedModelError& error) {
    error.in(fmt::format("tensor '{}'", name));
    throw;
  }
}

uint64_t begin_of(const Json& entry, const std::string& name) {
  return unsigned_of(member(entry, name, "data_offsets", Json::value_t::array).at(0), name, "offsets");
}

void describe(const Json& metadata, WeightList& weights) {
  ENSURE(metadata.is_object(), MalformedModelError, "'{}' is not a JSON object", kMetadata);
  for (const auto& [key, value] : metadata.items())
    if (value.is_string()) weights.describe(key, value.get<std::string>());
}

Json parse_header(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& problem) {
    throw MalformedModelError("the header is not valid JSON").because(problem.what());
  }
}

}  // namespace

bool looks_like_safetensors(Bytes bytes) {
  if (bytes.size() < 10) return false;
  ByteCursor cursor(bytes, "safetensors header");
  const auto size = cursor.take_number<uint64_t>();
  return size >= 2 && size <= kLongestHeader && bytes[8] == std::byte{'{'} &&
         (bytes[9] == std::byte{'"'} || bytes[9] == std::byte{'}'} || bytes[9] == std::byte{' '});
}

void decode(Bytes bytes, const std::shared_ptr<const void>& keep_alive, WeightList& weights) {
  ByteCursor cursor(bytes, "safetensors file");
  const auto size = cursor.take_number<uint64_t>();
  ENSURE(size <= kLongestHeader, MalformedModelError, "the header claims {} bytes; {} is the most", size,
         kLongestHeader);
  const std::string_view text = as_text(cursor.take(size));
  const Json header = parse_header(text);
  ENSURE(header.is_object(), MalformedModelError, "the header is not a JSON object");
  const Bytes data = cursor.take(cursor.left());
  if (header.contains(kMetadata)) describe(header[kMetadata], weights);
  struct Entry {
    uint64_t begin;
    std::string name;
    Tensor tensor;
  };
  std::vector<Entry> entries;
  for (const auto& [name, entry] : header.items())
    if (name != kMetadata) {
      Tensor tensor = read_tensor(entry, name, data, keep_alive);
      entries.push_back({begin_of(entry, name), name, std::move(tensor)});
    }
  // The parser sorts names; writers lay tensors out in the order of the model.
  std::ranges::stable_sort(entries, {}, &Entry::begin);
  for (Entry& entry : entries) weights.add(entry.name, std::move(entry.tensor));
}

}  // namespace modelconv::safetensors
