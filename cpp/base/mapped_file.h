// Read-only memory mapping of a file. Tensors keep it alive through a shared pointer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace modelconv {

using Bytes = std::span<const std::byte>;

class MappedFile {
 public:
  // Maps a regular file. Throws FileError when it cannot be opened and when it is not a regular file
  // (a device, a pipe and a folder are refused before anything is read). An empty file gives empty bytes.
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  Bytes bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  MappedFile(std::filesystem::path path, const std::byte* data, size_t size);
  std::filesystem::path path_;
  const std::byte* data_;
  size_t size_;
};

}  // namespace modelconv
