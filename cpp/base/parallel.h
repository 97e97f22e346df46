// A fixed pool of worker threads and a parallel loop over ranges.
#pragma once

#include <cstdint>
#include <functional>

namespace modelconv {

class ThreadPool {
 public:
  // `threads` counts the calling thread too; 0 takes the number of cores this process may use.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int size() const;

  // Calls body(begin, end) on disjoint ranges that cover [0, count), each of at least `grain` items, and waits for
  // all of them. Runs on the calling thread alone when one range is enough. The first exception is rethrown here.
  // A call from inside a body runs serially, so that nested loops cannot dead-lock.
  void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& body);

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace modelconv
