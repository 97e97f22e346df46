#include "wire/hdf5/attributes.h"

#include <algorithm>

#include "wire/hdf5/b_tree.h"
#include "wire/hdf5/dense.h"

namespace modelconv::hdf5 {
namespace {

constexpr std::string_view kWhat = "an attribute", kInfo = "the list of attributes";

// Name, type and shape are padded to 8 bytes each in version 1; version 3 says how the name is encoded.
Attribute read_attribute(Bytes message) {
  ByteCursor cursor(message, kWhat);
  const auto version = cursor.take_number<uint8_t>();
  ENSURE(version >= 1 && version <= 3, MalformedModelError, "{} of version {}; 1 to 3 are read", kWhat,
         version);
  const auto flags = cursor.take_number<uint8_t>();
  const auto name_size = cursor.take_number<uint16_t>(), type_size = cursor.take_number<uint16_t>(),
             space_size = cursor.take_number<uint16_t>();
  if (version == 3) cursor.take(1);
  const auto take = [&](uint16_t size) {
    const Bytes bytes = cursor.take(size);
    if (version == 1) cursor.take((8 - size % 8) % 8);
    return bytes;
  };
  Attribute attribute;
  const std::string_view name = as_text(take(name_size));
  attribute.name = name.substr(0, name.find('\0'));
  attribute.type = {MessageType::datatype, version > 1 && (flags & 1) != 0, take(type_size)};
  attribute.space = {MessageType::dataspace, version > 1 && (flags & 2) != 0, take(space_size)};
  attribute.data = cursor.take(cursor.left());
  return attribute;
}

void read_dense_attributes(Source& source, Bytes message, std::vector<Attribute>& attributes) {
  const std::optional<Dense> dense = find_dense(source, message, 2, kInfo);
  if (!dense) return;
  for (const Bytes record : records_of_tree(source, dense->tree, RecordType::attributes_by_name)) {
    ByteCursor fields(record, kInfo);
    const Bytes id = fields.take(dense->heap.id_size());
    ENSURE((fields.take_number<uint8_t>() & 2) == 0, MalformedModelError, "{} is shared, which is not read",
           kWhat);
    attributes.push_back(read_attribute(dense->heap.object(source, id)));
  }
}

}  // namespace

std::vector<Attribute> read_attributes(Source& source, const std::vector<Message>& header) {
  std::vector<Attribute> attributes;
  for (const Message& message : header) {
    ENSURE(message.type != MessageType::attribute || !message.is_shared, MalformedModelError,
           "{} is shared, which is not read", kWhat);
    if (message.type == MessageType::attribute) attributes.push_back(read_attribute(message.body));
    if (message.type == MessageType::attribute_info) read_dense_attributes(source, message.body, attributes);
  }
  std::sort(attributes.begin(), attributes.end(),
            [](const Attribute& a, const Attribute& b) { return a.name < b.name; });
  for (size_t i = 1; i < attributes.size(); ++i)
    ENSURE(attributes[i - 1].name != attributes[i].name, MalformedModelError, "there are two attributes '{}'",
           attributes[i].name);
  return attributes;
}

}  // namespace modelconv::hdf5
