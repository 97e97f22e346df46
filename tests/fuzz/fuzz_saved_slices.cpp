// Any bytes as the only block of a checkpoint of format V1, with right checksums.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../cpp/wire/table_builder.h"
#include "base/error.h"
#include "formats/tensorflow/checkpoint.h"

using namespace modelconv;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("modelconv-fuzz-slices-" + std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder temporary;
  TableBuilder builder;
  builder.add(std::string(reinterpret_cast<const char*>(data), size));
  std::ofstream(temporary.path / "m", std::ios::binary) << builder.finish();
  try {
    const auto checkpoint = tensorflow::open_checkpoint(temporary.path / "m");
    for (const char* name : {"w", "b", ""})
      if (checkpoint->has(name)) checkpoint->tensor(name);
  } catch (const Error&) {
  }
  return 0;
}
