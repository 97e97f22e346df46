// How far the writing of files has come.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/progress.h"

namespace modelconv {

// While one is alive, its sink hears of what AtomicFiles write in this thread: ("write", bytes so far, expected bytes).
// An exception of the sink leaves every target as it was; the last call comes right before they are replaced.
class WriteProgress {
 public:
  WriteProgress(ProgressSink sink, uint64_t expected);
  ~WriteProgress();
  WriteProgress(const WriteProgress&) = delete;
  WriteProgress& operator=(const WriteProgress&) = delete;

  // For AtomicFiles: bytes that have reached a file; everything has.
  static void note(size_t bytes);
  static void note_end();

 private:
  void report();

  ProgressSink sink_;
  int64_t expected_, done_ = 0, reported_ = 0;
  WriteProgress* outer_;
};

}  // namespace modelconv
