// SPDX-License-Identifier: MIT
/// Counts heap allocations of a test program, so that a test can say "once warm, none".
///
/// Include it in exactly one file of a test program (tests/<room>/allocations.test.cpp): it defines
/// malloc itself, since Eigen does not go through operator new. operator new, calloc, realloc and
/// the aligned variants are counted as well. Where the C library is not glibc, or a sanitizer owns
/// malloc, nothing is counted: allocations() stays 0 and allocations_are_counted is false.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define CYTODE_SANITIZER_OWNS_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CYTODE_SANITIZER_OWNS_MALLOC
#endif

namespace cytode::laws {

inline std::atomic<std::size_t> allocation_count{0};

/// Heap allocations of all threads since the program began.
inline std::size_t allocations() noexcept {
  return allocation_count.load(std::memory_order_relaxed);
}

#if defined(__GLIBC__) && !defined(CYTODE_SANITIZER_OWNS_MALLOC)
/// False where allocations() has nothing to count; a test should then say so.
inline constexpr bool allocations_are_counted = true;
#else
inline constexpr bool allocations_are_counted = false;
#endif

}  // namespace cytode::laws

#if defined(__GLIBC__) && !defined(CYTODE_SANITIZER_OWNS_MALLOC)
// glibc's own names of the functions replaced below; its free takes what they return.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;

void* malloc(std::size_t size) noexcept {
  cytode::laws::allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  cytode::laws::allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) noexcept {
  cytode::laws::allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(block, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
  cytode::laws::allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return memalign(alignment, size);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t size) noexcept {
  void* memory = memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *block = memory;
  return 0;
}
}
#endif
