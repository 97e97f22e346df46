#include "base/parallel.h"

#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace modelconv {
namespace {

thread_local bool inside_parallel_for = false;

struct InsideMark {
  InsideMark() { inside_parallel_for = true; }
  ~InsideMark() { inside_parallel_for = false; }
};

int usable_cores() {
#ifdef __linux__
  cpu_set_t set;  // what taskset or a container allows can be less than what the machine has
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// One call of parallel_for: ranges are taken in order by whichever thread is free.
struct Loop {
  int64_t count, ranges;
  const std::function<void(int64_t, int64_t)>& body;
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error{};

  int64_t begin_of(int64_t range) const { return range * (count / ranges) + std::min(range, count % ranges); }

  void work() {
    const InsideMark mark;
    for (int64_t i = next++; i < ranges && !failed; i = next++) {
      try {
        body(begin_of(i), begin_of(i + 1));
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
      }
    }
  }
};

}  // namespace

struct ThreadPool::Impl {
  std::vector<std::thread> workers;
  std::mutex one_caller;  // a second thread that calls meanwhile runs its loop alone
  std::mutex mutex;       // guards what follows
  std::condition_variable wake, done;
  Loop* loop = nullptr;
  uint64_t generation = 0;
  int busy = 0;
  bool stop = false;
  pid_t owner = ::getpid();

  void serve() {
    uint64_t seen = 0;
    std::unique_lock lock(mutex);
    while (true) {
      wake.wait(lock, [&] { return stop || generation != seen; });
      if (stop) return;
      seen = generation;
      if (loop == nullptr) continue;  // the others were faster
      Loop& mine = *loop;
      ++busy;
      lock.unlock();
      mine.work();
      lock.lock();
      if (--busy == 0) done.notify_all();
    }
  }

  void run(Loop& mine) {
    {
      const std::lock_guard lock(mutex);
      loop = &mine;
      ++generation;
    }
    wake.notify_all();
    mine.work();
    std::unique_lock lock(mutex);
    loop = nullptr;  // nobody joins from here on; those who did are counted in `busy`
    done.wait(lock, [&] { return busy == 0; });
  }
};

ThreadPool::ThreadPool(int threads) : impl_(new Impl) {
  const int wanted = threads > 0 ? threads : usable_cores();
  try {
    for (int i = 1; i < wanted; ++i) impl_->workers.emplace_back([impl = impl_] { impl->serve(); });
  } catch (const std::system_error&) {
    // The system gives no more threads: those that started, at least the caller, do the work.
  }
}

ThreadPool::~ThreadPool() {
  if (impl_->owner != ::getpid()) {
    // A forked child has a copy of the pool without its threads; its locks can be in any state. Leave them alone.
    for (std::thread& worker : impl_->workers) worker.detach();
    return;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->wake.notify_all();
  for (std::thread& worker : impl_->workers) worker.join();
  delete impl_;
}

int ThreadPool::size() const { return static_cast<int>(impl_->workers.size()) + 1; }

void ThreadPool::parallel_for(int64_t count, int64_t grain,
                              const std::function<void(int64_t, int64_t)>& body) {
  if (count <= 0) return;
  // A few ranges per thread even out ranges of unequal cost.
  constexpr int64_t kRangesPerThread = 4;
  const int64_t ranges =
      std::clamp<int64_t>(count / std::max<int64_t>(grain, 1), 1, size() * kRangesPerThread);
  const bool alone = ranges == 1 || size() == 1 || inside_parallel_for || impl_->owner != ::getpid();
  std::unique_lock caller(impl_->one_caller, std::defer_lock);
  if (alone || !caller.try_lock()) return body(0, count);
  Loop loop{count, ranges, body};
  impl_->run(loop);
  if (loop.error) std::rethrow_exception(loop.error);
}

}  // namespace modelconv
