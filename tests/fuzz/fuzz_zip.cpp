#include "base/error.h"
#include "wire/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const modelconv::ZipArchive archive(std::as_bytes(std::span(data, size)));
    for (const modelconv::ZipEntry& entry : archive.entries()) modelconv::read_entry(entry);
  } catch (const modelconv::MalformedModelError&) {
  }
  return 0;
}
