// SPDX-License-Identifier: MIT
#include "lib/dsp/fft.h"

#include "lib/base/no_memory.h"
#include "lib/dsp/fft_backend.h"

namespace limpid::dsp {

struct RealFft::State {
  explicit State(int n) : size(n), backend(n) {}
  int size;
  FftBackend backend;
};

Result<RealFft> RealFft::create(int size) {
  return unless_out_of_memory([&]() -> Result<RealFft> {
    if (size < 2 || size % 2 != 0 || size > 1 << 24) {
      return Error{ErrorCode::invalid_argument,
                   "FFT size " + std::to_string(size) + " is not an even number in 2..2^24"};
    }
    auto state = std::make_unique<State>(size);
    if (!state->backend.ready()) {
      return Error{ErrorCode::out_of_memory,
                   "no memory for an FFT of " + std::to_string(size) + " points"};
    }
    return RealFft(std::move(state));
  });
}

RealFft::RealFft(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
RealFft::RealFft(RealFft&&) noexcept = default;
RealFft& RealFft::operator=(RealFft&&) noexcept = default;
RealFft::~RealFft() = default;

int RealFft::size() const noexcept {
  return state_->size;
}

std::span<float> RealFft::time() const LIMPID_REALTIME {
  return {state_->backend.time(), static_cast<std::size_t>(state_->size)};
}

std::span<cfloat> RealFft::spectrum() const LIMPID_REALTIME {
  return {state_->backend.spectrum(), static_cast<std::size_t>(state_->size / 2 + 1)};
}

void RealFft::forward() LIMPID_REALTIME {
  state_->backend.forward();
}

void RealFft::inverse() LIMPID_REALTIME {
  auto bins = spectrum();
  bins.front().imag(0.0f);
  bins.back().imag(0.0f);
  state_->backend.inverse();
}

}  // namespace limpid::dsp
