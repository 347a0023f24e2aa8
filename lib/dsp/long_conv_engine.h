// SPDX-License-Identifier: MIT
// What does the work of one window of an offline convolution. Internal to dsp.
#pragma once

#include <memory>
#include <span>

#include "lib/dsp/long_conv_layout.h"
#include "lib/kernels/monarch.h"

namespace limpid::dsp {

// Of one row: samples of the window, silent where neither piece is, and where results go.
struct ConvWindow {
  kernels::InputPiece in[2];
  kernels::OutputPiece out;
};

class LongConvWorker {
 public:
  virtual ~LongConvWorker() = default;
  // One window of each row, at most LongConvEngine::rows() of them.
  virtual void convolve(std::span<const float> filter,
                        std::span<const ConvWindow> rows) LIMPID_REALTIME = 0;
};

// Immutable. Throws std::bad_alloc while being made and while making.
class LongConvEngine {
 public:
  virtual ~LongConvEngine() = default;
  virtual std::size_t filter_floats() const noexcept = 0;
  virtual void prepare(std::span<const float> taps, std::span<float> filter) const = 0;
  virtual std::unique_ptr<LongConvWorker> worker() const = 0;  // one a thread
  virtual std::size_t rows() const noexcept { return 1; }      // that share a filter, at once
};

std::unique_ptr<LongConvEngine> make_direct_engine(const LongConvLayout& layout);
std::unique_ptr<LongConvEngine> make_fft_engine(const LongConvLayout& layout);
std::unique_ptr<LongConvEngine> make_monarch_engine(const LongConvSpec& spec,
                                                    const LongConvLayout& layout);

}  // namespace limpid::dsp
