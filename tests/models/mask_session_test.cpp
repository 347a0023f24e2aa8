// SPDX-License-Identifier: MIT
// A session of masks around a network that always says the same.
#include "models/mask_session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace limpid::models {
namespace {

// One mask for every bin of a tap or of a further microphone.
class ConstantMasks final : public MaskMaker {
 public:
  ConstantMasks(std::vector<float> gains, int bins) : gains_(std::move(gains)), bins_(bins) {}

  void begin(int frames) LIMPID_REALTIME override { frames_ += frames; }
  void analyse(int, int, const std::complex<float>*, std::ptrdiff_t, int,
               float) LIMPID_REALTIME override {}
  int run() LIMPID_REALTIME override { return frames_; }
  void mask(int, int, std::ptrdiff_t stride, float* re, float* im) LIMPID_REALTIME override {
    for (const float gain : gains_) {
      std::fill_n(std::exchange(re, re + stride), bins_, gain);
      std::fill_n(std::exchange(im, im + stride), bins_, 0.0f);
    }
  }
  float voice(int, int) const LIMPID_REALTIME override { return 0; }
  void pop(int frames) LIMPID_REALTIME override { frames_ -= frames; }
  void reset() LIMPID_REALTIME override { frames_ = 0; }
  void restart(int) LIMPID_REALTIME override {}
  std::size_t memory() const noexcept override { return 0; }

 private:
  std::vector<float> gains_;
  int bins_, frames_ = 0;
};

float rms(std::span<const float> x) {
  double power = 0;
  for (const float v : x) power += static_cast<double>(v) * v;
  return static_cast<float>(std::sqrt(power / static_cast<double>(x.size())));
}

// Above the network's band the gain is that of the first microphone's taps alone, of all of them.
TEST(MaskSession, OfAnArrayTheBandAboveFollowsTheTaps) {
  constexpr int kRate = 32000, kHop = 320, kFrames = 50;
  const MaskTraits traits{
      .window = 0.02, .hop = 0.01, .bins = 161, .taps = 2, .microphones = 2};  // up to 8 kHz
  auto session = MaskSession::open(
      traits, {.sample_rate = kRate, .max_frames = kFrames}, kFrames, [&](int, int) {
        return std::make_unique<ConstantMasks>(std::vector{0.3f, 0.4f, 0.7f}, 161);
      });
  ASSERT_TRUE(session.ok());
  Tensor<float, 2> in({2, kFrames * kHop}), out({1, kFrames * kHop});
  for (std::ptrdiff_t n = 0; n < in.extent(1); ++n)  // the first microphone only
    in.view()[0][n] =
        static_cast<float>(std::sin(2 * std::numbers::pi * 12000 * static_cast<double>(n) / kRate));
  (*session)->process(in.view(), out.view());
  const auto settled = out.view()[0].span().subspan(20 * kHop);
  EXPECT_NEAR(rms(settled), 0.5f * std::numbers::sqrt2_v<float> / 2, 1e-4f);
}

}  // namespace
}  // namespace limpid::models
