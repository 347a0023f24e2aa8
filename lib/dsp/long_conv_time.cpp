// SPDX-License-Identifier: MIT
// The engines that want their window in one piece: the direct sum, and the FFT of a library.
#include <algorithm>
#include <new>

#include "lib/base/arena.h"
#include "lib/dsp/fft.h"
#include "lib/dsp/long_conv_engine.h"
#include "lib/kernels/elementwise.h"
#include "lib/kernels/fir.h"

namespace limpid::dsp {
namespace {

// Kernels count in int; a window may be longer.
constexpr std::ptrdiff_t kMax = std::ptrdiff_t{1} << 30;

void copy_gated(const float* x, const float* gate, std::ptrdiff_t count, float* y) noexcept {
  if (gate == nullptr) {
    std::copy_n(x, count, y);
    return;
  }
  for (std::ptrdiff_t at = 0; at < count; at += kMax)
    kernels::multiply(x + at, gate + at, static_cast<int>(std::min(kMax, count - at)), y + at);
}

void gather(const ConvWindow& row, std::span<float> window) noexcept {
  std::ranges::fill(window, 0.0f);
  for (const auto& [x, gate, begin, end] : row.in)
    if (begin < end)
      copy_gated(x + begin, gate != nullptr ? gate + begin : nullptr, end - begin,
                 window.data() + begin);
}

void scatter(const float* results, const kernels::OutputPiece& out) noexcept {
  copy_gated(results + out.begin, out.gate != nullptr ? out.gate + out.begin : nullptr,
             out.end - out.begin, out.y + out.begin);
}

class DirectWorker : public LongConvWorker {
 public:
  explicit DirectWorker(const LongConvLayout& layout)
      : overlap_(static_cast<std::size_t>(layout.overlap)),
        window_(arena_.claim<float>(static_cast<std::size_t>(layout.window))),
        results_(arena_.claim<float>(static_cast<std::size_t>(layout.window))) {}

  void convolve(std::span<const float> filter,
                std::span<const ConvWindow> rows) LIMPID_REALTIME override {
    gather(rows[0], window_);
    std::ranges::fill(results_, 0.0f);
    kernels::fir(window_.data() + overlap_, filter.data(), static_cast<int>(filter.size()),
                 static_cast<int>(window_.size() - overlap_), results_.data() + overlap_);
    scatter(results_.data(), rows[0].out);
  }

 private:
  Arena arena_;
  std::size_t overlap_;
  std::span<float> window_, results_;
};

class DirectEngine : public LongConvEngine {
 public:
  explicit DirectEngine(const LongConvLayout& layout) : layout_(layout) {}
  std::size_t filter_floats() const noexcept override {
    return static_cast<std::size_t>(layout_.overlap) + 1;
  }
  void prepare(std::span<const float> taps, std::span<float> filter) const override {
    std::ranges::copy(taps, filter.begin());
  }
  std::unique_ptr<LongConvWorker> worker() const override {
    return std::make_unique<DirectWorker>(layout_);
  }

 private:
  LongConvLayout layout_;
};

RealFft make_fft(std::int64_t size) {
  auto fft = RealFft::create(static_cast<int>(size));
  if (!fft) throw std::bad_alloc();  // sizes are known to be right
  return *std::move(fft);
}

// Filters: all real, then all imaginary parts.
class FftWorker : public LongConvWorker {
 public:
  explicit FftWorker(std::int64_t size) : fft_(make_fft(size)) {}

  void convolve(std::span<const float> filter,
                std::span<const ConvWindow> rows) LIMPID_REALTIME override {
    gather(rows[0], fft_.time());
    fft_.forward();
    const std::size_t bins = fft_.spectrum().size();
    kernels::apply_mask(fft_.spectrum().data(), filter.data(), filter.data() + bins,
                        static_cast<int>(bins), fft_.spectrum().data());
    fft_.inverse();
    scatter(fft_.time().data(), rows[0].out);
  }

 private:
  RealFft fft_;
};

class FftEngine : public LongConvEngine {
 public:
  explicit FftEngine(std::int64_t size) : size_(size) {}
  std::size_t filter_floats() const noexcept override {
    return static_cast<std::size_t>(size_) + 2;
  }
  void prepare(std::span<const float> taps, std::span<float> filter) const override {
    RealFft fft = make_fft(size_);
    std::ranges::fill(fft.time(), 0.0f);
    std::ranges::copy(taps, fft.time().begin());
    fft.forward();
    const auto scale = 1.0f / static_cast<float>(size_);
    for (std::size_t k = 0; k < fft.spectrum().size(); ++k) {
      filter[k] = scale * fft.spectrum()[k].real();
      filter[fft.spectrum().size() + k] = scale * fft.spectrum()[k].imag();
    }
  }
  std::unique_ptr<LongConvWorker> worker() const override {
    return std::make_unique<FftWorker>(size_);
  }

 private:
  std::int64_t size_;
};

}  // namespace

std::unique_ptr<LongConvEngine> make_direct_engine(const LongConvLayout& layout) {
  return std::make_unique<DirectEngine>(layout);
}
std::unique_ptr<LongConvEngine> make_fft_engine(const LongConvLayout& layout) {
  return std::make_unique<FftEngine>(layout.window);
}

}  // namespace limpid::dsp
