// SPDX-License-Identifier: MIT
// LayerQueue on a stream of its own.
#include <cstring>
#include <vector>

#include "lib/kernels/cuda/layer_queue.h"
#include "lib/kernels/cuda/product_kernels.h"
#include "lib/kernels/cuda/program.cuh"
#include "lib/kernels/cuda/tiled_program.cuh"

namespace limpid::kernels::cuda {
namespace {

struct StreamDestroy {
  void operator()(cudaStream_t stream) const noexcept { cudaStreamDestroy(stream); }
};
struct GraphDestroy {
  void operator()(cudaGraphExec_t graph) const noexcept { cudaGraphExecDestroy(graph); }
};
struct HostFree {
  void operator()(float* memory) const noexcept { cudaFreeHost(memory); }
};

class StreamQueue final : public LayerQueue {
 public:
  explicit StreamQueue(int device) : device_(device) {}
  ~StreamQueue() override {
    if (stream_ != nullptr) cudaStreamSynchronize(stream());
  }

  Status open() {
    use();
    cudaStream_t stream = nullptr;
    auto opened =
        checked(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
    if (!opened) return opened;
    stream_.reset(stream);
    for (const Arithmetic arithmetic : kArithmetics) {
      const Status done = with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
        return ProductKernels<kArithmetic>::prepare();
      });
      if (!done) return done;
    }
    return Done{};
  }

  Result<float*> claim(std::size_t floats) override {
    use();
    auto memory = device_array<float>(floats);
    if (!memory) return memory.error();
    if (auto done = clear(memory->get(), floats); !done) return done.error();
    memory_.push_back({*std::move(memory), floats * sizeof(float)});
    return memory_.back().data.get();
  }
  Result<float*> claim_host(std::size_t floats) override {
    use();
    void* memory = nullptr;
    auto done =
        checked(cudaMallocHost(&memory, floats * sizeof(float)), "allocating memory of the host");
    if (!done) return done.error();
    std::memset(memory, 0, floats * sizeof(float));
    host_.emplace_back(static_cast<float*>(memory));
    return host_.back().get();
  }
  std::size_t claimed() const noexcept override {
    std::size_t bytes = 0;
    for (const Claim& claim : memory_) bytes += claim.bytes;
    return bytes;
  }
  void release(float* memory) noexcept override {
    use();
    cudaStreamSynchronize(stream());
    std::erase_if(memory_, [&](const Claim& claim) { return claim.data.get() == memory; });
    std::erase_if(host_, [&](const auto& claim) { return claim.get() == memory; });
  }

  Status upload(float* to, std::ptrdiff_t to_pitch, const float* host, std::ptrdiff_t width,
                std::ptrdiff_t rows) override {
    return transfer(to, to_pitch, host, width, width, rows, cudaMemcpyHostToDevice);
  }
  Status download(float* host, const float* from, std::ptrdiff_t from_pitch, std::ptrdiff_t width,
                  std::ptrdiff_t rows) override {
    return transfer(host, width, from, from_pitch, width, rows, cudaMemcpyDeviceToHost);
  }
  Status clear(float* memory, std::size_t floats) override {
    return checked(cudaMemsetAsync(memory, 0, floats * sizeof(float), stream()), "clearing memory");
  }

  Status product(ProductKind kind, Arithmetic arithmetic, const ComplexProductArgs& args) override {
    return launch_product(arithmetic, kind, args);
  }
  Status fsmn_sum(const FsmnSumArgs& args) override { return launch<FsmnSum>(args, stream()); }
  Status compress(const CompressArgs& args) override { return launch<Compress>(args, stream()); }
  Status unit_spectrum(const CompressArgs& args) override {
    return launch<UnitSpectrum>(args, stream());
  }
  Status levels(const LevelArgs& args) override {
    if (auto done = launch<LevelMeans>(args, stream()); !done) return done;
    return launch<LevelDifferences>(args, stream());
  }
  Status microphones(const MicrophoneArgs& args) override {
    return launch<MicrophoneDifferences>(args, stream());
  }
  Status voice(const VoiceArgs& args) override { return launch<Voice>(args, stream()); }
  Status row_norm(const RowNormArgs& args) override {
    return with_stored(args.stored,
                       [&]<class Number>() { return launch<RowNorm<Number>>(args, stream()); });
  }
  Status normed_filter(const NormedFilterArgs& args) override {
    return launch<NormedFilter>(args, stream());
  }
  Status long_filter(Arithmetic arithmetic, const LongFilterArgs& args) override {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return with_long_filter<StoredOf<kArithmetic>>(
          args, [&]<class... Programs>() { return launch_all<Programs...>(args); });
    });
  }
  Status turn(const TurnArgs& args) override { return launch<Turn>(args, stream()); }
  Status row_mean(const RowMeanArgs& args) override { return launch<RowMean>(args, stream()); }
  Status running_mean(const RunningMeanArgs& args) override {
    return launch<RunningMean>(args, stream());
  }
  Status gains(const GainsArgs& args) override { return launch<Gains>(args, stream()); }
  Status scale(const ScaleArgs& args) override { return launch<Scale>(args, stream()); }
  Status mix(const MixArgs& args) override { return launch<Mix>(args, stream()); }
  Status top_gains(const TopGainsArgs& args) override { return launch<TopGains>(args, stream()); }
  Status smooth_gains(const SmoothGainsArgs& args) override {
    return launch<SmoothGains>(args, stream());
  }
  Status mask_filter(const MaskFilterArgs& args) override {
    return launch<MaskFilter>(args, stream());
  }
  Status real_product(Arithmetic arithmetic, const RealProductArgs& args) override {
    return launch_product(arithmetic, args);
  }
  Status many_products(Arithmetic arithmetic, const ManyProductArgs& args) override {
    return launch_product(arithmetic, args);
  }
  Status memory_input(Arithmetic arithmetic, const MemoryInputArgs& args) override {
    return launch_product(arithmetic, args);
  }
  Status row_perceptron(Arithmetic arithmetic, const RowPerceptronArgs& args) override {
    return launch_product(arithmetic, args);
  }
  Status band_sums(Arithmetic arithmetic, const BandSumsArgs& args) override {
    return launch_product(arithmetic, args);
  }
  Status part_sums(const PartSumsArgs& args) override { return launch<PartSums>(args, stream()); }
  Status frame_norm(const FrameNormArgs& args) override {
    return with_stored(args.stored,
                       [&]<class Number>() { return launch<FrameNorm<Number>>(args, stream()); });
  }
  Status plane_norm(const PlaneNormArgs& args) override {
    return with_stored(args.frames.stored, [&]<class Number>() {
      return launch_all<PlaneFrames<Number>, PlaneMoments, PlaneScale<Number>>(args);
    });
  }
  Status attend_rows(const LinearAttentionArgs& args) override {
    return launch_all<QuerySoftmax, KeySoftmax, GatherContext, MixContext>(args);
  }
  Status softmax_rows(const LinearAttentionArgs& args) override {
    return launch_all<QuerySoftmax, KeySoftmax>(args);
  }
  Status gather_context(Arithmetic arithmetic, const ContextArgs& args) override {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return ProductKernels<kArithmetic>::gather_context(args, stream());
    });
  }
  Status add_context(Arithmetic arithmetic, const ContextArgs& args) override {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return ProductKernels<kArithmetic>::add_context(args, stream());
    });
  }
  Status attend_frames(const LinearAttentionArgs& args) override {
    return launch_all<QuerySoftmax, RunningKeys, RunningContext>(args);
  }
  Status array_level(const ArrayLevelArgs& args) override {
    return launch_all<ArrayPower, ArrayLevel>(args);
  }
  Status array_planes(const ArrayPlanesArgs& args) override {
    return launch<ArrayPlanes>(args, stream());
  }
  Status array_filter(const ArrayFilterArgs& args) override {
    return launch<ArrayFilter>(args, stream());
  }
  Status repack(Repacking repacking, Arithmetic stored, const RepackArgs& args) override {
    return with_repack(repacking, stored,
                       [&]<class Program>() { return launch<Program>(args, stream()); });
  }
  Status keep(const KeepArgs& args) override { return launch<Keep>(args, stream()); }
  Status forget(const ForgetArgs& args) override { return launch<Forget>(args, stream()); }
  Status silence(const SilenceArgs& args) override { return launch<Silence>(args, stream()); }

  Status record(const std::function<Status()>& work) override {
    use();
    auto begun = checked(cudaStreamBeginCapture(stream(), cudaStreamCaptureModeThreadLocal),
                         "beginning to record");
    if (!begun) return begun;
    const Status enqueued = work();
    cudaGraph_t graph = nullptr;
    const Status ended = checked(cudaStreamEndCapture(stream(), &graph), "recording");
    cudaGraphExec_t ready = nullptr;
    const bool good = enqueued && ended;
    Status made =
        good ? checked(cudaGraphInstantiate(&ready, graph, 0), "instantiating a graph") : enqueued;
    if (graph != nullptr) cudaGraphDestroy(graph);
    if (!good) return enqueued ? ended : enqueued;
    if (made) graph_.reset(ready);
    return made;
  }
  Status replay() override {
    return checked(cudaGraphLaunch(graph_.get(), stream()), "launching a graph");
  }
  Status finish() override {
    return checked(cudaStreamSynchronize(stream()), "waiting for a stream");
  }

 private:
  struct Claim {
    DeviceArray<float> data;
    std::size_t bytes;
  };
  template <class... Args>
  Status launch_product(Arithmetic arithmetic, const Args&... args) {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return ProductKernels<kArithmetic>::launch(args..., stream());
    });
  }
  // One after the other, on the same arguments.
  template <class First, class... Rest, class Args>
  Status launch_all(const Args& args) {
    auto done = launch<First>(args, stream());
    if constexpr (sizeof...(Rest) > 0)
      if (done) return launch_all<Rest...>(args);
    return done;
  }
  void use() noexcept { cudaSetDevice(device_); }
  cudaStream_t stream() noexcept {  // whichever thread is calling
    use();
    return stream_.get();
  }
  Status transfer(float* to, std::ptrdiff_t to_pitch, const float* from, std::ptrdiff_t from_pitch,
                  std::ptrdiff_t width, std::ptrdiff_t rows, cudaMemcpyKind kind) {
    const auto bytes = [](std::ptrdiff_t floats) {
      return static_cast<std::size_t>(floats) * sizeof(float);
    };
    return checked(cudaMemcpy2DAsync(to, bytes(to_pitch), from, bytes(from_pitch), bytes(width),
                                     static_cast<std::size_t>(rows), kind, stream()),
                   "copying");
  }

  int device_;
  std::unique_ptr<CUstream_st, StreamDestroy> stream_;
  std::unique_ptr<CUgraphExec_st, GraphDestroy> graph_;
  std::vector<Claim> memory_;
  std::vector<std::unique_ptr<float, HostFree>> host_;
};

}  // namespace

Result<std::unique_ptr<LayerQueue>> open_stream_queue(int device) {
  auto queue = std::make_unique<StreamQueue>(device);
  if (auto done = queue->open(); !done) return done.error();
  return std::unique_ptr<LayerQueue>(std::move(queue));
}

}  // namespace limpid::kernels::cuda
