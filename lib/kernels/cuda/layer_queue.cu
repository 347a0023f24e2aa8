// SPDX-License-Identifier: MIT
// LayerQueue on a stream of its own.
#include <cstring>
#include <vector>

#include "lib/kernels/cuda/layer_queue.h"
#include "lib/kernels/cuda/product_kernels.h"
#include "lib/kernels/cuda/program.cuh"
#include "lib/kernels/cuda/programmed_queue.h"

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

class StreamQueue final : public ProgrammedQueue<StreamQueue> {
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

  template <class Program>
  Status program(const typename Program::Args& args) {
    static_assert(Program::kShared * sizeof(Complex) <= 48 * 1024, "more must be allowed first");
    return launch<Program>(args, stream());
  }
  template <Arithmetic kArithmetic, class... Args>
  Status make_product(const Args&... args) {
    return ProductKernels<kArithmetic>::launch(args..., stream());
  }

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
