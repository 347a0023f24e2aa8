// SPDX-License-Identifier: MIT
#include "models/longconv/gpu_layers.h"

#include "lib/kernels/norms.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

Status upload(GpuLoader& loader, std::span<const float> from, const float*& to) {
  auto values = loader.upload(from);
  if (!values) return values.error();
  to = *values;
  return Done{};
}

}  // namespace

nn::Activation by_frame(nn::Activation x) noexcept {
  x.channels *= x.rows;
  x.rows = 1;
  return x;
}

Status GpuRowNorm::load(const Norm& norm, GpuLoader& loader) {
  auto done = upload(loader, norm.gain, gain);
  if (done) done = upload(loader, norm.offset, offset);
  return done;
}

gpu::NormWeights GpuRowNorm::weights() const noexcept {
  return {gain, offset, nullptr, kernels::kNormEpsilon};
}

Status GpuRowNorm::run(gpu::LayerQueue& queue, nn::Activation x, nn::Activation y) const {
  return queue.row_norm({frames_of<const float>(x), frames_of<float>(y), weights(), x.lanes,
                         x.frames, x.rows, x.channels, x.row_stride});
}

Status GpuLongMemory::load(const LongMemory& layer, GpuLoader& loader) {
  short_taps_ = layer.short_taps();
  long_taps_ = layer.long_filters().taps();
  inner_ = layer.long_filters().channels();
  channels_ = layer.inputs().weights.k();
  auto done = norm_.load(layer.norm(), loader);
  if (done) done = upload(loader, layer.short_filters(), short_);
  if (done) done = load_filters(layer.long_filters().oldest_first(), loader);
  if (done) done = inputs_.load(loader, layer.inputs());
  if (done) done = outputs_.load(loader, layer.outputs());
  return done;
}

// In front of them the zeros that LongFilterArgs asks for.
Status GpuLongMemory::load_filters(std::span<const float> oldest_first, GpuLoader& loader) {
  const auto zeros = static_cast<std::size_t>(2 * gpu::LongFilterArgs::kTail * inner_);
  std::vector<float> taps(zeros);
  taps.insert(taps.end(), oldest_first.begin(), oldest_first.end());
  auto done = upload(loader, taps, long_);
  if (done) long_ += zeros;
  return done;
}

Status GpuLongMemory::claim(GpuMemory& memory, int bands, const GpuRing& ring) {
  constexpr int kTail = gpu::LongFilterArgs::kTail;
  const auto floats = [&](int frames) {  // that so many of the long filters take
    return gpu::floats_of_ring(inputs_.arithmetic, frames * bands * inner_);
  };
  auto done = memory.state(normed_, ring.brief_capacity * bands * channels_, 1);
  if (done) done = memory.state(past_, floats(ring.capacity), 1);
  if (done) done = memory.state(tails_, floats(kTail), 1);
  memory.rests(
      floats(ring.capacity + kTail - gpu::moved_by_long_filter(long_taps_, memory.max_frames())));
  return done;
}

Status GpuLongMemory::run(gpu::LayerQueue& queue, nn::Activation x, const GpuRing& ring,
                          const GpuBandScratch& scratch) const {
  const int lanes = x.lanes, frames = x.frames, bands = x.rows;
  const nn::Activation recent = nn::dense(scratch.side, lanes, frames, bands, channels_),
                       qkv = nn::dense(scratch.wide, lanes, frames, bands, 3 * inner_);
  auto done = project(
      {frames_of<const float>(x), frames_of<float>(recent), normed_, ring.head, norm_.weights(),
       short_, lanes, frames, bands, channels_, short_taps_, ring.brief_capacity},
      queue, recent, qkv);
  if (done)
    done = queue.long_filter(inputs_.arithmetic,
                             {frames_of<float>(qkv), past_, tails_, ring.head, long_, lanes, frames,
                              bands, inner_, long_taps_, ring.capacity});
  if (done) done = outputs_.run(queue, {qkv.slice_channels(0, inner_)}, x, gpu::LinearEnd::add);
  return done;
}

Status GpuLongMemory::project(const gpu::NormedFilterArgs& filter, gpu::LayerQueue& queue,
                              nn::Activation recent, nn::Activation qkv) const {
  if (filter.frames == 1 && channels_ <= gpu::kMaxResident) {
    gpu::MemoryInputArgs args{filter, inputs_.w, inputs_.bias, inputs_.n, rows_of<float>(qkv),
                              false,  false};
    args.arrange();
    return queue.memory_input(inputs_.arithmetic, args);
  }
  auto done = queue.normed_filter(filter);
  if (done) done = inputs_.run(queue, {recent}, qkv);
  return done;
}

// Every band's rows begin with whole words, whatever number of channels it has.
Status GpuBandLinear::load(GpuLoader& loader, const Linear& layer, int channels) {
  const std::vector<float> by_input = layer.weights.by_input();
  const int n = layer.weights.n(), even = channels + channels % 2,
            bands = layer.weights.k() / channels;
  const std::ptrdiff_t from = std::ptrdiff_t{channels} * n, to = std::ptrdiff_t{even} * n;
  std::vector<float> padded(static_cast<std::size_t>(bands * to), 0.0f);
  for (int band = 0; band < bands; ++band)
    std::copy_n(by_input.begin() + band * from, from, padded.begin() + band * to);
  auto done = whole_.load(loader, padded, layer.bias, bands * even, n);
  if (done) of_band_ = whole_.weight(even);
  return done;
}

Status GpuBandLinear::run(gpu::LayerQueue& queue, nn::Activation x, const gpu::NormWeights& norm,
                          float* sums, nn::Activation y) const {
  const int bands = x.rows, n = whole_.n;
  gpu::BandSumsArgs args{frames_of<const float>(x),
                         norm,
                         whole_.w,
                         of_band_,
                         sums,
                         x.lanes,
                         x.frames,
                         bands,
                         x.channels,
                         n,
                         false,
                         false};
  args.arrange();
  if (auto done = queue.band_sums(whole_.arithmetic, args); !done) return done;
  const nn::Activation made = nn::dense(sums, x.lanes, x.frames, 1, bands * n);
  return queue.part_sums({frames_of<const float>(made), frames_of<float>(y), whole_.bias, x.lanes,
                          x.frames, bands, n});
}

Status GpuPerceptron::load(const Perceptron& layer, GpuLoader& loader) {
  over_ = layer.over();
  const int channels = static_cast<int>(layer.norm().gain.size());
  auto done = norm_.load(layer.norm(), loader);
  if (done && over_ == Perceptron::Over::band)
    done = inputs_.load(loader, layer.inputs());
  else if (done)
    done = channels <= gpu::kMaxResident ? band_inputs_.load(loader, layer.inputs(), channels)
                                         : whole_inputs_.load(loader, layer.inputs());
  if (done) done = outputs_.load(loader, layer.outputs());
  return done;
}

Status GpuPerceptron::run(gpu::LayerQueue& queue, nn::Activation x,
                          const GpuBandScratch& scratch) const {
  const bool whole = over_ == Perceptron::Over::frame;
  if (!whole && x.channels <= gpu::kMaxResident) return run_rows(queue, x);
  const nn::Activation to = whole ? by_frame(x) : x,
                       hidden = nn::dense(scratch.wide, x.lanes, x.frames, to.rows, outputs_.k);
  Status done = Done{};
  if (whole) {
    done = project_frame(queue, x, scratch.side, scratch.wide + hidden.lanes * hidden.block_stride,
                         hidden);
  } else {
    const nn::Activation side = nn::dense(scratch.side, x.lanes, x.frames, x.rows, x.channels);
    done = norm_.run(queue, x, side);
    if (done) done = inputs_.run(queue, {side}, hidden, gpu::LinearEnd::gelu);
  }
  if (done) done = outputs_.run(queue, {hidden}, to, gpu::LinearEnd::add);
  return done;
}

Status GpuPerceptron::project_frame(gpu::LayerQueue& queue, nn::Activation x, float* side,
                                    float* sums, nn::Activation hidden) const {
  if (x.channels <= gpu::kMaxResident)
    return band_inputs_.run(queue, x, norm_.weights(), sums, hidden);
  const nn::Activation normed = nn::dense(side, x.lanes, x.frames, x.rows, x.channels);
  auto done = norm_.run(queue, x, normed);
  if (done) done = whole_inputs_.run(queue, by_frame(normed), sums, hidden);
  return done;
}

Status GpuPerceptron::run_rows(gpu::LayerQueue& queue, nn::Activation x) const {
  gpu::RowPerceptronArgs args{rows_of<float>(x), inputs_.k, inputs_.n,    false,
                              norm_.weights(),   inputs_.w, inputs_.bias, outputs_.w,
                              outputs_.bias};
  args.wide = args.whole_fours();
  return queue.row_perceptron(inputs_.arithmetic, args);
}

}  // namespace limpid::models
