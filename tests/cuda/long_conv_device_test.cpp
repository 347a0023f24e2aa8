// SPDX-License-Identifier: MIT
// Long convolutions on a GPU against the definition: own kernels and cuFFT, in segments, in graphs.
#include "tests/cuda/conv_fixture.h"
#include "tests/cuda/device_fixture.h"
#include "tests/cuda/sparse_fixture.h"

namespace limpid::kernels::cuda {
namespace {

class CudaLongConvCall : public OnDevice {
 protected:
  // What the device needs for one set of data.
  template <class T>
  struct Call {
    Device& device;
    std::size_t bytes;
    DeviceMemory u, gate_in, gate_out, y, filters;
    bool gated;

    Call(Device& on, const ConvData<T>& data, Stream stream)
        : device(on),
          bytes(data.u.size() * sizeof(T)),
          u(on, bytes),
          gate_in(on, bytes),
          gate_out(on, bytes),
          y(on, bytes),
          filters(on, data.filters.size() * sizeof(float)),
          gated(!data.gate_in.empty()) {
      EXPECT_TRUE(on.upload(u.get(), data.u.data(), bytes, stream));
      EXPECT_TRUE(on.upload(filters.get(), data.filters.data(), data.filters.size() * sizeof(float),
                            stream));
      if (!gated) return;
      EXPECT_TRUE(on.upload(gate_in.get(), data.gate_in.data(), bytes, stream));
      EXPECT_TRUE(on.upload(gate_out.get(), data.gate_out.data(), bytes, stream));
    }
    Status set_filters(LongConv& conv, Stream stream) {
      return conv.set_filters(static_cast<const float*>(filters.get()), stream);
    }
    Status run(LongConv& conv, Stream stream) {
      return conv.run(u.get(), gated ? gate_in.get() : nullptr, gated ? gate_out.get() : nullptr,
                      y.get(), stream);
    }
    std::vector<T> results(Stream stream) {
      std::vector<T> host(bytes / sizeof(T));
      EXPECT_TRUE(device.download(host.data(), y.get(), bytes, stream));
      const auto done = device.finish(stream);
      EXPECT_TRUE(done) << done.error().message;
      return host;
    }
  };

  template <class T>
  void check(LongConvSpec spec, bool gated, double least, float level = 1.0f) {
    const ConvData<T> data(spec, gated, level);
    auto conv = device_->open_long_conv(data.spec);
    ASSERT_TRUE(conv) << conv.error().message;
    Call<T> call(*device_, data, stream_);
    auto done = call.set_filters(**conv, stream_);
    ASSERT_TRUE(done) << done.error().message;
    done = call.run(**conv, stream_);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_GE(data.snr_of(call.results(stream_), 30), least) << data.name() << ", level " << level;
  }
};

TEST_F(CudaLongConvCall, EverySize) {
  for (std::int64_t points = 256; points <= (1 << 22); points *= 2) {
    check<float>({.lanes = 2, .channels = 3, .length = points / 2, .taps = points / 2 + 1}, true,
                 120);
    check<Half>({.channels = 2, .length = points, .taps = points / 4, .circular = true}, false, 60);
    check<BFloat>({.length = points / 2, .taps = points / 2}, true, 50);
  }
}

TEST_F(CudaLongConvCall, CufftAtEverySize) {
  for (std::int64_t points = 256; points <= (1 << 22); points *= 4) {
    const auto method = LongConvSpec::Method::cufft;
    check<float>({.lanes = 2, .length = points / 2, .taps = points / 2 + 1, .method = method}, true,
                 120);
    check<Half>({.length = points, .taps = points / 4, .circular = true, .method = method}, false,
                60);
  }
}

TEST_F(CudaLongConvCall, AwkwardLengths) {
  for (const bool circular : {false, true}) {
    for (const std::int64_t length : {1, 3, 255, 500, 1021, 40001}) {
      check<float>({.lanes = 3,
                    .channels = 2,
                    .length = length,
                    .taps = length / 2 + 1,
                    .circular = circular},
                   true, 120);
      check<Half>({.lanes = 3,
                   .channels = 2,
                   .length = length,
                   .taps = length / 2 + 1,
                   .circular = circular},
                  true, 60);
    }
  }
}

TEST_F(CudaLongConvCall, AtAnyLevel) {
  for (const float level : {1.0f, 1e-2f, 1e-4f})
    for (const std::int64_t length : {1024, 16384, 40000})
      check<Half>({.length = length, .taps = length}, false, 60, level);
}

// A few rows at a time and all at once are the same to the bit.
TEST_F(CudaLongConvCall, RowsAtOnceDoNotMatter) {
  const ConvData<float> data({.lanes = 3, .channels = 3, .length = 40000, .taps = 2000}, false);
  std::vector<std::vector<float>> results;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 20, std::size_t{1} << 30}) {
    LongConvSpec spec = data.spec;
    spec.between_passes = bytes;
    auto conv = device_->open_long_conv(spec);
    ASSERT_TRUE(conv) << conv.error().message;
    Call<float> call(*device_, data, stream_);
    ASSERT_TRUE(call.set_filters(**conv, stream_));
    ASSERT_TRUE(call.run(**conv, stream_));
    results.push_back(call.results(stream_));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST_F(CudaLongConvCall, SparseSpectra) {
  for (const std::int64_t points : {256, 2048, 8192, 32768, 65536}) {
    for (const auto method : {LongConvSpec::Method::fused, LongConvSpec::Method::cufft}) {
      const auto most = static_cast<std::size_t>(points / 64);
      for (const Pattern& kept : {first_of(1, 2), first_of(most / 4 + 1, most)}) {
        const ConvData<float> data({.lanes = 2,
                                    .channels = 2,
                                    .length = points / 2,
                                    .taps = points / 3,
                                    .kept = kept,
                                    .method = method},
                                   true);
        auto conv = device_->open_long_conv(data.spec);
        ASSERT_TRUE(conv) << conv.error().message;
        ASSERT_EQ((*conv)->points(), points);
        Call<float> call(*device_, data, stream_);
        ASSERT_TRUE(call.set_filters(**conv, stream_));
        ASSERT_TRUE(call.run(**conv, stream_));
        EXPECT_GE(snr_of_sparse(data, points, call.results(stream_)), 120) << points;
      }
    }
  }
}

// Rows longer than the transform are cut.
TEST_F(CudaLongConvCall, InSegments) {
  check<float>({.lanes = 2, .channels = 2, .length = 300001, .taps = 3000}, true, 120);
  check<Half>({.lanes = 2, .channels = 2, .length = 300000, .taps = 3000, .circular = true}, true,
              60);
  check<float>({.length = 9000000, .taps = 100000}, false, 120);
}

TEST_F(CudaLongConvCall, InAGraph) {
  for (const auto method : {LongConvSpec::Method::fused, LongConvSpec::Method::cufft}) {
    for (const std::int64_t length : {4096, 40000}) {
      const ConvData<float> data(
          {.lanes = 2, .channels = 2, .length = length, .taps = 999, .method = method}, true);
      auto conv = device_->open_long_conv(data.spec);
      ASSERT_TRUE(conv) << conv.error().message;
      Call<float> call(*device_, data, stream_);
      ASSERT_TRUE(call.set_filters(**conv, stream_));
      auto graph = device_->record(stream_, [&] { return call.run(**conv, stream_); });
      ASSERT_TRUE(graph) << graph.error().message;
      for (int turn = 0; turn < 2; ++turn) {
        ASSERT_TRUE((*graph)->launch(stream_));
        EXPECT_GE(data.snr_of(call.results(stream_)), 120) << data.name();
      }
    }
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
