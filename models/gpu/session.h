// SPDX-License-Identifier: MIT
// A network as a session on a GPU, for up to 65536 lanes at once, with the contract of its session
// on CPUs.
#pragma once

#include <functional>
#include <memory>

#include "lib/model/model.h"
#include "models/gpu/mask_engine.h"

namespace limpid::models {

class GpuSession final : public Session {
 public:
  using Queue = std::unique_ptr<kernels::cuda::LayerQueue>;
  // device, out_of_memory
  static Result<Queue> open_queue(int gpu);

  // The engine of so many lanes and frames at a time.
  using MakeEngine =
      std::function<Result<std::unique_ptr<GpuEngine>>(kernels::cuda::LayerQueue&, int, int)>;

  // On config.gpu, or on another queue. device, out_of_memory, what `make` does not take.
  static Result<std::unique_ptr<Session>> open(const StreamFormat& format,
                                               const SessionConfig& config, const MakeEngine& make);
  static Result<std::unique_ptr<Session>> open(Queue queue, const StreamFormat& format,
                                               const SessionConfig& config, const MakeEngine& make);
  // Of a network of masks: see GpuMaskEngine.
  static Result<std::unique_ptr<Session>> open(const MaskTraits& traits,
                                               const SessionConfig& config,
                                               const GpuMaskEngine::MakeMaker& make);
  static Result<std::unique_ptr<Session>> open(Queue queue, const MaskTraits& traits,
                                               const SessionConfig& config,
                                               const GpuMaskEngine::MakeMaker& make);

  // Waits for the GPU. Should that fail, which only its driver can bring about, the output is
  // silence from then on, and failure() says why.
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  bool restart(int lane) LIMPID_REALTIME override;
  const Error* failure() const noexcept override { return status_ ? nullptr : &status_.error(); }
  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override;
  std::size_t touched() const noexcept override { return memory() - engine_->at_rest(); }
  std::uint64_t repaired() const noexcept override { return repaired_; }
  std::span<const float> voice_activity() const noexcept override { return voice_now_; }

 private:
  // Frames of a call go to the GPU so many at a time.
  static constexpr int kTile = 64;

  GpuSession(Queue queue, const StreamFormat& format, const SessionConfig& config);
  Status open_engine(const MakeEngine& make);
  Status enqueue(int frames);
  void process_tile(AudioView<const float> in, AudioView<float> out, int first,
                    int calls_frames) LIMPID_REALTIME;

  StreamFormat format_;
  int lanes_, max_frames_, tile_;
  Queue queue_;  // outlives the engine
  std::unique_ptr<GpuEngine> engine_;
  float *host_in_ = nullptr, *host_out_ = nullptr;  // [channel][lane][frames * hop]
  float* host_voice_ = nullptr;                     // [lane][frame]
  std::vector<float> voice_;                        // [lane][frame] of the latest call
  std::span<const float> voice_now_;
  std::uint64_t repaired_ = 0;
  Status status_ = Done{};  // the first that went wrong
};

}  // namespace limpid::models
