#include "wire/hdf5/object_header.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "an object header";
constexpr uint8_t kShared = 1 << 1, kMustBeKnown = 1 << 7;
constexpr uint16_t kLastKnown = 0x18;

struct Reader {
  Source& source;
  int version;
  bool has_order;  // version 2: messages have the order of their creation
  std::vector<Message> messages;
  std::vector<Bytes> waiting;  // blocks of messages

  Message take_message(ByteCursor& cursor) const {
    const auto type = version == 1 ? cursor.take_number<uint16_t>() : cursor.take_number<uint8_t>();
    const auto size = cursor.take_number<uint16_t>();
    const auto flags = cursor.take_number<uint8_t>();
    cursor.take(version == 1 ? 3 : has_order ? 2 : 0);
    ENSURE(type <= kLastKnown || (flags & kMustBeKnown) == 0, MalformedModelError,
           "{} has a message of type {:#x}, which is not known", kWhat, type);
    return {static_cast<MessageType>(type), (flags & kShared) != 0, cursor.take(size)};
  }

  // Continuation blocks of version 2 have a signature and a checksum.
  void follow(Bytes body) {
    Cursor cursor(body, "a continuation of an object header", source.widths());
    const uint64_t address = cursor.take_offset(), size = cursor.take_length();
    if (version == 1) {
      waiting.push_back(source.visit(address, size, kWhat));
    } else {
      Cursor block = source.structure(address, size, "OCHK", "a continuation of an object header");
      waiting.push_back(block.take(block.left()));
    }
  }

  void read() {
    const size_t smallest = version == 1 ? 8 : has_order ? 6 : 4;  // what is left may be a gap
    while (!waiting.empty()) {
      ByteCursor cursor(waiting.back(), kWhat);
      waiting.pop_back();
      while (cursor.left() >= smallest) {
        const Message message = take_message(cursor);
        if (message.type == MessageType::continuation)
          follow(message.body);
        else
          messages.push_back(message);
      }
    }
  }
};

Reader open_v1(Source& source, uint64_t address) {
  ByteCursor cursor(source.visit(address, 16, kWhat), kWhat);
  expect_version(cursor, 1, kWhat);
  cursor.take(7);  // numbers of messages and references
  const auto size = cursor.take_number<uint32_t>();
  return {source, 1, false, {}, {source.visit(address + 16, size, kWhat)}};
}

Reader open_v2(Source& source, uint64_t address) {
  ByteCursor cursor = source.from(address, kWhat);
  cursor.take(4);
  expect_version(cursor, 2, kWhat);
  const auto flags = cursor.take_number<uint8_t>();
  if (flags & 1 << 5) cursor.take(16);  // times
  if (flags & 1 << 4) cursor.take(4);   // limits of compact attributes
  const uint64_t size = take_uint(cursor, 1 << (flags & 3));
  const Bytes block = cursor.take(size);
  source.check_sum(source.visit(address, cursor.position() + 4, kWhat), kWhat);
  return {source, 2, (flags & 1 << 2) != 0, {}, {block}};
}

}  // namespace

std::vector<Message> read_object_header(Source& source, uint64_t address) {
  const bool is_new = as_text(source.at(address, 4, kWhat)) == "OHDR";
  Reader reader = is_new ? open_v2(source, address) : open_v1(source, address);
  reader.read();
  return std::move(reader.messages);
}

}  // namespace modelconv::hdf5
