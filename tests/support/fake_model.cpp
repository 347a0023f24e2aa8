// SPDX-License-Identifier: MIT
#include "tests/support/fake_model.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace limpid::test {
namespace {

// Burns processor time, as a network would; sleeping would not load the machine.
void burn(std::chrono::microseconds time) noexcept {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

const Error kFailure{ErrorCode::device, "the fake GPU is on fire"};

class FakeSession final : public Session {
 public:
  FakeSession(const FakeModelConfig& config, const StreamFormat& format, int lanes,
              int max_frames)
      : config_(config), format_(format), lanes_(lanes) {
    const auto rows = static_cast<std::size_t>(lanes * config.output_channels);
    past_.assign(rows, std::vector<float>(static_cast<std::size_t>(format.latency)));
    next_.assign(rows, 0);
    row_.resize(static_cast<std::size_t>(lanes * config.input_channels));
    told_.resize(static_cast<std::size_t>(lanes));
    if (config.voice) voice_.resize(static_cast<std::size_t>(lanes * max_frames));
  }

  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override {
    if (config_.voice) tell(static_cast<int>(in.extent(1) / format_.hop));
    for (auto hops = in.extent(1) / format_.hop; hops > 0; --hops, ++hop_)
      if (const auto time = hop_ == config_.slow_hop ? config_.slow_work : config_.work;
          time.count() > 0)
        burn(time);
    for (std::ptrdiff_t t = 0; t < in.extent(1); ++t) step(in, out, t);
    failed_ = config_.fail_hop >= 0 && hop_ > config_.fail_hop;
  }

  void reset() LIMPID_REALTIME override {
    for (auto& past : past_) std::fill(past.begin(), past.end(), 0.0f);
    std::fill(next_.begin(), next_.end(), std::size_t{0});
    std::ranges::fill(told_, 0);
    voice_now_ = {};
  }

  bool restart(int lane) LIMPID_REALTIME override {
    if (!config_.restarts) return false;
    for (int o = 0; o < config_.output_channels; ++o) {
      const auto row = static_cast<std::size_t>(lane * config_.output_channels + o);
      std::ranges::fill(past_[row], 0.0f);
    }
    told_[static_cast<std::size_t>(lane)] = 0;
    return true;
  }
  const Error* failure() const noexcept override { return failed_ ? &kFailure : nullptr; }

  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override {
    return past_.size() * static_cast<std::size_t>(format_.latency) * sizeof(float);
  }
  std::uint64_t repaired() const noexcept override { return repaired_; }
  std::span<const float> voice_activity() const noexcept override { return voice_now_; }

 private:
  // All inputs are read before any output is written: in and out may be the same memory.
  void step(AudioView<const float> in, AudioView<float> out, std::ptrdiff_t t) noexcept {
    for (std::size_t r = 0; r < row_.size(); ++r) {
      const float sample = in[static_cast<std::ptrdiff_t>(r)][t];
      repaired_ += !std::isfinite(sample);
      row_[r] = std::isfinite(sample) ? sample : 0.0f;
    }
    for (int lane = 0; lane < lanes_; ++lane)
      for (int o = 0; o < config_.output_channels; ++o) {
        const int i = lane * config_.input_channels + std::min(o, config_.input_channels - 1);
        const int row = lane * config_.output_channels + o;
        out[row][t] = config_.gain * delay(static_cast<std::size_t>(row), row_[std::size_t(i)]);
      }
  }

  void tell(int hops) noexcept {
    float* next = voice_.data();
    for (int lane = 0; lane < lanes_; ++lane)
      for (int hop = 0; hop < hops; ++hop)
        *next++ = 0.001f * static_cast<float>(told_[static_cast<std::size_t>(lane)]++) +
                  0.5f * static_cast<float>(lane);
    voice_now_ = {voice_.data(), next};
  }

  float delay(std::size_t row, float sample) noexcept {
    auto& past = past_[row];
    if (past.empty()) return sample;
    std::swap(past[next_[row]], sample);
    next_[row] = (next_[row] + 1) % past.size();
    return sample;
  }

  FakeModelConfig config_;
  StreamFormat format_;
  int lanes_;
  std::vector<std::vector<float>> past_;  // [lane * outputs][latency]
  std::vector<std::size_t> next_;
  std::vector<float> row_;
  std::vector<float> voice_;  // [lane][frame] of the latest call
  std::span<const float> voice_now_;
  std::vector<int> told_;  // hops, of each lane
  bool failed_ = false;
  std::int64_t hop_ = 0;
  std::uint64_t repaired_ = 0;
};

}  // namespace

FakeModel::FakeModel(const FakeModelConfig& config) : config_(config) {
  spec_.name = "fake";
  spec_.architecture = "delay";
  spec_.summary = "a delay with a gain, for tests";
  spec_.licence = "MIT";
  spec_.sample_rate = 16000;
  spec_.min_rate = 8000;
  spec_.max_rate = 96000;
  spec_.input_channels = config.input_channels;
  spec_.output_channels = config.output_channels;
  spec_.memory = config.memory;
  spec_.voice_activity = config.voice;
  spec_.settle_hops = config.settle_hops;
}

Result<StreamFormat> FakeModel::format(int sample_rate) const {
  if (sample_rate < spec_.min_rate || sample_rate > spec_.max_rate)
    return Error{ErrorCode::unsupported, "fake model: sample rate " + std::to_string(sample_rate) +
                                             " Hz is outside 8000..96000 Hz"};
  const int hop = static_cast<int>(std::lround(config_.hop_seconds * sample_rate));
  return StreamFormat{sample_rate, std::max(hop, 1), config_.latency};
}

Result<std::unique_ptr<Session>> FakeModel::open(const SessionConfig& config) const {
  auto found = format(config.sample_rate);
  if (!found) return found.error();
  if (config.lanes < 1 || config.max_frames < 1)
    return Error{ErrorCode::invalid_argument,
                 "fake model: lanes and max_frames must be at least 1"};
  if (config.lanes > config_.most_lanes)
    return Error{ErrorCode::out_of_memory, "fake model: not so many lanes"};
  return std::unique_ptr<Session>(
      std::make_unique<FakeSession>(config_, *found, config.lanes, config.max_frames));
}

}  // namespace limpid::test
