#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace modelconv {
namespace {

TEST(ThreadPool, CoversEachItemOnce) {
  ThreadPool pool(4);
  EXPECT_EQ(pool.size(), 4);
  for (const int64_t count : {0, 1, 2, 7, 100, 1001}) {
    std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
    pool.parallel_for(count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    for (const auto& times : seen) EXPECT_EQ(times, 1);
  }
}

TEST(ThreadPool, KeepsTheGrain) {
  ThreadPool pool(4);
  std::atomic<int> calls{0};
  pool.parallel_for(10, 4, [&](int64_t begin, int64_t end) {
    EXPECT_GE(end - begin, 4);
    ++calls;
  });
  EXPECT_EQ(calls, 2);
}

TEST(ThreadPool, NestedLoopsAndManyCallersEnd) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  const auto nested = [&] {
    for (int round = 0; round < 200; ++round)
      pool.parallel_for(8, 1, [&](int64_t begin, int64_t end) {
        pool.parallel_for(end - begin, 1, [&](int64_t b, int64_t e) { sum += e - b; });
      });
  };
  std::thread other(nested);
  nested();
  other.join();
  EXPECT_EQ(sum, 2 * 200 * 8);
}

TEST(ThreadPool, RethrowsAndWorksAfterwards) {
  ThreadPool pool(2);
  const auto fail = [](int64_t, int64_t) { throw std::runtime_error("broken"); };
  EXPECT_THROW(pool.parallel_for(100, 1, fail), std::runtime_error);
  EXPECT_THROW(pool.parallel_for(1, 1, fail), std::runtime_error);
  std::atomic<int64_t> sum{0};
  pool.parallel_for(100, 1, [&](int64_t begin, int64_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 100);
}

}  // namespace
}  // namespace modelconv
