#include <algorithm>
#include <bit>
#include <cstring>
#include <protozero/exception.hpp>
#include <protozero/varint.hpp>

#include "base/utf8.h"
#include "wire/protobuf.h"

static_assert(std::endian::native == std::endian::little, "fixed-width fields are copied as they are");

namespace modelconv::protobuf {
namespace {

// Advances `at`; throws protozero::exception when the varint is cut off or too long.
uint64_t decode(const std::byte*& at, const std::byte* end) {
  const auto* cursor = reinterpret_cast<const char*>(at);
  const uint64_t value = protozero::decode_varint(&cursor, reinterpret_cast<const char*>(end));
  at = reinterpret_cast<const std::byte*>(cursor);
  return value;
}

const char* describe(WireType type) {
  switch (type) {
    case WireType::varint: return "a varint";
    case WireType::fixed64: return "8 bytes";
    case WireType::fixed32: return "4 bytes";
    default: return "a length and bytes";
  }
}

}  // namespace

Reader::Reader(Bytes message, std::string_view name) : Reader(message, name, nullptr) {}

Reader::Reader(Bytes message, std::string_view name, const Reader* parent)
    : base_(parent ? parent->base_ : message.data()),
      begin_(message.data()),
      at_(begin_),
      end_(begin_ + message.size()),
      field_start_(begin_),
      name_(name),
      parent_(parent),
      depth_(parent ? parent->depth_ + 1 : 1) {
  if (depth_ > kMaxDepth) throw error(fmt::format("messages are nested deeper than {} levels", kMaxDepth));
}

namespace {

MalformedModelError cut_short(MalformedModelError error) {
  return error.hint("the file may be cut short: compare its size with the original's");
}

}  // namespace

bool Reader::next() {
  field_start_ = at_;
  field_ = 0;
  if (at_ == end_) return false;
  const uint64_t key = read_varint();
  if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
    throw error(fmt::format("there is no field with the number {}", key >> 3));
  field_ = static_cast<uint32_t>(key >> 3);
  type_ = static_cast<WireType>(key & 7);
  const auto left = [&] { return static_cast<uint64_t>(end_ - at_); };
  switch (type_) {
    case WireType::varint: number_ = read_varint(); return true;
    case WireType::fixed64:
    case WireType::fixed32: {
      const size_t width = type_ == WireType::fixed64 ? 8 : 4;
      if (left() < width)
        throw cut_short(error(fmt::format("the value takes {} bytes, {} are left", width, left())));
      number_ = 0;
      std::memcpy(&number_, at_, width);
      at_ += width;
      return true;
    }
    case WireType::bytes: {
      const uint64_t size = read_varint();
      if (size > left())
        throw cut_short(error(fmt::format("the value takes {} bytes, {} are left", size, left())));
      bytes_ = {at_, static_cast<size_t>(size)};
      at_ += size;
      return true;
    }
    default: throw error(fmt::format("wire type {} is not known", key & 7));  // 3 and 4, groups, are history
  }
}

uint64_t Reader::read_varint() {
  try {
    return decode(at_, end_);
  } catch (const protozero::exception&) {
    throw error("a number is cut off or longer than 10 bytes");
  }
}

void Reader::expect(WireType type) const {
  if (field_ == 0) throw InternalError("a protobuf value was read without a field: " + path());
  if (type_ != type)
    throw error(fmt::format("it is stored as {}, expected was {}", describe(type_), describe(type)));
}

uint64_t Reader::varint() {
  expect(WireType::varint);
  return number_;
}

uint64_t Reader::fixed_bits(WireType type) {
  expect(type);
  return number_;
}

Bytes Reader::as_bytes() {
  expect(WireType::bytes);
  return bytes_;
}

std::string_view Reader::as_string() {
  const Bytes bytes = as_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view Reader::as_name() {
  const std::string_view name = as_string();
  if (!is_valid_utf8(name)) throw error("the name is no valid UTF-8");
  return name;
}

Bytes Reader::packed_fixed(size_t width) const {
  expect(WireType::bytes);
  if (bytes_.size() % width != 0)
    throw error(fmt::format("{} bytes are no whole number of {}-byte values", bytes_.size(), width));
  return bytes_;
}

void Reader::copy_fixed(Bytes from, void* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

size_t Reader::PackedVarints::count() const {
  return static_cast<size_t>(
      std::count_if(rest_.begin(), rest_.end(), [](std::byte b) { return b < std::byte{0x80}; }));
}

bool Reader::PackedVarints::next(uint64_t& value) {
  if (rest_.empty()) return false;
  const std::byte* at = rest_.data();
  try {
    value = decode(at, rest_.data() + rest_.size());
  } catch (const protozero::exception&) {
    throw reader_.error("a packed number is cut off or longer than 10 bytes");
  }
  rest_ = rest_.subspan(static_cast<size_t>(at - rest_.data()));
  return true;
}

MalformedModelError Reader::error(const std::string& what) const {
  const std::string subject =
      field_ == 0 ? "the message is damaged" : fmt::format("field {} is damaged", field_);
  MalformedModelError result(subject + ": " + what);
  result.in(fmt::format("{}, byte {}", path(), field_start_ - base_));
  return result;
}

std::string Reader::path() const {
  if (parent_ == nullptr) return std::string(name_);
  return fmt::format("{}.{}[{}]", parent_->path(), name_, parent_->index_of(*this));
}

// Which of the parent's values of that field the child is. Counted only when an error is reported.
size_t Reader::index_of(const Reader& child) const {
  size_t index = 0;
  uint32_t number = 0;
  for (int pass = 0; pass < 2;
       ++pass) {  // first which field it is, then how many of that field come before it
    Reader again({begin_, static_cast<size_t>(end_ - begin_)}, name_);
    try {
      while (again.next()) {
        const bool found = again.type_ == WireType::bytes && again.bytes_.data() == child.begin_ &&
                           again.bytes_.size() == static_cast<size_t>(child.end_ - child.begin_);
        if (pass == 0 && found) number = again.field_;
        if (found) break;
        if (pass == 1 && again.field_ == number) ++index;
      }
    } catch (const MalformedModelError&) {
      break;  // cannot happen before the child, which was found by the same steps
    }
  }
  return index;
}

}  // namespace modelconv::protobuf
