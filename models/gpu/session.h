// SPDX-License-Identifier: MIT
// A network of masks as a session on a GPU: the contract of MaskSession, for up to 65536 lanes at
// once.
#pragma once

#include <memory>

#include "lib/model/model.h"
#include "models/gpu/stream.h"

namespace limpid::models {

class GpuSession final : public Session {
 public:
  // Of config.gpu. device, unsupported (see GpuStream), out_of_memory.
  static Result<std::unique_ptr<Session>> open(const MaskTraits& traits,
                                               const SessionConfig& config,
                                               const GpuStream::MakeMaker& make);
  // On another queue.
  static Result<std::unique_ptr<Session>> open(std::unique_ptr<kernels::cuda::LayerQueue> queue,
                                               const MaskTraits& traits,
                                               const SessionConfig& config,
                                               const GpuStream::MakeMaker& make);

  // Waits for the GPU. Should that fail, which only its driver can bring about, the output is
  // silence from then on, and failure() says why.
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  bool restart(int lane) LIMPID_REALTIME override;
  const Error* failure() const noexcept override { return status_ ? nullptr : &status_.error(); }
  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override;
  std::uint64_t repaired() const noexcept override { return repaired_; }
  std::span<const float> voice_activity() const noexcept override { return voice_now_; }

 private:
  // Frames of a call go to the GPU so many at a time.
  static constexpr int kTile = 64;

  GpuSession(std::unique_ptr<kernels::cuda::LayerQueue> queue, const StreamFormat& format,
             const SessionConfig& config);
  Status open_stream(const MaskTraits& traits, const GpuStream::MakeMaker& make);
  Status enqueue(int frames);
  void process_tile(AudioView<const float> in, AudioView<float> out, int first,
                    int calls_frames) LIMPID_REALTIME;

  StreamFormat format_;
  int lanes_, max_frames_, tile_;
  std::unique_ptr<kernels::cuda::LayerQueue> queue_;  // outlives the stream
  std::unique_ptr<GpuStream> stream_;
  float *host_in_ = nullptr, *host_out_ = nullptr,
        *host_voice_ = nullptr;  // [lane][frames * hop], [lane][frame]
  std::vector<float> voice_;     // [lane][frame] of the latest call
  std::span<const float> voice_now_;
  std::uint64_t repaired_ = 0;
  Status status_ = Done{};  // the first that went wrong
};

}  // namespace limpid::models
