// Any text as a message of a small schema.
#include "wire/text_schema.h"

using namespace modelconv;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const text_proto::Schema schema = text_proto::Schema::parse(R"(
    message M {
      repeated M m = 1; repeated int32 i = 2; repeated uint64 u = 3; repeated float f = 4; repeated string s = 5;
      repeated bool b = 6; repeated E e = 7; map<string, M> map = 8; double d = 9;
    }
    enum E { A = 0; B = 1; }
  )");
  try {
    std::vector<std::string> unknown;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    text_proto::to_binary(text_proto::parse(text), schema, "M", &unknown);
  } catch (const MalformedModelError&) {
  }
  return 0;
}
