// SPDX-License-Identifier: MIT
// Long convolutions on a GPU, own kernels beside cuFFT, over the shapes of the published
// FlashFFTConv benchmark: limpid_long_conv_cuda_bench POINTS.. writes one line of CSV for each of
// them. Columns: points, lanes, channels, type, gates, causal, ms, ms of the filters, both of
// cuFFT, the floor in ms, ratio to cuFFT, multiple of the floor, agreement with cuFFT in dB. The
// floor is what the least traffic takes at the copy speed measured on the same card. Then lines of
// frequency-sparse filters, causal and gated: "sparse", points, lanes, channels, type, the share of
// frequencies that stay, ms, ms with all.
#include "bench/long_conv_cuda_data.h"

using namespace limpid::kernels::cuda;

namespace {

struct Shape {
  std::int64_t lanes, channels, points;
};

// Batch and channels of the published runs.
Shape shape_of(std::int64_t points) {
  const std::int64_t lanes = points <= 8192 ? 64 : points == 16384 ? 32 : points == 32768 ? 16 : 8;
  const std::int64_t channels =
      points <= 65536 ? 768 : std::max<std::int64_t>(16, 768 * 65536 / points);
  return {lanes, channels, points};
}

struct Case {
  Shape shape;
  Sample sample;
  bool gated, causal;
};

LongConvSpec spec_of(const Case& c) {
  LongConvSpec spec;
  spec.lanes = c.shape.lanes;
  spec.channels = c.shape.channels;
  spec.length = spec.taps = c.causal ? c.shape.points / 2 : c.shape.points;
  spec.circular = !c.causal;
  spec.sample = c.sample;
  return spec;
}

// In the card's memory.
struct Operands {
  std::size_t bytes;  // of each but the filters
  bool gated;
  Buffer u, y, in, out, filters;

  Operands(Device& device, Stream stream, const LongConvSpec& spec, bool with_gates)
      : bytes(static_cast<std::size_t>(spec.lanes * spec.channels * spec.length) *
              bytes_of(spec.sample)),
        gated(with_gates),
        u(device, bytes),
        y(device, bytes),
        in(device, gated ? bytes : 0),
        out(device, gated ? bytes : 0),
        filters(device, static_cast<std::size_t>(spec.channels * spec.taps) * 4) {
    fill(device, stream, u, spec.sample, 1);
    if (gated) fill(device, stream, in, spec.sample, 2), fill(device, stream, out, spec.sample, 3);
    fill(device, stream, filters, Sample::f32, 4);
  }
};

struct Timed {
  double ms, filter_ms;
  std::vector<float> result;
};

const char* name_of(Sample sample) {
  return sample == Sample::f32 ? "fp32" : sample == Sample::f16 ? "fp16" : "bf16";
}

struct Bench {
  Device& device;
  Stream stream;
  double speed;  // bytes in a millisecond

  Timed time(const LongConvSpec& spec, const Operands& o) const {
    auto conv = device.open_long_conv(spec);
    if (!conv) fail(conv.error());
    const double filter_ms = median(device, stream, 9, [&] {
      return (*conv)->set_filters(static_cast<const float*>(o.filters.get()), stream);
    });
    const double ms = median(device, stream, 9, [&] {
      return (*conv)->run(o.u.get(), o.gated ? o.in.get() : nullptr,
                          o.gated ? o.out.get() : nullptr, o.y.get(), stream);
    });
    return {ms, filter_ms, beginning(device, stream, o.y, spec.sample)};
  }

  // The columns that name a task.
  void print(const char* kind, const LongConvSpec& spec, const Shape& shape) const {
    std::printf("%s%lld,%lld,%lld,%s", kind, static_cast<long long>(shape.points),
                static_cast<long long>(spec.lanes), static_cast<long long>(spec.channels),
                name_of(spec.sample));
  }

  void run(const Case& c) const {
    LongConvSpec spec = spec_of(c);
    const Operands operands(device, stream, spec, c.gated);
    const Timed own = time(spec, operands);
    spec.method = LongConvSpec::Method::cufft;
    const Timed peer = time(spec, operands);
    const double traffic = static_cast<double>(operands.bytes) * (c.gated ? 4 : 2) +
                           static_cast<double>(spec.channels * c.shape.points) * 4;
    const double floor = traffic / speed;
    print("", spec, c.shape);
    std::printf(",%s,%s,%.4f,%.4f,%.4f,%.4f,%.4f,%.2f,%.2f,%.0f\n", c.gated ? "gated" : "plain",
                c.causal ? "causal" : "circular", own.ms, own.filter_ms, peer.ms, peer.filter_ms,
                floor, peer.ms / own.ms, own.ms / floor, agreement(own.result, peer.result));
    std::fflush(stdout);
  }

  // Residues modulo 32 (of the shortest rows: as many as they allow) that stay: about the lowest
  // half, quarter and eighth.
  void run_sparse(const Shape& shape) const {
    LongConvSpec spec = spec_of({shape, Sample::f16, true, true});
    const Operands operands(device, stream, spec, true);
    const double all = time(spec, operands).ms;
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(32, shape.points / 64));
    for (const std::size_t part : {2, 4, 8}) {
      spec.kept.assign(size, 0);
      spec.kept[0] = 1;
      for (std::size_t k = 1; k < size / part / 2; ++k) spec.kept[k] = spec.kept[size - k] = 1;
      const auto left = std::count(spec.kept.begin(), spec.kept.end(), std::uint8_t{1});
      print("sparse,", spec, shape);
      std::printf(",%lld/%zu,%.4f,%.4f\n", static_cast<long long>(left), size,
                  time(spec, operands).ms, all);
      std::fflush(stdout);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  auto device = open_device();
  if (!device) fail(device.error());
  auto stream = (*device)->open_stream();
  if (!stream) fail(stream.error());
  const Bench bench{**device, *stream, copy_speed(**device, *stream)};
  std::fprintf(stderr, "%s: copies %.2f TB/s, read and written\n", (*device)->info().name.c_str(),
               bench.speed / 1e9);
  for (int i = 1; i < argc; ++i) {
    const Shape shape = shape_of(std::atoll(argv[i]));
    for (const Sample sample : {Sample::f16, Sample::bf16, Sample::f32}) {
      for (const bool gated : {false, true}) {
        for (const bool causal : {false, true}) bench.run({shape, sample, gated, causal});
      }
    }
    bench.run_sparse(shape);
  }
  (*device)->close_stream(*stream);
  return 0;
}
