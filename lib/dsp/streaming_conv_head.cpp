// SPDX-License-Identifier: MIT
#include "lib/dsp/streaming_conv_head.h"

#include <algorithm>
#include <cstring>

#include "lib/kernels/fir.h"

namespace limpid::dsp {

StreamingConvHead::StreamingConvHead(const ConvFilter& filter, int lanes, Arena& arena)
    : spec_(filter.plan().spec()),
      lanes_(lanes),
      block_(spec_.block),
      past_(static_cast<int>(std::max<std::int64_t>(filter.plan().partition().head - 1, 0))),
      fade_blocks_(std::max(1, spec_.fade / block_)),
      filter_(&filter) {
  if (filter.plan().partition().head == 0) return;
  // Moved to the front once in as many samples as must be moved: nothing to speak of.
  size_ = static_cast<std::size_t>(2 * past_ + 4 * block_);
  at_ = static_cast<std::size_t>(past_);
  audio_ = arena.claim<float>(static_cast<std::size_t>(lanes * spec_.inputs) * size_);
  faded_ = arena.claim<float>(static_cast<std::size_t>(block_));
}

float* StreamingConvHead::next(int row, int count) LIMPID_REALTIME {
  if (row == 0 && at_ + static_cast<std::size_t>(count) > size_) {
    const auto past = static_cast<std::size_t>(past_);
    for (std::size_t begin = 0; begin < audio_.size(); begin += size_) {
      float* front = audio_.data() + begin;  // without a past, what is moved begins behind the end
      std::memmove(front, front + at_ - past, past * sizeof(float));
    }
    at_ = past;
  }
  return audio_.data() + static_cast<std::size_t>(row) * size_ + at_;
}

void StreamingConvHead::add_response(int count, int done, AudioView<float> out) LIMPID_REALTIME {
  if (next_ == nullptr) {
    add(*filter_, count, 1, 0, out);
  } else {
    const float step = 1.0f / static_cast<float>(fade_blocks_ * block_);
    const float begin = step * static_cast<float>(fade_block_ * block_ + done);
    add(*filter_, count, 1 - begin, -step, out);
    add(*next_, count, begin, step, out);
  }
}

void StreamingConvHead::add(const ConvFilter& filter, int count, float gain, float gain_step,
                            AudioView<float> out) noexcept {
  const int taps = filter.head_taps();
  for (int lane = 0; lane < lanes_; ++lane)
    for (const auto& [input, output, h] : spec_.routes) {
      const float* x =
          audio_.data() + static_cast<std::size_t>(lane * spec_.inputs + input) * size_ + at_;
      float* y = out[lane * spec_.outputs + output].data();
      flops_ += 2.0 * taps * count;
      if (gain_step == 0) {
        kernels::fir(x, filter.head(h), taps, count, y);
        continue;
      }
      std::fill_n(faded_.data(), count, 0.0f);
      kernels::fir(x, filter.head(h), taps, count, faded_.data());
      for (int i = 0; i < count; ++i)
        y[i] += faded_[static_cast<std::size_t>(i)] * (gain + gain_step * static_cast<float>(i));
    }
}

void StreamingConvHead::begin_block(const ConvFilter* wanted) LIMPID_REALTIME {
  if (next_ != nullptr && ++fade_block_ == fade_blocks_) {
    filter_ = next_;
    next_ = nullptr;
  }
  if (next_ == nullptr && wanted != filter_) {
    next_ = wanted;
    fade_block_ = 0;
  }
}

void StreamingConvHead::reset(const ConvFilter* filter) LIMPID_REALTIME {
  filter_ = filter;
  next_ = nullptr;
  at_ = static_cast<std::size_t>(past_);
  std::ranges::fill(audio_, 0.0f);
}

}  // namespace limpid::dsp
