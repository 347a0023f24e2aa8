// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_layers.h"

#include <algorithm>

namespace limpid::models {

namespace gpu = kernels::cuda;

void GpuTaps::add(nn::Activation x, std::ptrdiff_t offset, int shift) {
  frame_ = x.frame_stride;
  row_ = x.row_stride;
  segments_[count_++] = {x.data + offset, x.block_stride, shift};
}

Status GpuLinear::run(gpu::LayerQueue& queue, const GpuTaps& taps, int rows, nn::Activation y,
                      gpu::LinearEnd end, const float* slope) const {
  gpu::RealProductArgs args{};
  std::ranges::copy(taps.segments_, args.segments);
  args.count[0] = y.lanes;
  args.count[1] = y.frames;
  args.count[2] = y.rows;
  args.middle = taps.frame_;
  args.inner = taps.row_;
  args.bound = rows;
  args.k = k;
  args.n = n;
  args.segment = k / taps.count_;
  args.wide = args.whole_fours();
  args.w = w;
  args.bias = bias;
  args.slope = slope;
  args.end = end;
  args.y = rows_of<float>(y);
  return queue.real_product(arithmetic, args);
}

Status GpuLinear::run(gpu::LayerQueue& queue, std::initializer_list<nn::Activation> inputs,
                      nn::Activation y, gpu::LinearEnd end) const {
  GpuTaps taps;
  for (const nn::Activation& x : inputs) taps.add(x, 0);
  return run(queue, taps, y.rows, y, end);
}

Status GpuArrayLoader::upload(std::span<const float> values, const float*& to) {
  auto uploaded = loader_.upload(values);
  if (!uploaded) return uploaded.error();
  to = *uploaded;
  return Done{};
}

Status GpuArrayLoader::matrix(const std::vector<float>& by_input, std::span<const float> bias,
                              int k, int n, GpuLinear& linear) {
  linear.k = k;
  linear.n = n;
  linear.arithmetic = loader_.arithmetic();
  const std::ptrdiff_t pitch = gpu::product_pitch(n);
  std::vector<float> rows(static_cast<std::size_t>(k * pitch), 0.0f);
  for (std::ptrdiff_t p = 0; p < k; ++p)
    std::copy_n(by_input.begin() + p * n, n, rows.begin() + p * pitch);
  if (auto done = upload(rows, linear.w); !done || bias.empty()) return done;
  return upload(bias, linear.bias);
}

Status GpuArrayLoader::linear(std::span<const Linear> layers, GpuLinear& linear) {
  const int k = layers.front().weights.k();
  std::vector<std::vector<float>> parts;
  std::vector<float> bias;
  for (const Linear& layer : layers) {
    parts.push_back(layer.weights.by_input());
    bias.insert(bias.end(), layer.bias.begin(), layer.bias.end());
  }
  std::vector<float> rows;
  for (std::ptrdiff_t p = 0; p < k; ++p)
    for (const std::vector<float>& part : parts) {
      const std::ptrdiff_t n = std::ssize(part) / k;
      rows.insert(rows.end(), part.begin() + p * n, part.begin() + (p + 1) * n);
    }
  return matrix(rows, bias, k, static_cast<int>(std::ssize(rows) / k), linear);
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
  return matrix(pairs, {}, k, n, linear);
}

Status GpuArrayLoader::norm(const Norm& norm, std::span<const float> slope,
                            gpu::NormWeights& weights) {
  weights.epsilon = kNormEpsilon;
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

Status GpuArrayLoader::attention(const Attention& attention, GpuAttention& gpu) {
  auto done = norm(attention.norm, {}, gpu.norm);
  if (done) done = gated(attention.local, gpu.local);
  if (done) done = linear(attention.query, gpu.query);
  if (done) done = linear(attention.key, gpu.key);
  if (done) done = linear(attention.value, gpu.value);
  if (done) done = linear(attention.out, gpu.out);
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
