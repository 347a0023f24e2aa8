// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_layers.h"

#include "lib/kernels/norms.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

Status GpuArrayLoader::upload(std::span<const float> values, const float*& to) {
  auto uploaded = loader_.upload(values);
  if (!uploaded) return uploaded.error();
  to = *uploaded;
  return Done{};
}

// From [all that is gated, all gates].
Status GpuArrayLoader::gated(const Linear& both, GpuLinear& linear) {
  const int k = both.weights.k(), n = both.weights.n(), half = n / 2;
  const std::vector<float> by_input = both.weights.by_input();
  std::vector<float> pairs;
  for (int p = 0; p < k; ++p)
    for (int c = 0; c < half; ++c)
      for (int part = 0; part < 2; ++part)
        pairs.push_back(by_input[static_cast<std::size_t>(p * n + part * half + c)]);
  return linear.load(loader_, pairs, {}, k, n);
}

// Where activations are packed, what it makes is weights, whose columns lie in StripOrder.
Status GpuArrayLoader::head(const kernels::PackedMatrix& value_to_out, GpuLinear& linear) {
  const int k = value_to_out.k(), n = value_to_out.n();
  std::vector<float> by_input = value_to_out.by_input();
  if (loader_.packed()) by_input = kernels::cuda::in_strip_order(by_input, k, n);
  return linear.load(loader_, by_input, {}, k, static_cast<int>(std::ssize(by_input) / k));
}

Status GpuArrayLoader::norm(const Norm& norm, std::span<const float> slope,
                            gpu::NormWeights& weights) {
  weights.epsilon = kernels::kNormEpsilon;
  Status done = Done{};
  if (!norm.gain.empty()) done = upload(norm.gain, weights.gain);
  if (done && !norm.offset.empty()) done = upload(norm.offset, weights.offset);
  if (done && !slope.empty()) done = upload(slope, weights.slope);
  return done;
}

Status GpuArrayLoader::dense(const SplitDense& dense, GpuDense& gpu) {
  for (const DenseStage& stage : dense) {
    GpuDenseStage& to = gpu.emplace_back();
    auto done = linear(stage.conv, to.conv);
    if (done) done = norm(stage.norm, stage.slope, to.norm);
    if (!done) return done;
  }
  return Done{};
}

Status GpuArrayLoader::attention(const BlockAttention& attention, GpuAttention& gpu) {
  auto done = norm(attention.norm, {}, gpu.norm);
  if (done) done = gated(attention.local, gpu.local);
  if (done) done = linear(attention.query, gpu.query);
  if (done) done = linear(attention.key, gpu.key);
  if (done) done = linear(attention.value, gpu.value);
  if (done) done = linear(attention.out, gpu.out);
  for (const kernels::PackedMatrix& head : attention.value_to_out)
    if (done) done = this->head(head, gpu.value_to_out.emplace_back());
  if (!done || attention.decay.empty()) return done;
  return upload(attention.decay, gpu.decay);
}

Status GpuArrayLoader::forward(const FeedForward& forward, GpuForward& gpu) {
  gpu.dilation = forward.dilation;
  auto done = norm(forward.norm, {}, gpu.norm);
  if (done) done = linear(forward.alone, gpu.alone);
  if (done) done = linear(forward.around, gpu.around);
  if (done) done = linear(forward.conv, gpu.conv);
  if (done) done = norm(forward.conv_norm, forward.slope, gpu.conv_norm);
  if (done) done = linear(forward.out, gpu.out);
  return done;
}

}  // namespace limpid::models
