#include "wire/flexbuffer.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "base/error.h"

namespace modelconv::flexbuffer {
namespace {

enum Type : uint8_t {
  kInt = 1,
  kUint = 2,
  kFloat = 3,
  kKey = 4,
  kString = 5,
  kIndirectInt = 6,
  kIndirectUint = 7,
  kIndirectFloat = 8,
  kMap = 9,
  kVector = 10,
  kBlob = 25,
  kBool = 26
};

// A value: where it lies, how wide it is there, and its type with the width of what it leads to.
struct Reference {
  size_t at;
  size_t width;
  uint8_t packed;
  Type type() const { return static_cast<Type>(packed >> 2); }
  size_t child_width() const { return size_t{1} << (packed & 3U); }
};

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  Reference root() const {
    ENSURE(bytes_.size() >= 3, MalformedModelError, "a flexbuffer has at least 3 bytes, here are {}",
           bytes_.size());
    const auto width = static_cast<size_t>(bytes_[bytes_.size() - 1]);
    ENSURE((width == 1 || width == 2 || width == 4 || width == 8) && width + 2 <= bytes_.size(),
           MalformedModelError, "a flexbuffer's root has {} bytes", width);
    return {bytes_.size() - 2 - width, width, static_cast<uint8_t>(bytes_[bytes_.size() - 2])};
  }

  uint64_t unsigned_at(size_t at, size_t width) const {
    check(at, width);
    uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + at, width);
    return value;
  }

  size_t follow(size_t at, size_t width) const {
    const uint64_t offset = unsigned_at(at, width);
    ENSURE(offset <= at, MalformedModelError, "a flexbuffer's offset at byte {} leads {} bytes back", at,
           offset);
    return at - static_cast<size_t>(offset);
  }

  std::optional<double> number(const Reference& value) const {
    switch (value.type()) {
      case kInt: return static_cast<double>(signed_at(value.at, value.width));
      case kUint:
      case kBool: return static_cast<double>(unsigned_at(value.at, value.width));
      case kFloat: return float_at(value.at, value.width);
      case kIndirectInt: return static_cast<double>(signed_at(follow(value), value.child_width()));
      case kIndirectUint: return static_cast<double>(unsigned_at(follow(value), value.child_width()));
      case kIndirectFloat: return float_at(follow(value), value.child_width());
      default: return std::nullopt;
    }
  }

  std::string_view text(const Reference& value) const {
    const size_t at = follow(value), width = value.child_width();
    ENSURE(at >= width, MalformedModelError, "a flexbuffer's text has no length");
    const uint64_t length = unsigned_at(at - width, width);
    check(at, length);
    return {reinterpret_cast<const char*>(bytes_.data()) + at, static_cast<size_t>(length)};
  }

  // Elements of a vector or map, of which `at` is the first.
  std::vector<Reference> elements(const Reference& value) const {
    const size_t at = follow(value), width = value.child_width();
    ENSURE(at >= width, MalformedModelError, "a flexbuffer's list has no length");
    const uint64_t count = unsigned_at(at - width, width);
    ENSURE(count <= bytes_.size(), MalformedModelError, "a flexbuffer's list has {} elements", count);
    check(at, count * (width + 1));
    std::vector<Reference> list;
    for (size_t i = 0; i < count; ++i)
      list.push_back({at + i * width, width, static_cast<uint8_t>(bytes_[at + count * width + i])});
    return list;
  }

  std::string key(const Reference& map, size_t index) const {
    const size_t at = follow(map), width = map.child_width();
    ENSURE(at >= 3 * width, MalformedModelError, "a flexbuffer's map has no keys");
    const uint64_t key_width = unsigned_at(at - 2 * width, width);
    ENSURE(key_width == 1 || key_width == 2 || key_width == 4 || key_width == 8, MalformedModelError,
           "a flexbuffer's keys have offsets of {} bytes", key_width);
    const size_t keys = follow(at - 3 * width, width);
    const size_t begin = follow(keys + index * key_width, static_cast<size_t>(key_width));
    size_t end = begin;
    while (end < bytes_.size() && bytes_[end] != std::byte{0}) ++end;
    return {reinterpret_cast<const char*>(bytes_.data()) + begin, end - begin};
  }

 private:
  size_t follow(const Reference& value) const { return follow(value.at, value.width); }

  void check(size_t at, uint64_t size) const {
    ENSURE(at <= bytes_.size() && size <= bytes_.size() - at, MalformedModelError,
           "a flexbuffer of {} bytes has {} at byte {}", bytes_.size(), size, at);
  }

  int64_t signed_at(size_t at, size_t width) const {
    const uint64_t value = unsigned_at(at, width);
    const unsigned unused = 64 - 8 * static_cast<unsigned>(width);
    return static_cast<int64_t>(value << unused) >> unused;
  }

  double float_at(size_t at, size_t width) const {
    check(at, width);
    float single = 0;
    double result = 0;
    if (width == 4) std::memcpy(&single, bytes_.data() + at, 4);
    if (width == 8) std::memcpy(&result, bytes_.data() + at, 8);
    ENSURE(width >= 4, MalformedModelError, "a flexbuffer has a number of {} bytes with a point", width);
    return width == 4 ? double{single} : result;
  }

  Bytes bytes_;
};

}  // namespace

std::map<std::string, double, std::less<>> read_numbers(Bytes bytes) {
  const Reader reader(bytes);
  const Reference root = reader.root();
  ENSURE(root.type() == kMap, MalformedModelError, "a flexbuffer is no map, its type is {}",
         root.packed >> 2);
  std::map<std::string, double, std::less<>> numbers;
  size_t index = 0;
  for (const Reference& value : reader.elements(root)) {
    const std::string key = reader.key(root, index++);
    if (const auto number = reader.number(value)) numbers[key] = *number;
  }
  return numbers;
}

std::vector<std::string_view> read_texts(Bytes bytes) {
  const Reader reader(bytes);
  const Reference root = reader.root();
  ENSURE(root.type() == kVector, MalformedModelError, "a flexbuffer is no list, its type is {}",
         root.packed >> 2);
  std::vector<std::string_view> texts;
  for (const Reference& value : reader.elements(root))
    if (value.type() == kString || value.type() == kBlob) texts.push_back(reader.text(value));
  return texts;
}

}  // namespace modelconv::flexbuffer
