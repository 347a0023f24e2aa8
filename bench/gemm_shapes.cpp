// SPDX-License-Identifier: MIT
#include "bench/gemm_shapes.h"

namespace limpid::bench {
namespace {

// Activations are [part][frame][frequency][channel]; a layer looks at a frame and the one before.
Shape convolution(const std::string& name, int channels, int taps, int stride, int out, int frames,
                  int n) {
  const std::ptrdiff_t frame = ((out - 1) * stride + taps) * channels;
  return {.name = name,
          .rows = {2, frames, out},
          .stride = {frame * (frames + 1), frame, stride * channels},
          .segments = 2,
          .length = taps * channels,
          .segment_stride = frame,
          .n = n};
}

Shape linear(const std::string& name, int k, int n, int frames, int out) {
  return {.name = name,
          .rows = {2, frames, out},
          .stride = {frames * out * k, out * k, k},
          .length = k,
          .n = n};
}

std::string label(const char* layer, int frames) {
  return std::string(layer) +
         (frames == 1 ? ", 1 frame" : ", " + std::to_string(frames) + " frames");
}

void add_published(std::vector<Shape>& all, int frames) {
  const auto name = [&](const char* layer) {
    return label((std::string("128 ch ") + layer).c_str(), frames);
  };
  std::vector<Shape> layers{
      convolution(name("encoder 0"), 1, 5, 2, 159, frames, 256),
      convolution(name("encoder 1"), 128, 5, 2, 78, frames, 256),
      convolution(name("encoder 3"), 128, 5, 2, 17, frames, 256),
      convolution(name("encoder 5"), 128, 5, 2, 2, frames, 256),
      convolution(name("decoder 5 even"), 256, 3, 1, 80, frames, 256),
      convolution(name("decoder 5 odd"), 256, 2, 1, 79, frames, 256),
      convolution(name("decoder 2 even"), 256, 3, 1, 9, frames, 256),
      convolution(name("decoder 6 even"), 256, 3, 1, 161, frames, 2),
      convolution(name("decoder 6, n 8"), 256, 3, 1, 161, frames, 8),
      linear(name("FSMN 1 in"), 128, 256, frames, 78),
      linear(name("FSMN 1 out"), 128, 128, frames, 78),
      linear(name("FSMN 4 in"), 128, 256, frames, 7),
  };
  for (Shape& s : layers) s.network = 26'000'000;
  all.insert(all.end(), layers.begin(), layers.end());
}

void add_small(std::vector<Shape>& all, int channels, std::size_t parameters) {
  const auto name = [&](const char* layer) {
    return std::to_string(channels) + " ch " + label(layer, 1);
  };
  std::vector<Shape> layers{
      convolution(name("encoder 1"), channels, 5, 2, 79, 1, 2 * channels),
      convolution(name("encoder 3"), channels, 5, 2, 17, 1, 2 * channels),
      convolution(name("encoder 5"), channels, 5, 2, 2, 1, 2 * channels),
      convolution(name("decoder 5 even"), 2 * channels, 3, 1, 40, 1, 2 * channels),
      convolution(name("decoder 6 even"), 2 * channels, 3, 1, 81, 1, 2),
      linear(name("FSMN 1 in"), channels, 2 * channels, 1, 79),
      linear(name("FSMN 4 out"), channels, channels, 1, 7),
  };
  for (Shape& s : layers) s.network = parameters * sizeof(float);
  all.insert(all.end(), layers.begin(), layers.end());
}

}  // namespace

std::size_t Shape::row_reach() const {
  return static_cast<std::size_t>(length + (segments - 1) * segment_stride);
}

std::size_t Shape::input() const {
  std::ptrdiff_t offset = 0;
  for (std::size_t i = 0; i < 3; ++i) offset += (rows[i] - 1) * stride[i];
  return static_cast<std::size_t>(offset) + row_reach();
}

bool Shape::dense() const {
  return segments == 1 && stride[2] == length && stride[1] == stride[2] * rows[2] &&
         stride[0] == stride[1] * rows[1];
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (int frames : {1, 32}) add_published(all, frames);
  add_small(all, 16, 110'000);
  add_small(all, 32, 400'000);
  add_small(all, 64, 1'570'000);
  return all;
}

}  // namespace limpid::bench
