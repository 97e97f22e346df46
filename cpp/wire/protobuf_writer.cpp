#include <bit>
#include <protozero/buffer_string.hpp>
#include <protozero/varint.hpp>
#include <utility>

#include "wire/protobuf.h"

namespace modelconv::protobuf {
namespace {

// Below this a copy is cheaper than one more piece.
constexpr size_t kShort = 4096;

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void check_size(uint64_t size) {
  if (size <= Writer::kLargestMessage) return;
  BadArgument error(fmt::format("a protobuf message of {} bytes cannot exist: the limit is 2 GiB", size));
  error.hint("store the weights outside the message (external data)");
  throw error;
}

}  // namespace

std::string& Rope::tail() {
  if (pieces_.empty() || !pieces_.back().view.empty()) pieces_.emplace_back();
  return pieces_.back().text;
}

void Rope::append(std::string_view text) {
  tail().append(text);
  size_ += text.size();
}

void Rope::append_view(Bytes bytes, std::shared_ptr<const void> keep_alive) {
  if (bytes.size() < kShort) return append(text_of(bytes));
  pieces_.push_back({.text = {}, .view = bytes, .keep_alive = std::move(keep_alive)});
  size_ += bytes.size();
}

void Rope::append(const Rope& other) {
  for (const Piece& piece : other.pieces_)
    if (piece.view.empty())
      append(piece.text);
    else
      append_view(piece.view, piece.keep_alive);
}

void Rope::write_to(AtomicFiles::Stream& stream) const {
  for (const Piece& piece : pieces_)
    if (piece.view.empty())
      stream.write(piece.text);
    else
      stream.write(piece.view);
}

std::string Rope::to_string() const {
  std::string all;
  all.reserve(size_);
  for (const Piece& piece : pieces_)
    all += piece.view.empty() ? std::string_view(piece.text) : text_of(piece.view);
  return all;
}

void Writer::append_varint(std::string& out, uint64_t value) { protozero::add_varint_to_buffer(&out, value); }

void Writer::add_key(uint32_t field, WireType type) {
  std::string key;  // short enough to stay on the stack
  append_varint(key, uint64_t{field} << 3 | static_cast<uint64_t>(type));
  rope_.append(key);
}

void Writer::add_uint(uint32_t field, uint64_t value) {
  add_key(field, WireType::varint);
  std::string number;
  append_varint(number, value);
  rope_.append(number);
}

void Writer::add_sint(uint32_t field, int64_t value) {
  add_uint(field, static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
}

template <typename T>
void Writer::add_fixed(uint32_t field, WireType type, T value) {
  add_key(field, type);
  rope_.append(text_of(std::as_bytes(std::span(&value, 1))));
}

void Writer::add_float(uint32_t field, float value) { add_fixed(field, WireType::fixed32, value); }
void Writer::add_double(uint32_t field, double value) { add_fixed(field, WireType::fixed64, value); }
void Writer::add_fixed32(uint32_t field, uint32_t value) { add_fixed(field, WireType::fixed32, value); }
void Writer::add_fixed64(uint32_t field, uint64_t value) { add_fixed(field, WireType::fixed64, value); }

void Writer::add_string(uint32_t field, std::string_view value) {
  add_key(field, WireType::bytes);
  std::string length;
  append_varint(length, value.size());
  rope_.append(length);
  rope_.append(value);
}

void Writer::add_view(uint32_t field, Bytes bytes, std::shared_ptr<const void> keep_alive) {
  add_key(field, WireType::bytes);
  std::string length;
  append_varint(length, bytes.size());
  rope_.append(length);
  rope_.append_view(bytes, std::move(keep_alive));
}

void Writer::add_message(uint32_t field, const Writer& message) {
  check_size(message.size());
  add_key(field, WireType::bytes);
  std::string length;
  append_varint(length, message.size());
  rope_.append(length);
  rope_.append(message.rope_);
}

void Writer::add_packed_floats(uint32_t field, std::span<const float> values) {
  if (!values.empty()) add_string(field, text_of(std::as_bytes(values)));
}

void Writer::add_packed_doubles(uint32_t field, std::span<const double> values) {
  if (!values.empty()) add_string(field, text_of(std::as_bytes(values)));
}

const Rope& Writer::finish() const {
  check_size(size());
  return rope_;
}

}  // namespace modelconv::protobuf
