// SPDX-License-Identifier: MIT
#include "lib/dsp/fft.h"

#include <optional>

#include "lib/base/no_memory.h"
#include "lib/dsp/chirp_fft.h"
#include "lib/dsp/fft_backend.h"

namespace limpid::dsp {
namespace {

int largest_prime_factor(int n) noexcept {
  int largest = 1;
  for (int factor = 2; factor * factor <= n; ++factor)
    for (; n % factor == 0; n /= factor) largest = factor;
  return n > 1 ? n : largest;
}

}  // namespace

struct RealFft::State {
  explicit State(int n) : size(n) {
    if (largest_prime_factor(n) <= FftBackend::kLargestFactor)
      plain.emplace(n);
    else
      chirp.emplace(n);
  }

  bool ready() const noexcept { return plain ? plain->ready() : chirp->ready(); }
  float* time() noexcept { return plain ? plain->time() : chirp->time(); }
  cfloat* spectrum() noexcept { return plain ? plain->spectrum() : chirp->spectrum(); }

  int size;
  std::optional<FftBackend> plain;  // or
  std::optional<ChirpFft> chirp;
};

Result<RealFft> RealFft::create(int size) {
  return unless_out_of_memory([&]() -> Result<RealFft> {
    if (size < 2 || size % 2 != 0 || size > 1 << 24) {
      return Error{ErrorCode::invalid_argument,
                   "FFT size " + std::to_string(size) + " is not an even number in 2..2^24"};
    }
    auto state = std::make_unique<State>(size);
    if (!state->ready()) {
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
  return {state_->time(), static_cast<std::size_t>(state_->size)};
}

std::span<cfloat> RealFft::spectrum() const LIMPID_REALTIME {
  return {state_->spectrum(), static_cast<std::size_t>(state_->size / 2 + 1)};
}

void RealFft::forward() LIMPID_REALTIME {
  if (state_->plain)
    state_->plain->forward();
  else
    state_->chirp->forward();
}

void RealFft::inverse() LIMPID_REALTIME {
  auto bins = spectrum();
  bins.front().imag(0.0f);
  bins.back().imag(0.0f);
  if (state_->plain)
    state_->plain->inverse();
  else
    state_->chirp->inverse();
}

}  // namespace limpid::dsp
