// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_deftan2_layers.h"

namespace limpid::models {

GpuDeftan2Layers::GpuDeftan2Layers(kernels::cuda::LayerQueue& queue, const Deftan2Config& config,
                                   GpuReach reach, GpuStore stored)
    : encoder(queue, reach, stored), decoder(queue, reach), store(stored) {
  const GpuAxis second = reach == GpuReach::whole ? GpuAxis::rows : GpuAxis::frames;
  for (int layer = 0; layer < config.layers; ++layer)
    for (const GpuAxis axis : {GpuAxis::rows, second})
      halves.emplace_back(queue, config, axis, stored);
}

Status GpuDeftan2Layers::load(kernels::cuda::LayerQueue& queue, const Deftan2Network& network,
                              Arithmetic arithmetic, const dsp::StftWindows& windows) {
  const Deftan2Config& config = network.config;
  GpuLoader exact(queue);
  GpuArrayLoader loader(queue, arithmetic), packing(queue, arithmetic, store.packed());
  auto done = transforms.load(exact, {config.window_samples(), config.hop_samples()}, windows);
  if (done) done = encoder.load(network.encoder, packing);
  for (std::size_t i = 0; done && i < halves.size(); ++i)
    done = halves[i].load(i % 2 == 0 ? network.along_frequency[i / 2] : network.along_time[i / 2],
                          packing);
  if (done) done = decoder.load(network.decoder, loader);
  return done;
}

}  // namespace limpid::models
