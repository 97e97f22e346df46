#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/file_range.h"

namespace modelconv {
namespace {

// Closes the descriptor when open() leaves by an exception; a mapping keeps it.
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

// Live mappings by address, each with its file's descriptor.
class Registry {
 public:
  void add(Bytes bytes, int descriptor) {
    const std::lock_guard lock(mutex_);
    by_start_[bytes.data()] = {bytes.size(), descriptor};
  }

  void remove(const std::byte* start) {
    const std::lock_guard lock(mutex_);
    const auto found = by_start_.find(start);
    if (found == by_start_.end()) return;
    ::close(found->second.descriptor);
    by_start_.erase(found);
  }

  std::optional<FileRange> find(Bytes bytes) {
    const std::lock_guard lock(mutex_);
    auto after = by_start_.upper_bound(bytes.data());
    if (after == by_start_.begin()) return std::nullopt;
    const auto& [start, mapping] = *std::prev(after);
    if (bytes.data() + bytes.size() > start + mapping.size) return std::nullopt;
    return FileRange{mapping.descriptor, bytes.data() - start};
  }

 private:
  struct Mapping {
    size_t size;
    int descriptor;
  };
  std::mutex mutex_;
  std::map<const std::byte*, Mapping> by_start_;
};

Registry& registry() {
  static Registry* const instance = new Registry;  // never destroyed: mappings may outlive static objects
  return *instance;
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
  Descriptor file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
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
  std::unique_ptr<const MappedFile> mapped(new MappedFile(path, static_cast<const std::byte*>(data), size));
  if (size > 0) registry().add(mapped->bytes(), std::exchange(file.fd, -1));
  return mapped;
}

MappedFile::MappedFile(std::filesystem::path path, const std::byte* data, size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (size_ == 0) return;
  registry().remove(data_);
  ::munmap(const_cast<std::byte*>(data_), size_);
}

std::optional<FileRange> find_in_mapped_files(Bytes bytes) { return registry().find(bytes); }

}  // namespace modelconv
