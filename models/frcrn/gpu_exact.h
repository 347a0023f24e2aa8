// SPDX-License-Identifier: MIT
// Whole recordings by the published FRCRN on a GPU, one call after the other.
#pragma once

#include <functional>

#include "lib/model/model.h"
#include "models/frcrn/gpu_whole.h"
#include "models/gpu/session.h"

namespace limpid::models {

class GpuFrcrnExact final : public ExactSession {
 public:
  // A new queue for each size of the network's memory.
  using OpenQueue = std::function<Result<GpuSession::Queue>()>;

  // Tries it with a recording of a second. device, unsupported, out_of_memory.
  static Result<std::unique_ptr<ExactSession>> open(OpenQueue open_queue,
                                                    std::shared_ptr<const FrcrnNetwork> network,
                                                    Arithmetic arithmetic);

  // Memory grows to what calls need: every activation of all frames, 131 MB for each second of
  // the published network, 115 where memory layers keep numbers of 16 bits.
  Result<Tensor<float, 2>> enhance(AudioView<const float> audio) override;
  std::size_t memory() const noexcept override;

 private:
  GpuFrcrnExact(OpenQueue open_queue, std::shared_ptr<const FrcrnNetwork> network,
                Arithmetic arithmetic)
      : open_queue_(std::move(open_queue)), network_(std::move(network)), arithmetic_(arithmetic) {}

  Status prepare(int recordings, int hops);
  Result<Tensor<float, 2>> run(AudioView<const float> recordings);

  OpenQueue open_queue_;
  std::shared_ptr<const FrcrnNetwork> network_;
  Arithmetic arithmetic_;
  GpuSession::Queue queue_;  // outlives the network
  std::unique_ptr<GpuFrcrnWhole> whole_;
  float *host_in_ = nullptr, *host_out_ = nullptr;  // [recording][hops]
};

}  // namespace limpid::models
