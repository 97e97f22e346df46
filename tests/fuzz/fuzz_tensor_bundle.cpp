// Any bytes as the only block of a checkpoint's index, with right checksums, beside a data file of 64 bytes.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../cpp/wire/table_builder.h"
#include "base/error.h"
#include "wire/tensor_bundle.h"

using namespace modelconv;

namespace {

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("modelconv-fuzz-" + std::to_string(::getpid()));
  Folder() {
    std::filesystem::create_directories(path);
    std::ofstream(path / "m.data-00000-of-00001") << std::string(64, '\1');
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder temporary;
  const std::filesystem::path& folder = temporary.path;
  TableBuilder builder;
  builder.add(std::string(reinterpret_cast<const char*>(data), size));
  std::ofstream(folder / "m.index", std::ios::binary) << builder.finish();
  try {
    const TensorBundle bundle = TensorBundle::open(folder / "m");
    for (const std::string& name : bundle.names()) try {
        if (bundle.dtype(name) == 7) bundle.strings(name);
        bundle.tensor(name, false);
        bundle.tensor(name);
      } catch (const Error&) {
      }
  } catch (const MalformedModelError&) {
  } catch (const FileError&) {  // a second data file, which is not there
  }
  return 0;
}
