// SPDX-License-Identifier: MIT
#include "models/gpu/linear.h"

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
  args.packed = packed;
  args.w = w;
  args.bias = bias;
  args.slope = slope;
  args.end = end;
  args.y = rows_of<float>(y);
  args.wide_y = args.whole_fours_of_y();
  return queue.real_product(arithmetic, args);
}

Status GpuLinear::run(gpu::LayerQueue& queue, std::initializer_list<nn::Activation> inputs,
                      nn::Activation y, gpu::LinearEnd end) const {
  GpuTaps taps;
  for (const nn::Activation& x : inputs) taps.add(x, 0);
  return run(queue, taps, y.rows, y, end);
}

namespace {

// Rows of n, as far apart as products read them.
std::vector<float> pitched(const std::vector<float>& rows, int count, int n) {
  const std::ptrdiff_t pitch = gpu::product_pitch(n);
  std::vector<float> apart(static_cast<std::size_t>(count * pitch), 0.0f);
  for (std::ptrdiff_t row = 0; row < count; ++row)
    std::copy_n(rows.begin() + row * n, n, apart.begin() + row * pitch);
  return apart;
}

}  // namespace

Status GpuLinear::load(GpuLoader& loader, const std::vector<float>& by_input,
                       std::span<const float> with, int inputs, int outputs) {
  packed = loader.packed();
  k = packed ? inputs / 2 : inputs;
  n = outputs;
  arithmetic = loader.arithmetic();
  auto weights = packed ? loader.upload(gpu::strip_words(arithmetic, by_input, inputs, n))
                        : loader.weights(pitched(by_input, inputs, n), gpu::product_pitch(n));
  if (!weights) return weights.error();
  w = *weights;
  if (with.empty()) return Done{};
  auto uploaded = loader.upload(with);
  if (!uploaded) return uploaded.error();
  bias = *uploaded;
  return Done{};
}

Status GpuLinear::load(GpuLoader& loader, std::span<const Linear> layers, int taps) {
  const int inputs = layers.front().weights.k(), of_tap = inputs / taps;
  const std::ptrdiff_t missing = loader.packed() ? (16 - of_tap % 16) % 16 : 0;
  std::vector<std::vector<float>> parts;
  std::vector<float> biases;
  for (const Linear& layer : layers) {
    parts.push_back(layer.weights.by_input());
    biases.insert(biases.end(), layer.bias.begin(), layer.bias.end());
  }
  std::vector<float> rows;
  std::ptrdiff_t outputs = 0;
  for (std::ptrdiff_t p = 0; p < inputs; ++p) {
    for (const std::vector<float>& part : parts) {
      const std::ptrdiff_t width = std::ssize(part) / inputs;
      rows.insert(rows.end(), part.begin() + p * width, part.begin() + (p + 1) * width);
    }
    if (p == 0) outputs = std::ssize(rows);
    if ((p + 1) % of_tap == 0)
      rows.resize(rows.size() + static_cast<std::size_t>(missing * outputs));
  }
  return load(loader, rows, biases, static_cast<int>(std::ssize(rows) / outputs),
              static_cast<int>(outputs));
}

std::ptrdiff_t GpuLinear::weight(int input) const {
  return gpu::with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    return std::ptrdiff_t{gpu::words_of<gpu::NumberOf<kArithmetic>>(input)} * gpu::product_pitch(n);
  });
}

Status GpuLinears::run(gpu::LayerQueue& queue, nn::Activation x, nn::Activation y) const {
  gpu::ManyProductArgs args{};
  args.lanes = x.lanes;
  args.frames = x.frames;
  args.x_lane = x.block_stride;
  args.x_frame = x.frame_stride;
  args.y_lane = y.block_stride;
  args.y_frame = y.frame_stride;
  const auto most = static_cast<std::size_t>(gpu::ManyProductArgs::kMax);
  for (std::size_t first = 0; first < layers_.size(); first += most) {
    const auto some = std::span(layers_).subspan(first, std::min(most, layers_.size() - first));
    args.count = static_cast<std::int32_t>(some.size());
    std::ranges::transform(some, args.parts, [&](const Layer& layer) {
      const GpuLinear& linear = layer.linear;
      return gpu::ProductPart{x.data + layer.from,
                              y.data + layer.part * y.lanes * y.block_stride + layer.to,
                              linear.w,
                              linear.bias,
                              linear.k,
                              linear.n,
                              0};
    });
    args.arrange();
    if (auto done = queue.many_products(some.front().linear.arithmetic, args); !done) return done;
  }
  return Done{};
}

Status GpuLongLinear::load(GpuLoader& loader, const Linear& layer) {
  if (auto done = whole_.load(loader, layer); !done) return done;
  for (int first = 0; first < whole_.k; first += kInputs) {
    GpuLinear part = whole_;
    part.k = std::min(kInputs, whole_.k - first);
    part.w += whole_.weight(first);
    part.bias = nullptr;
    parts_.add(part, first, std::ptrdiff_t{first / kInputs} * whole_.n);
  }
  return Done{};
}

Status GpuLongLinear::run(gpu::LayerQueue& queue, nn::Activation x, float* sums,
                          nn::Activation y) const {
  const int parts = GpuLongLinear::parts(whole_.k);
  const nn::Activation made = nn::dense(sums, x.lanes, x.frames, 1, parts * whole_.n);
  if (auto done = parts_.run(queue, x, made); !done) return done;
  return queue.part_sums({frames_of<const float>(made), frames_of<float>(y), whole_.bias, x.lanes,
                          x.frames, parts, whole_.n});
}

}  // namespace limpid::models
