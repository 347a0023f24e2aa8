// SPDX-License-Identifier: MIT
// A causal DeFTAN-II as a stream: hops of audio of several microphones in, hops of one channel out.
// The level of what comes in is a running mean, so that the network hears quiet and loud alike.
#pragma once

#include <complex>
#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "lib/model/model.h"
#include "models/deftan2/stream_state.h"

namespace limpid::models {

// Power of a bin below which a stream counts as silent.
inline constexpr float kQuietest = 1e-6f;

StreamFormat deftan2_format(const Deftan2Config& config) noexcept;

class Deftan2Session final : public Session {
 public:
  static Result<std::unique_ptr<Session>> open(std::shared_ptr<const Deftan2Network> network,
                                               const SessionConfig& config);

  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  bool restart(int lane) LIMPID_REALTIME override;
  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override { return sizeof(*this) + arena_.used(); }
  std::uint64_t repaired() const noexcept override { return repaired_; }

 private:
  struct Level {  // mean power of a bin so far, in a mean whose memory stops growing
    float power = 0.0f;
    int frames = 0;
  };

  Deftan2Session(std::shared_ptr<const Deftan2Network> network, const SessionConfig& config,
                 dsp::Analysis analysis, dsp::Synthesis synthesis);
  void analyse(AudioView<const float> in, int lane, int frame) LIMPID_REALTIME;
  float follow_level(Level& level) LIMPID_REALTIME;
  std::complex<float> seen(std::complex<float> x, std::complex<float> turn) const noexcept;
  void fill(kernels::Matrix<float> planes, float gain) LIMPID_REALTIME;
  void combine(float level) LIMPID_REALTIME;

  std::shared_ptr<const Deftan2Network> network_;
  StreamFormat format_;
  int lanes_, microphones_, bins_;
  dsp::Analysis analysis_;  // of lane 0 microphone 0, lane 0 microphone 1, ...
  dsp::Synthesis synthesis_;
  Arena arena_;
  Deftan2Scratch scratch_;
  std::vector<Deftan2State> states_;
  std::vector<Level> levels_;
  std::span<float> hop_;
  std::span<std::complex<float>> spectra_;  // [microphone][bin] of one frame
  std::span<std::complex<float>> result_;   // [bin]
  std::span<float> planes_;                 // [bin][planes of the output]
  std::uint64_t repaired_ = 0;
};

}  // namespace limpid::models
