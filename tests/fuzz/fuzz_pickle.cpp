#include "base/error.h"
#include "wire/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    modelconv::ByteCursor cursor(std::as_bytes(std::span(data, size)), "pickle");
    const modelconv::Pickle pickle(cursor, [](std::string_view) { return true; });
    for (const auto& [key, value] : pickle.root().pairs())
      for (const modelconv::PickleValue& item : value.items()) item.state();
  } catch (const modelconv::MalformedModelError&) {
  }
  return 0;
}
