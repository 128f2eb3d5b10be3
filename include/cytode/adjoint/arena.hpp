// SPDX-License-Identifier: MIT
/// Memory handed out in pieces and taken back all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include <cytode/core/types.hpp>

namespace cytode::adjoint {

/// Pieces stay in place until clear, which keeps the memory: the same requests a second time
/// allocate nothing. Blocks double in size, so a tape of any length is never copied.
class Arena {
 public:
  /// Uninitialised memory for n objects, on a cache line of its own.
  template <class T>
  [[nodiscard]] T* take(Index n) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<T*>(piece(size_of<T>(n)));
  }
  /// Bytes that take<T>(n) occupies.
  template <class T>
  [[nodiscard]] static constexpr std::size_t size_of(Index n) {
    const std::size_t size = static_cast<std::size_t>(n) * sizeof(T);
    return (size + line - 1) / line * line;
  }
  /// Blocks of exactly so many bytes from now on; others are given back.
  void fix(std::size_t bytes) {
    if (fixed_ != bytes) blocks_.clear();
    fixed_ = bytes;
    clear();
  }
  /// Gives back all blocks but so many.
  void keep(std::size_t blocks) {
    while (blocks_.size() > blocks) blocks_.pop_back();
    clear();
  }
  /// The next piece begins a block.
  void next_block() {
    if (used_ == 0) return;
    ++block_;
    used_ = 0;
  }
  void clear() {
    block_ = 0;
    used_ = taken_ = 0;
  }
  /// Bytes taken since clear, and bytes of all blocks.
  [[nodiscard]] std::size_t taken() const { return taken_; }
  [[nodiscard]] std::size_t capacity() const {
    std::size_t total = 0;
    for (const Block& b : blocks_) total += b.size;
    return total;
  }

 private:
  static constexpr std::size_t line = 64, smallest = 1 << 14, largest = 1 << 26;
  struct Free {
    void operator()(void* p) const { ::operator delete (p, std::align_val_t{line}); }
  };
  struct Block {
    std::unique_ptr<void, Free> memory;
    std::size_t size;
  };

  template <class = void>
  void add(std::size_t bytes) {
    blocks_.push_back(
        {std::unique_ptr<void, Free>(::operator new (bytes, std::align_val_t{line})), bytes});
  }
  template <class = void>
  void* piece(std::size_t size) {
    while (block_ < blocks_.size() && used_ + size > blocks_[block_].size) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) {
      const std::size_t next = blocks_.empty() ? smallest : 2 * blocks_.back().size;
      add(std::max(size, fixed_ > 0 ? fixed_ : std::min(next, largest)));
    }
    void* p = static_cast<std::byte*>(blocks_[block_].memory.get()) + used_;
    used_ += size;
    taken_ += size;
    return p;
  }

  std::vector<Block> blocks_;
  std::size_t fixed_ = 0;  // size of every block, or 0
  std::size_t block_ = 0, used_ = 0, taken_ = 0;
};

}  // namespace cytode::adjoint
