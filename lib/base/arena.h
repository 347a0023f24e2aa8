// SPDX-License-Identifier: MIT
// Arena: the memory of one session. Claimed while the session opens, freed when it closes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace limpid {

inline constexpr std::size_t kAlignment = 64;  // a cache line, an AVX-512 register

// Whether every claim is a block of its own, just as long as what was asked for: under
// AddressSanitizer, which then sees whoever reads or writes beyond it.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIMPID_CLAIMS_APART true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LIMPID_CLAIMS_APART true
#endif
#ifndef LIMPID_CLAIMS_APART
#define LIMPID_CLAIMS_APART false
#endif

class Arena {
 public:
  // `count` zeroed elements, aligned to kAlignment. Throws std::bad_alloc: call while opening only.
  template <class T>
  std::span<T> claim(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "nothing calls its destructor");
    if (count > (SIZE_MAX - 2 * kAlignment) / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    std::byte* begin = LIMPID_CLAIMS_APART ? add_block(count * sizeof(T)) : cut(bytes);
    used_ += bytes;
    return {reinterpret_cast<T*>(begin), count};
  }

  std::size_t used() const noexcept { return used_; }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept {
      ::operator delete (p, std::align_val_t{kAlignment});
    }
  };

  // Small claims share a block, so that neighbours in use are neighbours in memory.
  std::byte* cut(std::size_t bytes) {
    if (bytes > left_) {
      const std::size_t size = bytes > kBlock ? bytes : kBlock;
      next_ = add_block(size);
      left_ = size;
    }
    left_ -= bytes;
    return std::exchange(next_, next_ + bytes);
  }

  std::byte* add_block(std::size_t size) {
    std::unique_ptr<std::byte, Free> block(
        static_cast<std::byte*>(::operator new (size, std::align_val_t{kAlignment})));
    std::memset(block.get(), 0, size);  // also touches every page: no page fault in process()
    blocks_.push_back(std::move(block));
    return blocks_.back().get();
  }

  static constexpr std::size_t kBlock = std::size_t{1} << 18;
  std::vector<std::unique_ptr<std::byte, Free>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0, used_ = 0;
};

}  // namespace limpid
