// A first byte of 0: the rest is a table. 1 or 2: it is one block, plain or Snappy, to which a table with right checksums
// is built, so that the fuzzer need not guess them.
#include "../cpp/wire/table_builder.h"
#include "base/error.h"
#include "wire/sorted_table.h"

using namespace modelconv;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string table(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] == 1 || data[0] == 2) {
    TableBuilder builder;
    builder.add(table, static_cast<char>(data[0] - 1));
    table = builder.finish();
  }
  try {
    for_each_entry(std::as_bytes(std::span(table)), [](std::string_view, Bytes) {});
  } catch (const MalformedModelError&) {
  }
  return 0;
}
