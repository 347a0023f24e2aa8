// SPDX-License-Identifier: MIT
// Device by the CUDA run-time library: the part of liblimpid_cuda that limpid finds.
#include <cuda_runtime.h>

#include "lib/kernels/cuda/attention_kernels.h"
#include "lib/kernels/cuda/ceilings.h"
#include "lib/kernels/cuda/layer_queue.h"
#include "lib/kernels/cuda/long_conv.h"
#include "lib/kernels/cuda/status.h"

namespace limpid::kernels::cuda {
namespace {

class CudaGraph final : public Graph {
 public:
  explicit CudaGraph(cudaGraphExec_t graph) : graph_(graph) {}
  ~CudaGraph() override { cudaGraphExecDestroy(graph_); }
  Status launch(Stream stream) override {
    return checked(cudaGraphLaunch(graph_, native(stream)), "launching a graph");
  }

 private:
  cudaGraphExec_t graph_;
};

struct EventDestroy {
  void operator()(cudaEvent_t event) const noexcept { cudaEventDestroy(event); }
};
using Event = std::unique_ptr<CUevent_st, EventDestroy>;

Result<Event> open_event() {
  cudaEvent_t event = nullptr;
  if (auto done = checked(cudaEventCreate(&event), "creating an event"); !done) return done.error();
  return Event(event);
}

class CudaDevice final : public Device {
 public:
  CudaDevice(int index, DeviceInfo info) : index_(index), info_(std::move(info)) {}

  const DeviceInfo& info() const noexcept override { return info_; }
  Result<Ceilings> ceilings() override { return measure_ceilings(*this); }

  Result<void*> allocate(std::size_t bytes) override {
    use();
    auto memory = device_array<std::byte>(bytes);
    if (!memory) return memory.error();
    return static_cast<void*>(memory->release());
  }
  void release(void* memory) noexcept override { cudaFree(memory); }

  Result<Stream> open_stream() override {
    use();
    cudaStream_t stream = nullptr;
    auto done =
        checked(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
    if (!done) return done.error();
    return static_cast<Stream>(stream);
  }
  void close_stream(Stream stream) noexcept override { cudaStreamDestroy(native(stream)); }

  Status upload(void* to, const void* host, std::size_t bytes, Stream stream) override {
    return transfer(to, host, bytes, cudaMemcpyHostToDevice, stream);
  }
  Status download(void* host, const void* from, std::size_t bytes, Stream stream) override {
    return transfer(host, from, bytes, cudaMemcpyDeviceToHost, stream);
  }
  Status copy(void* to, const void* from, std::size_t bytes, Stream stream) override {
    return transfer(to, from, bytes, cudaMemcpyDeviceToDevice, stream);
  }
  Status finish(Stream stream) override {
    return checked(cudaStreamSynchronize(native(stream)), "waiting for a stream");
  }

  Result<std::unique_ptr<Graph>> record(Stream stream,
                                        const std::function<Status()>& work) override {
    use();
    auto done = checked(cudaStreamBeginCapture(native(stream), cudaStreamCaptureModeThreadLocal),
                        "beginning to record");
    if (!done) return done.error();
    done = work();
    cudaGraph_t graph = nullptr;
    const auto ended = checked(cudaStreamEndCapture(native(stream), &graph), "recording");
    if (done) done = ended;
    cudaGraphExec_t ready = nullptr;
    if (done) done = checked(cudaGraphInstantiate(&ready, graph, 0), "instantiating a graph");
    if (graph != nullptr) cudaGraphDestroy(graph);
    if (!done) return done.error();
    return std::unique_ptr<Graph>(new CudaGraph(ready));
  }

  Result<double> time(Stream stream, const std::function<Status()>& work) override {
    use();
    auto begin = open_event();
    if (!begin) return begin.error();
    auto end = open_event();
    if (!end) return end.error();
    auto done = checked(cudaEventRecord(begin->get(), native(stream)), "recording an event");
    if (done) done = work();
    if (done) done = checked(cudaEventRecord(end->get(), native(stream)), "recording an event");
    if (done) done = checked(cudaEventSynchronize(end->get()), "waiting for a stream");
    float milliseconds = 0;
    if (done)
      done =
          checked(cudaEventElapsedTime(&milliseconds, begin->get(), end->get()), "reading events");
    if (!done) return done.error();
    return double{milliseconds};
  }

  Status attend(const AttentionForwardArgs& args, Stream stream) override {
    return launch_attention(args, native(stream));
  }

  Result<std::unique_ptr<LongConv>> open_long_conv(const LongConvSpec& spec) override {
    use();
    const auto plan = plan_conv(spec, info_.shared);
    if (!plan) return plan.error();
    if (spec.method == LongConvSpec::Method::cufft) return open_cufft_conv(spec, *plan);
    return plan->points <= kMaxFusedPoints ? open_fused_conv(spec, *plan)
                                           : open_split_conv(spec, *plan);
  }

  Result<std::unique_ptr<LayerQueue>> open_layers() override { return open_stream_queue(index_); }

 private:
  void use() noexcept { cudaSetDevice(index_); }
  Status transfer(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                  Stream stream) {
    return checked(cudaMemcpyAsync(to, from, bytes, kind, native(stream)), "copying");
  }

  int index_;
  DeviceInfo info_;
};

constexpr int kLeastMajor = 8;  // of compute capability: asynchronous copies, products of bfloat16

Error no_device(const std::string& why) {
  return {ErrorCode::device, "no CUDA device: " + why};
}

Result<std::unique_ptr<Device>> open(int index) {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaErrorInsufficientDriver) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    return no_device(driver == 0 ? "there is no NVIDIA driver"
                                 : "the NVIDIA driver is older than this limpid's CUDA " +
                                       std::to_string(CUDART_VERSION / 1000) + "." +
                                       std::to_string(CUDART_VERSION % 1000 / 10));
  }
  if (code != cudaSuccess) return no_device(cudaGetErrorString(code));
  if (index < 0 || index >= count)
    return no_device("device " + std::to_string(index) + " was asked for, this machine has " +
                     std::to_string(count));
  cudaDeviceProp found{};
  if (auto done =
          checked(cudaGetDeviceProperties(&found, index), "reading the device's properties");
      !done)
    return done.error();
  DeviceInfo info{found.name,           found.major,
                  found.minor,          found.multiProcessorCount,
                  found.totalGlobalMem, found.sharedMemPerBlockOptin};
  if (info.major < kLeastMajor)
    return no_device(info.name + " has compute capability " + std::to_string(info.major) + "." +
                     std::to_string(info.minor) + ", limpid's kernels need " +
                     std::to_string(kLeastMajor) + ".0");
  if (auto done = checked(cudaSetDevice(index), "choosing the device"); !done) return done.error();
  return std::unique_ptr<Device>(new CudaDevice(index, std::move(info)));
}

}  // namespace
}  // namespace limpid::kernels::cuda

extern "C" __attribute__((visibility("default"))) const limpid::kernels::cuda::Backend*
limpid_cuda_backend() {
  static constexpr limpid::kernels::cuda::Backend backend{LIMPID_CUDA_VERSION,
                                                          limpid::kernels::cuda::open};
  return &backend;
}
