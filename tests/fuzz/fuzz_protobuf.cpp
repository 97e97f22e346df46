// Any bytes as a message: fields 1 to 3 nest, the others are read in every way.
#include "wire/protobuf.h"

namespace {

using namespace modelconv;

void visit(protobuf::Reader& reader) {
  std::vector<int64_t> integers;
  std::vector<float> floats;
  std::vector<double> doubles;
  while (reader.next()) {
    if (reader.wire_type() == protobuf::WireType::bytes && reader.field() <= 3) {
      protobuf::Reader nested = reader.as_message("nested");
      visit(nested);
    }
    switch (reader.field()) {
      case 4: reader.append_varints(integers); break;
      case 5: reader.append_zigzags(integers); break;
      case 6: reader.append_fixed(floats); break;
      case 7: reader.append_fixed(doubles); break;
      case 8: reader.as_double(); break;
      case 9: reader.as_string(); break;
      default: break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    protobuf::Reader reader(std::as_bytes(std::span(data, size)), "Root");
    visit(reader);
  } catch (const MalformedModelError&) {
  }
  return 0;
}
