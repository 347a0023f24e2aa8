// SPDX-License-Identifier: MIT
// FilterExchange: filters from a control thread to an audio thread and back to be freed. Neither
// waits for the other. Internal to dsp.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/dsp/streaming_conv_filter.h"

namespace limpid::dsp {

class FilterExchange {
 public:
  explicit FilterExchange(std::shared_ptr<const ConvFilter> first) {
    entries_.push_back(std::make_unique<Entry>(Entry{std::move(first), 0}));
    active_ = entries_.front().get();
  }

  // [control thread] The last one offered wins. Frees those that the audio thread has left behind.
  // Throws std::bad_alloc.
  void offer(std::shared_ptr<const ConvFilter> filter) {
    const std::uint64_t in_use = oldest_in_use_.load(std::memory_order_acquire);
    std::erase_if(entries_, [&](const auto& entry) { return entry->number < in_use; });
    entries_.push_back(std::make_unique<Entry>(Entry{std::move(filter), ++offered_}));
    offered_entry_.store(entries_.back().get(), std::memory_order_release);
  }
  std::size_t kept() const noexcept { return entries_.size(); }  // [control thread]

  // [audio thread] The filter that everybody should change to; stays the same until settled().
  const ConvFilter* wanted() LIMPID_REALTIME {
    if (target_ == nullptr) target_ = offered_entry_.exchange(nullptr, std::memory_order_acquire);
    return target_ != nullptr ? target_->filter.get() : active_->filter.get();
  }
  // [audio thread] Nobody uses an older one any more.
  void settled() LIMPID_REALTIME {
    if (target_ == nullptr) return;
    active_ = target_;
    target_ = nullptr;
    oldest_in_use_.store(active_->number, std::memory_order_release);
  }
  const ConvFilter* active() const LIMPID_REALTIME { return active_->filter.get(); }

 private:
  struct Entry {
    std::shared_ptr<const ConvFilter> filter;
    std::uint64_t number;
  };
  std::vector<std::unique_ptr<Entry>> entries_;  // of the control thread
  std::uint64_t offered_ = 0;
  std::atomic<const Entry*> offered_entry_{nullptr};
  std::atomic<std::uint64_t> oldest_in_use_{0};
  const Entry* active_ = nullptr;  // of the audio thread
  const Entry* target_ = nullptr;
};

}  // namespace limpid::dsp
