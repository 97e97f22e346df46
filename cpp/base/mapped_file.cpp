#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/error.h"

namespace modelconv {
namespace {

// Closes the descriptor when open() leaves, also by an exception; a mapping outlives its descriptor.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

std::string hint_for(int code) {
  switch (code) {
    case ENOENT: return "check the spelling of the path; a relative path starts at the current folder";
    case EACCES: return "check the permissions of the file and of the folders above it";
    case ENOTDIR: return "a part of the path that should be a folder is a file";
    case EMFILE: return "close other files or raise the limit (ulimit -n)";
    default: return "";
  }
}

FileError cannot_read(const std::filesystem::path& path, int code) {
  FileError error(fmt::format("cannot read '{}'", path.string()));
  error.because(std::strerror(code)).hint(hint_for(code));
  return error;
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (file.fd < 0) throw cannot_read(path, errno);
  struct stat status{};
  if (::fstat(file.fd, &status) != 0) throw cannot_read(path, errno);
  if (!S_ISREG(status.st_mode)) {
    FileError error(fmt::format("cannot read '{}'", path.string()));
    error.because(fmt::format("it is {}, not a regular file", kind_of(status.st_mode)));
    if (!S_ISDIR(status.st_mode)) error.hint("copy its content to a file first");
    throw error;
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* data = nullptr;
  if (size > 0) {  // mmap refuses a length of zero
    data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (data == MAP_FAILED) throw cannot_read(path, errno);
  }
  try {
    return std::shared_ptr<const MappedFile>(new MappedFile(path, static_cast<const std::byte*>(data), size));
  } catch (...) {
    if (size > 0) ::munmap(data, size);
    throw;
  }
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (size_ > 0) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace modelconv
