#include "base/write_progress.h"

#include <algorithm>
#include <utility>

namespace modelconv {
namespace {

constexpr int64_t kStep = int64_t{16} << 20;

thread_local WriteProgress* current = nullptr;

}  // namespace

WriteProgress::WriteProgress(ProgressSink sink, uint64_t expected)
    : sink_(std::move(sink)), expected_(static_cast<int64_t>(expected)), outer_(current) {
  report();  // may throw, so nobody must know of this one yet
  current = this;
}

WriteProgress::~WriteProgress() { current = outer_; }

void WriteProgress::note(size_t bytes) {
  if (current == nullptr) return;
  current->done_ += static_cast<int64_t>(bytes);
  if (current->done_ - current->reported_ >= kStep) current->report();
}

void WriteProgress::note_end() {
  if (current == nullptr) return;
  current->expected_ = current->done_;
  current->report();
}

void WriteProgress::report() {
  reported_ = done_;
  if (sink_) sink_("write", done_, std::max(done_, expected_));
}

}  // namespace modelconv
