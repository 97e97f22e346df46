#include "eval/buffer_pool.h"

#include <algorithm>
#include <new>

#include "base/error.h"

namespace modelconv {
namespace {

constexpr std::align_val_t kAlignment{64};

std::byte* allocate_block(size_t capacity) {
  auto* block = static_cast<std::byte*>(::operator new(capacity, kAlignment, std::nothrow));
  ENSURE(block, ShapeError, "a tensor of {} bytes does not fit in memory", capacity);
  return block;
}

}  // namespace

BufferPool::~BufferPool() { trim(); }

void BufferPool::trim() {
  const std::lock_guard lock(mutex_);
  for (const auto& [capacity, block] : free_) ::operator delete(block, kAlignment);
  free_.clear();
}

std::shared_ptr<std::byte> BufferPool::take(size_t bytes) {
  const size_t wanted = std::max<size_t>(64, (bytes + 63) / 64 * 64);
  std::byte* block = nullptr;
  size_t capacity = wanted;
  {
    const std::lock_guard lock(mutex_);
    const auto fit = free_.lower_bound(wanted);
    // A block up to twice the size is good enough; a far larger one is kept for a tensor that needs it.
    if (fit != free_.end() && fit->first <= 2 * wanted) {
      capacity = fit->first;
      block = fit->second;
      free_.erase(fit);
    }
  }
  if (!block) block = allocate_block(capacity);
  return {block,
          [pool = shared_from_this(), capacity](std::byte* memory) { pool->give_back(memory, capacity); }};
}

void BufferPool::give_back(std::byte* block, size_t capacity) {
  const std::lock_guard lock(mutex_);
  free_.emplace(capacity, block);
}

}  // namespace modelconv
