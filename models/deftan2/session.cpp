// SPDX-License-Identifier: MIT
#include "models/deftan2/session.h"

#include <algorithm>
#include <cmath>

#include "lib/base/float_mode.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

constexpr float kLeastPower = 1e-12f;  // of a bin whose magnitude and phase mean something

dsp::StftSpec stft_of(const Deftan2Config& config) noexcept {
  return {config.window_samples(), config.hop_samples()};
}

}  // namespace

StreamFormat deftan2_format(const Deftan2Config& config) noexcept {
  return {config.sample_rate, config.hop_samples(), config.window_samples() - config.hop_samples()};
}

Result<std::unique_ptr<Session>> Deftan2Session::open(std::shared_ptr<const Deftan2Network> network,
                                                      const SessionConfig& config) {
  const dsp::StftSpec stft = stft_of(network->config);
  auto analysis = dsp::Analysis::create(stft, config.lanes * network->config.microphones);
  if (!analysis) return analysis.error();
  auto synthesis = dsp::Synthesis::create(stft, config.lanes);
  if (!synthesis) return synthesis.error();
  return std::unique_ptr<Session>(
      new Deftan2Session(std::move(network), config, *std::move(analysis), *std::move(synthesis)));
}

Deftan2Session::Deftan2Session(std::shared_ptr<const Deftan2Network> network,
                               const SessionConfig& config, dsp::Analysis analysis,
                               dsp::Synthesis synthesis)
    : network_(std::move(network)),
      format_(deftan2_format(network_->config)),
      lanes_(config.lanes),
      microphones_(network_->config.microphones),
      bins_(network_->config.bins()),
      analysis_(std::move(analysis)),
      synthesis_(std::move(synthesis)),
      scratch_(arena_, network_->config),
      levels_(static_cast<std::size_t>(config.lanes)) {
  const auto bins = static_cast<std::size_t>(bins_);
  for (int lane = 0; lane < lanes_; ++lane) states_.emplace_back(arena_, *network_);
  hop_ = arena_.claim<float>(static_cast<std::size_t>(format_.hop));
  spectra_ = arena_.claim<std::complex<float>>(static_cast<std::size_t>(microphones_) * bins);
  result_ = arena_.claim<std::complex<float>>(bins);
  planes_ = arena_.claim<float>(static_cast<std::size_t>(network_->config.outputs()) * bins);
}

void Deftan2Session::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  const FlushDenormals no_denormals;
  const int frames = static_cast<int>(in.extent(1)) / format_.hop;
  const int outputs = network_->config.outputs();
  // A frame is read before it is written; with several lanes in place, row `lane` of the output may
  // be a row of another lane's input, so frames come first.
  for (int frame = 0; frame < frames; ++frame) {
    for (int lane = 0; lane < lanes_; ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      analyse(in, lane, frame);
      const float level = follow_level(levels_[at]);
      fill(states_[at].next(), 1.0f / level);
      states_[at].step(*network_, scratch_, {planes_.data(), outputs, bins_, outputs});
      combine(level);
      synthesis_.process(lane, result_.data(), out[lane].data() + frame * format_.hop);
    }
  }
}

void Deftan2Session::analyse(AudioView<const float> in, int lane, int frame) LIMPID_REALTIME {
  for (int m = 0; m < microphones_; ++m) {
    const int row = lane * microphones_ + m;
    repaired_ += kernels::repair(in[row].data() + frame * format_.hop, format_.hop, hop_.data());
    analysis_.process(row, hop_.data(), spectra_.data() + m * bins_);
  }
}

float Deftan2Session::follow_level(Level& level) LIMPID_REALTIME {
  double power = 0.0;
  for (const auto& x : spectra_) power += static_cast<double>(std::norm(x));
  power /= static_cast<double>(spectra_.size());
  level.frames = std::min(level.frames + 1, network_->config.level_horizon);
  level.power += (static_cast<float>(power) - level.power) / static_cast<float>(level.frames);
  return std::sqrt(level.power + kQuietest);
}

// What the network is shown of x: its magnitude compressed, turned by `turn`.
std::complex<float> Deftan2Session::seen(std::complex<float> x,
                                         std::complex<float> turn) const noexcept {
  if (network_->config.compression != 1.0f)
    x *= 1.0f / std::sqrt(std::sqrt(std::norm(x) + kLeastPower));
  return x * turn;
}

// With relative phases the network sees how microphones differ, and its filter need not turn with
// what they have in common.
void Deftan2Session::fill(kernels::Matrix<float> planes, float gain) LIMPID_REALTIME {
  for (int bin = 0; bin < bins_; ++bin) {
    std::complex<float> turn = 1.0f;
    if (network_->config.relative) {
      const std::complex<float> first = gain * spectra_[static_cast<std::size_t>(bin)];
      turn = std::conj(first) / std::sqrt(std::norm(first) + kLeastPower);
    }
    float* row = planes.row(bin);
    for (int m = 0; m < microphones_; ++m) {
      const auto x = seen(gain * spectra_[static_cast<std::size_t>(m * bins_ + bin)], turn);
      row[2 * m] = x.real();
      row[2 * m + 1] = x.imag();
    }
  }
}

// The output's spectrum from its planes: itself at the level of the input, or the sum of the
// microphones after their filters.
void Deftan2Session::combine(float level) LIMPID_REALTIME {
  const int outputs = network_->config.outputs();
  for (int bin = 0; bin < bins_; ++bin) {
    const float* planes = planes_.data() + bin * outputs;
    float re = level * planes[0], im = level * planes[1];
    if (network_->config.filter) {
      re = im = 0.0f;
      for (int m = 0; m < microphones_; ++m) {
        const std::complex<float> x = spectra_[static_cast<std::size_t>(m * bins_ + bin)];
        re += planes[2 * m] * x.real() - planes[2 * m + 1] * x.imag();
        im += planes[2 * m] * x.imag() + planes[2 * m + 1] * x.real();
      }
    }
    result_[static_cast<std::size_t>(bin)] = {re, im};
  }
}

void Deftan2Session::reset() LIMPID_REALTIME {
  for (int lane = 0; lane < lanes_; ++lane) restart(lane);
}

bool Deftan2Session::restart(int lane) LIMPID_REALTIME {
  const auto at = static_cast<std::size_t>(lane);
  for (int m = 0; m < microphones_; ++m) analysis_.restart(lane * microphones_ + m);
  states_[at].reset();
  levels_[at] = {};
  synthesis_.restart(lane);
  return true;
}

}  // namespace limpid::models
