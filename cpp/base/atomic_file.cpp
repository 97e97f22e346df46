#include "base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/file_range.h"
#include "base/write_progress.h"

namespace modelconv {

namespace fs = std::filesystem;

namespace {

constexpr size_t kBufferSize = size_t{1} << 18;

// Bytes per call of the system: less than the 2 GiB that Linux takes, and few enough to tell how far it is.
constexpr size_t kMostAtOnce = size_t{1} << 24;

std::string hint_for(int code) {
  switch (code) {
    case ENOENT: return "create the folder first";
    case ENOTDIR: return "name a folder in front of the file: a part of the path is a file";
    case EACCES:
    case EPERM: return "check the permissions of the folder, or write somewhere else";
    case EROFS: return "the file system is read-only; write somewhere else";
    case ENOSPC:
    case EDQUOT: return "free some space; nothing was replaced";
    case ENAMETOOLONG: return "choose a shorter name";
    default: return "";
  }
}

FileError cannot_write(const fs::path& target, std::string why, std::string hint) {
  FileError error(fmt::format("cannot write '{}'", target.string()));
  error.because(std::move(why)).hint(std::move(hint));
  return error;
}

FileError cannot_write(const fs::path& target, int code) {
  return cannot_write(target, std::strerror(code), hint_for(code));
}

// Short, so that a target with the longest possible name works too; hidden, so that globs do not find it.
fs::path temporary_beside(const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  return target.parent_path() / fmt::format(".modelconv-{}-{}.tmp", ::getpid(), counter++);
}

// A link is followed, so that the file that it names is replaced and not the link.
fs::path follow_links(fs::path path) {
  constexpr int kMostLinks = 40;  // the kernel's own limit
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(path, error); ++i) {
    const fs::path next = fs::read_symlink(path, error);
    if (error) break;
    path = path.parent_path() / next;  // an absolute `next` replaces the whole path
  }
  return path;
}

fs::path full_path(const fs::path& path) {
  fs::path result = fs::absolute(path).lexically_normal();
  return result.has_filename() ? result : result.parent_path();  // "folder/" is "folder"
}

// Refuses what rename() would destroy or could never replace. Returns the permission bits of an existing file.
mode_t check_target(const fs::path& shown, const fs::path& target) {
  struct stat status{};
  if (::stat(target.c_str(), &status) != 0) {
    if (errno != ENOENT) throw cannot_write(shown, errno);
    const fs::path folder = target.parent_path();
    if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
      throw cannot_write(shown, fmt::format("there is no folder '{}'", folder.string()), hint_for(ENOENT));
    return 0;
  }
  if (S_ISDIR(status.st_mode)) throw cannot_write(shown, "it is a folder", "give the name of a file");
  if (!S_ISREG(status.st_mode)) throw cannot_write(shown, "it exists and is not a regular file", "");
  if (::access(target.c_str(), W_OK) != 0) throw cannot_write(shown, errno);
  return status.st_mode & 0777U;
}

// Swaps two names in one step, where the system can.
bool exchange([[maybe_unused]] const fs::path& a, [[maybe_unused]] const fs::path& b) {
#ifdef RENAME_EXCHANGE
  return ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
#else
  return false;
#endif
}

// One temporary file or folder and the place where it belongs.
struct Replacement {
  fs::path shown, target, temporary;
  bool folder = false;
  enum { waiting, created, exchanged, renamed } state = waiting;

  void apply() {
    struct stat status{};
    if (::lstat(target.c_str(), &status) != 0) {
      if (::rename(temporary.c_str(), target.c_str()) != 0) throw cannot_write(shown, errno);
      state = created;
    } else if (S_ISDIR(status.st_mode) != folder) {
      throw cannot_write(shown, "something else took its name meanwhile", "");
    } else if (exchange(temporary, target)) {
      state = exchanged;  // the old content now has the temporary name
    } else {
      rename_over();
      state = renamed;
    }
  }

  // For file systems that cannot exchange: atomic for a file, two steps for a folder.
  void rename_over() {
    const fs::path aside = temporary_beside(target);
    if (folder && ::rename(target.c_str(), aside.c_str()) != 0) throw cannot_write(shown, errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) {
      const int code = errno;
      if (folder) ::rename(aside.c_str(), target.c_str());
      throw cannot_write(shown, code);
    }
    std::error_code ignored;
    if (folder) fs::remove_all(aside, ignored);
  }

  void undo() {
    if (state == created) ::rename(target.c_str(), temporary.c_str());
    if (state == exchanged) exchange(temporary, target);
    state = waiting;
  }

  void remove_temporary() const {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
  }
};

}  // namespace

struct AtomicFiles::Stream::State {
  fs::path shown;
  int fd = -1;
  size_t written = 0;  // including what is in the buffer
  std::string buffer;

  ~State() {
    if (fd >= 0) ::close(fd);
  }

  // Weights that are views of a mapped file go from file to file inside the kernel, without their pages being mapped.
  // Returns how many bytes were copied: fewer than all where the file systems cannot do that.
  size_t copy_from_file(const char* data, size_t size) {
    const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
    const std::optional<FileRange> source = find_in_mapped_files(bytes);
    if (!source) return 0;
    off64_t offset = source->offset;
    size_t copied = 0;
    while (copied < size) {
      const size_t part = std::min(size - copied, kMostAtOnce);
      const ssize_t done = ::copy_file_range(source->descriptor, &offset, fd, nullptr, part, 0);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) throw cannot_write(shown, errno);
      if (done <= 0) break;
      copied += static_cast<size_t>(done);
      WriteProgress::note(static_cast<size_t>(done));
    }
    return copied;
  }

  void write_through(const char* data, size_t size) {
    constexpr size_t kWorthwhile = 256 * 1024;
    if (size >= kWorthwhile) {
      const size_t copied = copy_from_file(data, size);
      data += copied;
      size -= copied;
    }
    while (size > 0) {
      const ssize_t done = ::write(fd, data, std::min(size, kMostAtOnce));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) throw cannot_write(shown, errno);
      data += done;
      size -= static_cast<size_t>(done);
      WriteProgress::note(static_cast<size_t>(done));
    }
  }

  void flush() {
    write_through(buffer.data(), buffer.size());
    buffer.clear();
  }

  void append(const char* data, size_t size) {
    ENSURE(fd >= 0, InternalError, "'{}' was written to after commit()", shown.string());
    if (buffer.size() + size > kBufferSize) flush();
    if (size >= kBufferSize)
      write_through(data, size);
    else
      buffer.append(data, size);
    written += size;
  }

  void finish() {
    flush();
    const int descriptor = std::exchange(fd, -1);
    // Network file systems report a full disk only here.
    if (::close(descriptor) != 0 && errno != EINTR) throw cannot_write(shown, errno);
  }
};

struct AtomicFiles::Impl {
  std::vector<std::unique_ptr<Stream::State>> streams;
  std::vector<Replacement> replacements;
  bool committed = false;

  const Replacement* folder_above(const fs::path& target) const {
    for (const Replacement& r : replacements) {
      if (!r.folder) continue;
      const fs::path inside = target.lexically_relative(r.shown);
      if (!inside.empty() && inside != "." && *inside.begin() != "..") return &r;
    }
    return nullptr;
  }

  Stream::State& open(const fs::path& shown, const fs::path& path, mode_t mode) {
    Stream::State& state = *streams.emplace_back(std::make_unique<Stream::State>());
    state.shown = shown;
    state.fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (state.fd < 0) {
      const int code = errno;
      streams.pop_back();
      throw cannot_write(shown, code);
    }
    if (mode != 0) ::fchmod(state.fd, mode);  // some file systems have no permission bits: not worth an error
    return state;
  }
};

AtomicFiles::AtomicFiles() : impl_(std::make_unique<Impl>()) {}

AtomicFiles::~AtomicFiles() {
  if (impl_->committed) return;
  for (const Replacement& r : impl_->replacements) r.remove_temporary();
}

AtomicFiles::Stream AtomicFiles::create(const fs::path& target) {
  ENSURE(!impl_->committed, InternalError, "create() after commit()");
  if (!target.has_filename())
    throw cannot_write(target, "it does not name a file", "give the name of a file");
  if (const Replacement* above = impl_->folder_above(full_path(target))) {
    const fs::path path = above->temporary / full_path(target).lexically_relative(above->shown);
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) throw cannot_write(target, error.value());
    return Stream(&impl_->open(target, path, 0));
  }
  const fs::path real = follow_links(full_path(target));
  for (const Replacement& r : impl_->replacements)
    ENSURE(r.target != real, BadArgument, "'{}' would be written twice", target.string());
  const mode_t mode = check_target(target, real);
  const fs::path temporary = temporary_beside(real);
  impl_->replacements.reserve(impl_->replacements.size() + 1);  // so that listing what was made cannot fail
  Replacement replacement{.shown = target, .target = real, .temporary = temporary};
  Stream::State& state = impl_->open(target, temporary, mode);
  impl_->replacements.push_back(std::move(replacement));
  return Stream(&state);
}

void AtomicFiles::replace_folder(const fs::path& target, bool (*is_ours)(const fs::path&)) {
  ENSURE(!impl_->committed, InternalError, "replace_folder() after commit()");
  const fs::path shown = full_path(target), real = follow_links(shown);
  const auto name = real.filename();
  if (name.empty() || name == "..") throw cannot_write(target, "this folder cannot be replaced", "");
  std::error_code error;
  const fs::file_status status = fs::status(real, error);
  mode_t mode = 0777;
  if (fs::exists(status)) {
    if (!fs::is_directory(status))
      throw cannot_write(target, "it is a file, and without a suffix the target is a folder",
                         "give the name of a new folder, or a suffix for a file");
    const bool empty = fs::is_empty(real, error);
    if (error) throw cannot_write(target, error.value());
    if (!empty && (is_ours == nullptr || !is_ours(real)))
      throw cannot_write(target, "the folder is not empty and holds something else",
                         "give the name of a new folder");
    mode = static_cast<mode_t>(status.permissions()) & 0777U;
  }
  const fs::path temporary = temporary_beside(real);
  impl_->replacements.reserve(impl_->replacements.size() + 1);
  Replacement replacement{.shown = shown, .target = real, .temporary = temporary, .folder = true};
  if (::mkdir(temporary.c_str(), 0777) != 0) throw cannot_write(target, errno);
  impl_->replacements.push_back(std::move(replacement));
  if (fs::exists(status)) ::chmod(temporary.c_str(), mode);
}

void AtomicFiles::commit() {
  ENSURE(!impl_->committed, InternalError, "commit() was called twice");
  for (const auto& stream : impl_->streams) stream->finish();
  WriteProgress::note_end();
  auto& replacements = impl_->replacements;
  for (size_t i = 0; i < replacements.size(); ++i) {
    try {
      replacements[i].apply();
    } catch (...) {
      while (i-- > 0) replacements[i].undo();
      throw;
    }
  }
  impl_->committed = true;
  for (const Replacement& r : replacements)
    if (r.state == Replacement::exchanged) r.remove_temporary();
}

void AtomicFiles::Stream::write(Bytes bytes) {
  state_->append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void AtomicFiles::Stream::write(std::string_view text) { state_->append(text.data(), text.size()); }

void AtomicFiles::Stream::pad_to(size_t alignment) {
  static constexpr std::array<char, 256> kZeros{};
  size_t missing = alignment <= 1 ? 0 : (alignment - state_->written % alignment) % alignment;
  for (size_t part = 0; missing > 0; missing -= part) {
    part = std::min(missing, kZeros.size());
    state_->append(kZeros.data(), part);
  }
}

size_t AtomicFiles::Stream::position() const { return state_->written; }

}  // namespace modelconv
