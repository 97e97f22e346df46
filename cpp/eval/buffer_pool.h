// Memory that goes back to the pool when the last tensor in it is gone.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

namespace modelconv {

// Tensors may outlive the pool's owner (results handed to the user): each block keeps the pool alive.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  static std::shared_ptr<BufferPool> create() { return std::shared_ptr<BufferPool>(new BufferPool); }
  ~BufferPool();

  // At least `bytes` bytes, aligned to 64. Throws ShapeError when the system has no more memory.
  std::shared_ptr<std::byte> take(size_t bytes);
  // Frees what nobody uses.
  void trim();

 private:
  BufferPool() = default;
  void give_back(std::byte* block, size_t capacity);
  std::mutex mutex_;
  std::multimap<size_t, std::byte*> free_;  // by capacity
};

}  // namespace modelconv
