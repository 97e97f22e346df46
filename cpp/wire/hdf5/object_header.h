// Object headers: the messages that say what a group, a dataset or a committed datatype is (IV.A.1).
#pragma once

#include <vector>

#include "wire/hdf5/source.h"

namespace modelconv::hdf5 {

// IV.A.2
enum class MessageType : uint16_t {
  dataspace = 0x01,
  link_info = 0x02,
  datatype = 0x03,
  old_fill_value = 0x04,
  fill_value = 0x05,
  link = 0x06,
  external_files = 0x07,
  layout = 0x08,
  filters = 0x0B,
  attribute = 0x0C,
  continuation = 0x10,
  symbol_table = 0x11,
  attribute_info = 0x15,
};

struct Message {
  MessageType type;
  bool is_shared;  // the body says where the message itself is
  Bytes body;
};

// All messages, those of continuation blocks included.
std::vector<Message> read_object_header(Source& source, uint64_t address);

}  // namespace modelconv::hdf5
