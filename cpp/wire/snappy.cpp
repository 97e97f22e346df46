#include "wire/snappy.h"

#include "base/error.h"
#include "wire/byte_cursor.h"

namespace modelconv {
namespace {

class Decoder {
 public:
  explicit Decoder(Bytes block) : in_(block, "snappy block") {
    declared_ = in_.take_varint(32);
    // The densest element is a copy of 64 bytes written in 3.
    const uint64_t reachable = uint64_t{64} * (in_.left() / 3 + 1);
    ENSURE(declared_ <= reachable, MalformedModelError, "snappy block of {} bytes cannot hold {} bytes",
           block.size(), declared_);
    out_.reserve(declared_);
  }

  std::string decode() {
    while (in_.left() > 0) element(in_.take_number<uint8_t>());
    ENSURE(out_.size() == declared_, MalformedModelError, "snappy block holds {} bytes, {} were announced",
           out_.size(), declared_);
    return std::move(out_);
  }

 private:
  // The lowest two bits of the tag tell what follows.
  void element(unsigned tag) {
    const size_t upper = tag >> 2;
    switch (tag & 3U) {
      case 0: return literal(upper);
      case 1: return copy(4 + (upper & 7U), (tag >> 5) << 8 | in_.take_number<uint8_t>());
      case 2: return copy(1 + upper, in_.take_number<uint16_t>());
      default: return copy(1 + upper, in_.take_number<uint32_t>());
    }
  }

  // Up to 60 bytes have their length in the tag; 60 to 63 say that it follows in 1 to 4 bytes.
  void literal(size_t length) {
    if (length >= 60) {
      const size_t width = length - 59;
      length = 0;
      for (size_t i = 0; i < width; ++i) length |= size_t{in_.take_number<uint8_t>()} << (8 * i);
    }
    reserve_room(length + 1);
    out_ += as_text(in_.take(length + 1));
  }

  // A copy may reach into what it writes itself: an offset of 1 repeats one byte.
  void copy(size_t length, size_t offset) {
    ENSURE(offset > 0 && offset <= out_.size(), MalformedModelError,
           "snappy block: a copy at byte {} reaches {} bytes back, there are {}", in_.position(), offset,
           out_.size());
    reserve_room(length);
    for (size_t i = 0; i < length; ++i) out_ += out_[out_.size() - offset];
  }

  void reserve_room(size_t length) const {
    ENSURE(length <= declared_ - out_.size(), MalformedModelError,
           "snappy block holds more than the {} bytes announced", declared_);
  }

  ByteCursor in_;
  uint64_t declared_ = 0;
  std::string out_;
};

}  // namespace

std::string decode_snappy(Bytes block) { return Decoder(block).decode(); }

}  // namespace modelconv
