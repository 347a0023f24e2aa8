// SPDX-License-Identifier: MIT
// Long convolutions on a GPU, own kernels beside cuFFT, over the shapes of the published
// FlashFFTConv benchmark: limpid_long_conv_cuda_bench POINTS.. writes one line of CSV for each of
// them. Columns: points, lanes, channels, type, gates, causal, ms, ms of the filters, both of
// cuFFT, the floor in ms, ratio to cuFFT, multiple of the floor, agreement with cuFFT in dB. The
// floor is what the least traffic takes at the copy speed measured on the same card. Then lines of
// frequency-sparse filters, causal and gated: "sparse", points, lanes, channels, type, the share of
// frequencies that stay, ms, ms with all.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "lib/kernels/cuda/backend.h"
#include "lib/kernels/cuda/storage.h"

using namespace limpid::kernels::cuda;

namespace {

[[noreturn]] void fail(const limpid::Error& error) {
  std::fprintf(stderr, "limpid_long_conv_cuda_bench: %s\n", error.message.c_str());
  std::exit(1);
}
void expect(const limpid::Status& done) {
  if (!done) fail(done.error());
}

class Buffer {
 public:
  Buffer(Device& device, std::size_t bytes) : device_(device), bytes_(bytes) {
    auto memory = device.allocate(bytes);
    if (!memory) fail(memory.error());
    memory_ = *memory;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { device_.release(memory_); }
  void* get() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Device& device_;
  std::size_t bytes_;
  void* memory_ = nullptr;
};

// Milliseconds of a call: median of runs that follow a first one.
template <class Work>
double median(Device& device, Stream stream, int runs, Work work) {
  std::vector<double> all;
  for (int i = 0; i <= runs; ++i) {
    const auto time = device.time(stream, work);
    if (!time) fail(time.error());
    if (i > 0) all.push_back(*time);
  }
  std::nth_element(all.begin(), all.begin() + runs / 2, all.end());
  return all[static_cast<std::size_t>(runs / 2)];
}

// Bytes read and written in a millisecond.
double copy_speed(Device& device, Stream stream) {
  const std::size_t bytes = std::size_t{1} << 30;
  const Buffer from(device, bytes), to(device, bytes);
  const double ms =
      median(device, stream, 9, [&] { return device.copy(to.get(), from.get(), bytes, stream); });
  return 2.0 * static_cast<double>(bytes) / ms;
}

// The beginning of a result.
std::vector<float> beginning(Device& device, Stream stream, const Buffer& y, Sample sample) {
  std::vector<std::uint8_t> bytes(std::min<std::size_t>(y.bytes(), std::size_t{1} << 20));
  expect(device.download(bytes.data(), y.get(), bytes.size(), stream));
  expect(device.finish(stream));
  std::vector<float> values(bytes.size() / bytes_of(sample));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (sample == Sample::f32) {
      std::memcpy(&values[i], &bytes[4 * i], 4);
      continue;
    }
    std::uint16_t bits;
    std::memcpy(&bits, &bytes[2 * i], 2);
    values[i] = sample == Sample::f16 ? to_float(Half{bits}) : to_float(BFloat{bits});
  }
  return values;
}

// Of one result against another, in dB.
double agreement(const std::vector<float>& a, const std::vector<float>& b) {
  double signal = 0, error = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = double{a[i]} - b[i];
    signal += double{b[i]} * b[i];
    error += std::isfinite(difference) ? difference * difference : 1e30;
  }
  return 10 * std::log10(signal / error);
}

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

// Noise in memory: one row of it, again and again.
void fill(Device& device, Stream stream, const Buffer& buffer, Sample sample, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> row(std::min<std::size_t>(buffer.bytes(), std::size_t{1} << 22));
  std::normal_distribution<float> normal;
  for (std::size_t at = 0; at + 4 <= row.size(); at += 4) {
    const float value = normal(random);
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    if (sample == Sample::bf16) bits = (bits & 0xffff0000u) | bits >> 16;
    // sign and fraction with an exponent between 2^-3 and 1, as a half
    if (sample == Sample::f16) {
      const std::uint32_t half =
          (bits >> 16 & 0x8000u) | ((12u + (bits & 3u)) << 10) | (bits >> 13 & 0x3ffu);
      bits = half << 16 | half;
    }
    std::memcpy(&row[at], &bits, 4);
  }
  for (std::size_t at = 0; at < buffer.bytes(); at += row.size())
    expect(device.upload(static_cast<std::uint8_t*>(buffer.get()) + at, row.data(),
                         std::min(row.size(), buffer.bytes() - at), stream));
  expect(device.finish(stream));
}

struct Case {
  Shape shape;
  Sample sample;
  bool gated, causal;
};

struct Bench {
  Device& device;
  Stream stream;
  double speed;  // bytes in a millisecond

  void run(const Case& c) const {
    LongConvSpec spec;
    spec.lanes = c.shape.lanes;
    spec.channels = c.shape.channels;
    spec.length = c.causal ? c.shape.points / 2 : c.shape.points;
    spec.taps = spec.length;
    spec.circular = !c.causal;
    spec.sample = c.sample;
    const auto bytes =
        static_cast<std::size_t>(spec.lanes * spec.channels * spec.length) * bytes_of(c.sample);
    const Buffer u(device, bytes), y(device, bytes), in(device, c.gated ? bytes : 0),
        out(device, c.gated ? bytes : 0);
    const Buffer filters(device, static_cast<std::size_t>(spec.channels * spec.taps) * 4);
    fill(device, stream, u, c.sample, 1);
    if (c.gated) fill(device, stream, in, c.sample, 2), fill(device, stream, out, c.sample, 3);
    fill(device, stream, filters, Sample::f32, 4);
    double ms[2], filter_ms[2];
    std::vector<float> result[2];
    for (const int m : {0, 1}) {
      spec.method = m == 0 ? LongConvSpec::Method::fused : LongConvSpec::Method::cufft;
      auto conv = device.open_long_conv(spec);
      if (!conv) fail(conv.error());
      filter_ms[m] = median(device, stream, 9, [&] {
        return (*conv)->set_filters(static_cast<const float*>(filters.get()), stream);
      });
      ms[m] = median(device, stream, 9, [&] {
        return (*conv)->run(u.get(), c.gated ? in.get() : nullptr, c.gated ? out.get() : nullptr,
                            y.get(), stream);
      });
      result[m] = beginning(device, stream, y, c.sample);
    }
    const double traffic = static_cast<double>(bytes) * (c.gated ? 4 : 2) +
                           static_cast<double>(spec.channels * c.shape.points) * 4;
    const double floor = traffic / speed;
    const char* types[] = {"fp32", "fp16", "bf16"};
    std::printf("%lld,%lld,%lld,%s,%s,%s,%.4f,%.4f,%.4f,%.4f,%.4f,%.2f,%.2f,%.0f\n",
                static_cast<long long>(c.shape.points), static_cast<long long>(spec.lanes),
                static_cast<long long>(spec.channels), types[static_cast<int>(c.sample)],
                c.gated ? "gated" : "plain", c.causal ? "causal" : "circular", ms[0], filter_ms[0],
                ms[1], filter_ms[1], floor, ms[1] / ms[0], ms[0] / floor,
                agreement(result[0], result[1]));
    std::fflush(stdout);
  }

  // Residues modulo 32 (of the shortest rows: as many as they allow) that stay: about the lowest
  // half, quarter and eighth.
  void run_sparse(const Shape& shape) const {
    LongConvSpec spec;
    spec.lanes = shape.lanes;
    spec.channels = shape.channels;
    spec.length = spec.taps = shape.points / 2;
    spec.sample = Sample::f16;
    const auto bytes = static_cast<std::size_t>(spec.lanes * spec.channels * spec.length) * 2;
    const Buffer u(device, bytes), y(device, bytes), in(device, bytes), out(device, bytes);
    const Buffer filters(device, static_cast<std::size_t>(spec.channels * spec.taps) * 4);
    fill(device, stream, u, spec.sample, 1);
    fill(device, stream, in, spec.sample, 2);
    fill(device, stream, out, spec.sample, 3);
    fill(device, stream, filters, Sample::f32, 4);
    const auto time = [&] {
      auto conv = device.open_long_conv(spec);
      if (!conv) fail(conv.error());
      expect((*conv)->set_filters(static_cast<const float*>(filters.get()), stream));
      return median(device, stream, 9,
                    [&] { return (*conv)->run(u.get(), in.get(), out.get(), y.get(), stream); });
    };
    const double all = time();
    const auto size = static_cast<std::size_t>(std::min<std::int64_t>(32, shape.points / 64));
    for (const std::size_t part : {2, 4, 8}) {
      spec.kept.assign(size, 0);
      spec.kept[0] = 1;
      for (std::size_t k = 1; k < size / part / 2; ++k) spec.kept[k] = spec.kept[size - k] = 1;
      const auto left = std::count(spec.kept.begin(), spec.kept.end(), std::uint8_t{1});
      std::printf("sparse,%lld,%lld,%lld,fp16,%lld/%zu,%.4f,%.4f\n",
                  static_cast<long long>(shape.points), static_cast<long long>(spec.lanes),
                  static_cast<long long>(spec.channels), static_cast<long long>(left), size, time(),
                  all);
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
    for (const Sample sample : {Sample::f16, Sample::bf16, Sample::f32})
      for (const bool gated : {false, true})
        for (const bool causal : {false, true})
          bench.run({shape_of(std::atoll(argv[i])), sample, gated, causal});
    bench.run_sparse(shape_of(std::atoll(argv[i])));
  }
  (*device)->close_stream(*stream);
  return 0;
}
