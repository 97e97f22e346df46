// Any bytes as an HDF5 file, read to the last attribute and element. Checksums are not looked at: nothing would get past them.
#include <set>
#include <tuple>

#include "base/error.h"
#include "wire/hdf5/file.h"

namespace {

using modelconv::hdf5::Datatype, modelconv::hdf5::File, modelconv::hdf5::Object;

template <class Read>
void read_what_can_be(const Read& read) {
  try {
    read();
  } catch (const modelconv::MalformedModelError&) {
  }
}

void read_values(File& file, Object& object) {
  for (const auto& attribute : object.attributes())
    read_what_can_be([&] {
      const auto value = object.attribute(attribute.name);
      if (value->type.is_text()) file.texts(value->type, value->bytes, value->space.count());
    });
  if (!object.is_dataset()) return;
  const auto& [type, space] = std::tie(object.dataset().type, object.dataset().space);
  const auto& elements = object.elements();
  if (type.kind == Datatype::Kind::long_text) file.texts(type, elements.bytes, space.count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  read_what_can_be([&] {
    File file(std::as_bytes(std::span(data, size)), false);
    std::set<uint64_t> seen;
    std::vector<uint64_t> waiting{file.root().address()};
    while (!waiting.empty()) {
      const uint64_t address = waiting.back();
      waiting.pop_back();
      if (!seen.insert(address).second) continue;
      read_what_can_be([&] {
        Object& object = file.object(address);
        read_what_can_be([&] { read_values(file, object); });
        for (const auto& link : object.links())
          if (link.kind == modelconv::hdf5::Link::Kind::hard) waiting.push_back(link.address);
      });
    }
  });
  return 0;
}
