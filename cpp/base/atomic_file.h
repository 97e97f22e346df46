// Writing files so that a reader sees either the old content or all of the new one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace modelconv {

// One or more files that replace their targets together. Each is written to a temporary name in the target's
// own folder; commit() flushes and renames them. Without commit() the destructor removes the temporaries, so that
// a failed conversion leaves every existing file as it was. Throws FileError (no permission, disk full, ...).
class AtomicFiles {
 public:
  AtomicFiles();
  ~AtomicFiles();
  AtomicFiles(const AtomicFiles&) = delete;
  AtomicFiles& operator=(const AtomicFiles&) = delete;

  class Stream {
   public:
    void write(Bytes bytes);  // buffered when small; large spans go straight to the file
    void write(std::string_view text);
    void pad_to(size_t alignment);  // zero bytes up to the next multiple of `alignment`
    size_t position() const;        // bytes written so far

   private:
    friend class AtomicFiles;
    struct State;
    explicit Stream(State* state) : state_(state) {}
    State* state_;
  };

  // Starts a file; streams stay valid until commit(). Folders in between must exist, unless they are below a
  // folder announced by replace_folder().
  Stream create(const std::filesystem::path& target);

  // The whole folder `target` (a SavedModel) is built beside it and swapped in by commit(); files passed to create()
  // below `target` go there. An existing folder is replaced only if it is empty or `is_ours` finds it of the same kind.
  void replace_folder(const std::filesystem::path& target, bool (*is_ours)(const std::filesystem::path&));

  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelconv
