// SPDX-License-Identifier: MIT
// Whole recordings by the published DeFTAN-II on a GPU, one call after the other: what
// deftan2_whole() does on CPUs.
#pragma once

#include "lib/model/model.h"
#include "models/deftan2/gpu_whole.h"
#include "models/gpu/session.h"

namespace limpid::models {

class GpuDeftan2Exact final : public ExactSession {
 public:
  // device, out_of_memory. `portion`: of a half.
  static Result<std::unique_ptr<ExactSession>> open(GpuSession::Queue queue, const ModelSpec& spec,
                                                    const Deftan2Network& network,
                                                    Arithmetic arithmetic,
                                                    const GpuDeftan2Whole::Portion& portion = {});

  // Memory grows to what the longest call needs and stays: at the published widths 26 MB for each
  // second, 19 where activations are packed, and up to 0.9 GB.
  Result<Tensor<float, 2>> enhance(AudioView<const float> audio) override;
  std::size_t memory() const noexcept override;

 private:
  GpuDeftan2Exact(GpuSession::Queue queue, const ModelSpec& spec, const Deftan2Config& config)
      : queue_(std::move(queue)), spec_(spec), config_(config) {}

  struct Memory {
    float* data = nullptr;
    std::size_t floats = 0;
  };
  Status grow(Memory& memory, std::size_t floats, bool of_host);
  Result<GpuDeftan2Whole::Workspace> claim(GpuDeftan2Whole::Extent extent);
  void put(AudioView<const float> recording, GpuDeftan2Whole::Extent extent, int lane);
  Result<Tensor<float, 2>> run(AudioView<const float> audio);

  GpuSession::Queue queue_;  // outlives the network
  ModelSpec spec_;
  Deftan2Config config_;
  std::unique_ptr<GpuDeftan2Whole> whole_;
  Memory workspace_, host_in_, host_out_, host_levels_;
  std::vector<bool> silent_;  // lanes of a call
};

}  // namespace limpid::models
