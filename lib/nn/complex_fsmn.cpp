// SPDX-License-Identifier: MIT
#include "lib/nn/complex_fsmn.h"

#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"
#include "lib/nn/scratch.h"

namespace limpid::nn {

Result<ComplexFsmn> ComplexFsmn::load(io::Weights& weights, const std::string& prefix, int layer,
                                      int channels, int order) {
  const auto n = static_cast<std::size_t>(channels);
  ComplexFsmn fsmn;
  fsmn.channels_ = channels;
  fsmn.order_ = order;
  fsmn.taps_.resize(static_cast<std::size_t>(order) * 2 * n);
  std::vector<float> linear;
  for (std::size_t part = 0; part < 2; ++part) {
    const std::string name =
        prefix + (part == 0 ? ".fsmn_re_L" : ".fsmn_im_L") + std::to_string(layer);
    const auto first = weights.find(name + ".linear.weight", {channels, channels});
    const auto bias = weights.find(name + ".linear.bias", {channels});
    const auto second = weights.find(name + ".project.weight", {channels, channels});
    const auto taps = weights.find(name + ".conv1.weight", {channels, 1, order, 1});
    for (const auto* tensor : {&first, &bias, &second, &taps})
      if (!*tensor) return tensor->error();
    linear.insert(linear.end(), first->begin(), first->end());
    fsmn.bias_.insert(fsmn.bias_.end(), bias->begin(), bias->end());
    (part == 0 ? fsmn.project_f_ : fsmn.project_g_) =
        kernels::PackedMatrix(*second, channels, channels);
    for (std::size_t c = 0; c < n; ++c)
      for (std::size_t j = 0; j < static_cast<std::size_t>(order); ++j)
        fsmn.taps_[j * 2 * n + part * n + c] = (*taps)[c * static_cast<std::size_t>(order) + j];
  }
  for (float& current : std::span(fsmn.taps_).last(2 * n)) current += 1.0f;
  fsmn.linear_ = kernels::PackedMatrix(linear, 2 * channels, channels);
  return fsmn;
}

std::size_t ComplexFsmn::scratch(int lanes, int rows) const noexcept {
  return 2 * activation_size(lanes, 1, rows, 2 * channels_);
}

Timeline ComplexFsmn::make_past(Arena& arena, int lanes, int max_frames) const {
  return Timeline(arena, lanes, max_frames, 1, 2 * channels_, order_ - 1);
}

// p of F and of G side by side; `hidden` is overwritten.
void ComplexFsmn::project(ConstActivation in, Activation hidden,
                          Activation p) const LIMPID_REALTIME {
  kernels::gemm(in.matrix(), 1, 0, linear_, bias_, kernels::Activation::relu, hidden.matrix());
  for (int part = 0; part < 2; ++part) {
    const int from = part * channels_;
    kernels::gemm(ConstActivation(hidden).slice_channels(from, channels_).matrix(), 1, 0,
                  part == 0 ? project_f_ : project_g_, {}, kernels::Activation::none,
                  p.slice_channels(from, channels_).matrix());
  }
}

void ComplexFsmn::add(ConstActivation in, ConstActivation memory,
                      Activation out) const LIMPID_REALTIME {
  for (int lane = 0; lane < out.lanes; ++lane) {
    const int other = out.lanes + lane;
    for (int frame = 0; frame < out.frames; ++frame) {
      for (int row = 0; row < out.rows; ++row) {
        const float* of_re = memory.at(lane, frame, row);
        const float* of_im = memory.at(other, frame, row);
        kernels::complex_residual(in.at(lane, frame, row), in.at(other, frame, row), of_re,
                                  of_re + channels_, of_im, of_im + channels_, channels_,
                                  out.at(lane, frame, row), out.at(other, frame, row));
      }
    }
  }
}

void ComplexFsmn::run_frequency(ConstActivation in, Activation out,
                                std::span<float> scratch) const LIMPID_REALTIME {
  const int tile = frames_per_tile(scratch, this->scratch(out.lanes, out.rows), out.frames);
  const int wide = 2 * channels_;
  for (int first = 0; first < out.frames; first += tile) {
    const int count = std::min(tile, out.frames - first);
    const auto source = in.slice_frames(first, count);
    const auto hidden = dense(scratch.data(), out.lanes, count, out.rows, wide);
    const auto p = dense(scratch.data() + activation_size(out.lanes, count, out.rows, wide),
                         out.lanes, count, out.rows, wide);
    project(source, hidden, p);
    const auto memory = hidden;  // no longer needed as such
    for (int block = 0; block < 2 * out.lanes; ++block)
      for (int frame = 0; frame < count; ++frame)
        kernels::fsmn_memory(p.at(block, frame, 0), p.row_stride, 0, out.rows, wide, taps_, order_,
                             memory.at(block, frame, 0), memory.row_stride);
    add(source, memory, out.slice_frames(first, count));
  }
}

void ComplexFsmn::run_time(ConstActivation in, Activation out, Timeline& past,
                           std::span<float> scratch) const LIMPID_REALTIME {
  const int tile = frames_per_tile(scratch, this->scratch(out.lanes, 1), out.frames);
  const int wide = 2 * channels_, history = order_ - 1;
  for (int first = 0; first < out.frames; first += tile) {
    const int count = std::min(tile, out.frames - first);
    const auto source = in.slice_frames(first, count);
    const auto hidden = dense(scratch.data(), out.lanes, count, 1, wide);
    const auto p = past.append(count);
    project(source, hidden, p);
    const auto memory = hidden;
    for (int block = 0; block < 2 * out.lanes; ++block)
      kernels::fsmn_memory(p.at(block, 0, 0), p.frame_stride, history, count, wide, taps_, order_,
                           memory.at(block, 0, 0), memory.frame_stride);
    past.drop_front(count);
    add(source, memory, out.slice_frames(first, count));
  }
}

}  // namespace limpid::nn
