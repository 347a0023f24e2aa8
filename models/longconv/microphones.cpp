// SPDX-License-Identifier: MIT
#include "models/longconv/microphones.h"

#include <algorithm>
#include <cmath>

#include "models/settling.h"

namespace limpid::models {
namespace {

constexpr float kTiny = 1e-9f;         // of |C| where it divides
constexpr float kTinySquare = 1e-18f;  // of a product of two powers

}  // namespace

MicrophoneFeatures::MicrophoneFeatures(Arena& arena, int lanes, int microphones, int bins,
                                       int horizon)
    : pairs_(arena.claim<Pair>(static_cast<std::size_t>(lanes) *
                               static_cast<std::size_t>(microphones - 1) *
                               static_cast<std::size_t>(bins))),
      frames_(arena.claim<int>(static_cast<std::size_t>(lanes))),
      others_(microphones - 1),
      bins_(bins),
      horizon_(horizon) {}

int MicrophoneFeatures::settle(int horizon) noexcept {
  return settle_mean(horizon);
}

void MicrophoneFeatures::run(int lane, const std::complex<float>* columns, std::ptrdiff_t apart,
                             int band, float* features) LIMPID_REALTIME {
  if (others_ == 0) return;
  int& frames = frames_[static_cast<std::size_t>(lane)];
  frames = std::min(frames + 1, horizon_);
  const float share = 1.0f / static_cast<float>(frames);
  Pair* pair = pairs_.data() + std::ptrdiff_t{lane} * others_ * bins_;
  for (int m = 1; m <= others_; ++m) {
    for (int bin = 0; bin < bins_; ++bin, ++pair, features += kFeatures) {
      const std::complex<float> first = bin < band ? columns[bin] : 0.0f;
      const std::complex<float> other = bin < band ? columns[m * apart + bin] : 0.0f;
      const std::complex<float> cross{other.real() * first.real() + other.imag() * first.imag(),
                                      other.imag() * first.real() - other.real() * first.imag()};
      pair->cross += share * (cross - pair->cross);
      pair->first += share * (std::norm(first) - pair->first);
      pair->other += share * (std::norm(other) - pair->other);
      const float now = 1.0f / (std::sqrt(std::norm(cross)) + kTiny);
      const float mean = 1.0f / std::sqrt(pair->first * pair->other + kTinySquare);
      features[0] = now * cross.real();
      features[1] = now * cross.imag();
      features[2] = mean * pair->cross.real();
      features[3] = mean * pair->cross.imag();
    }
  }
}

void MicrophoneFeatures::restart(int lane) LIMPID_REALTIME {
  const auto at = static_cast<std::size_t>(lane), pairs = static_cast<std::size_t>(others_ * bins_);
  std::ranges::fill(pairs_.subspan(at * pairs, pairs), Pair{});
  frames_[at] = 0;
}

}  // namespace limpid::models
