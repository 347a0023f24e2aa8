// SPDX-License-Identifier: MIT
// What limpid asks of a GPU. This header knows nothing of CUDA: everything that does is in a
// library of its own, liblimpid_cuda, which open_device() loads the first time it is called.
// Without that library, without a driver or without a card, limpid works as ever and open_device()
// says what is missing.
//
// Pointers are addresses in the device's memory unless they are said to be the host's. A Stream is
// a cudaStream_t; nullptr is the default stream. Calls that take one only enqueue work on it,
// allocate nothing and may be recorded in a graph. With several cards, the calling thread's current
// one must be the stream's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "limpid/result.h"

namespace limpid::kernels::cuda {

using Stream = void*;

struct AttentionForwardArgs;  // attention_forward.h

enum class Sample { f32, f16, bf16 };  // arithmetic is in f32

constexpr std::size_t bytes_of(Sample sample) {
  return sample == Sample::f32 ? 4 : 2;
}

struct LongConvSpec {
  std::int64_t lanes = 1,
               channels = 1;  // rows of audio: every channel has a filter, lanes share it
  std::int64_t length = 0;    // samples of a row, any number
  std::int64_t taps = 0;      // up to 2^21 + 1, of shorter rows up to 2^22 - length
  bool circular = false;      // else causal: the row is preceded and followed by silence
  // Frequency-sparse filters: kept[k mod size] says whether frequency k, of k / points() cycles per
  // sample, stays; the others become zero and are never computed. Size: a power of two, up to a
  // 64th of points(); symmetric, as filters are real; empty: all stay. The row is one transform:
  // circular ones need a power of two of samples, causal ones are the product modulo
  // x^points() - 1. FlashFFTConv's patterns are the residues whose digits are small.
  std::vector<std::uint8_t> kept{};
  Sample sample = Sample::f32;
  // Own kernels, or cuFFT, to compare with.
  enum class Method { fused, cufft } method = Method::fused;
  std::size_t between_passes = std::size_t{32}
                               << 20;  // bytes, above 32768 points: what fits the L2 cache
};

// y = gate_out * (filter convolved with (gate_in * u)), row by row. One stream at a time.
class LongConv {
 public:
  LongConv() = default;
  LongConv(const LongConv&) = delete;
  LongConv& operator=(const LongConv&) = delete;
  virtual ~LongConv() = default;

  // filters: [channels][taps] in f32. Their spectra are kept. A causal row never sees taps beyond
  // its length.
  virtual Status set_filters(const float* filters, Stream stream) = 0;

  // All [lanes][channels][length] of the spec's sample type. Gates may be null. y must not
  // overlap u.
  virtual Status run(const void* u, const void* gate_in, const void* gate_out, void* y,
                     Stream stream) = 0;

  virtual std::int64_t points() const noexcept = 0;  // of the real transform
  // Bytes of spectra and of what lies between passes; not of tables, which are small, nor of
  // cuFFT's own workspace.
  virtual std::size_t memory() const noexcept = 0;
};

struct DeviceInfo {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  int processors = 0;
  std::size_t memory = 0;  // bytes
  std::size_t shared = 0;  // bytes that a block may have at most
};

// What the card was seen to do at most, a second.
struct Ceilings {
  double flops = 0;  // single precision on CUDA cores; a multiply-add is two
  double bytes = 0;  // of the card's memory, read and written
};

class LayerQueue;  // layers.h

// Recorded work.
class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  virtual ~Graph() = default;
  virtual Status launch(Stream stream) = 0;
};

// One GPU. Any thread; everything that was opened on it must be gone before it is.
class Device {
 public:
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;
  virtual ~Device() = default;

  virtual const DeviceInfo& info() const noexcept = 0;
  // Measured anew in every call: some 50 ms, 1 GiB of memory at most, which is given back.
  virtual Result<Ceilings> ceilings() = 0;

  virtual Result<void*> allocate(std::size_t bytes) = 0;  // out_of_memory
  virtual void release(void* memory) noexcept = 0;
  virtual Result<Stream> open_stream() = 0;
  virtual void close_stream(Stream stream) noexcept = 0;
  virtual Status upload(void* to, const void* host, std::size_t bytes, Stream stream) = 0;
  virtual Status download(void* host, const void* from, std::size_t bytes, Stream stream) = 0;
  virtual Status copy(void* to, const void* from, std::size_t bytes, Stream stream) = 0;
  virtual Status finish(Stream stream) = 0;  // waits; reports what failed on the way

  // What `work` enqueues on the stream, which may not be the default one.
  virtual Result<std::unique_ptr<Graph>> record(Stream stream,
                                                const std::function<Status()>& work) = 0;
  // Milliseconds that the stream spends on what `work` enqueues.
  virtual Result<double> time(Stream stream, const std::function<Status()>& work) = 0;

  // invalid_argument, unsupported (too long), out_of_memory.
  virtual Result<std::unique_ptr<LongConv>> open_long_conv(const LongConvSpec& spec) = 0;

  // Attention to whole sequences (attention_forward.h), all pointers in the device's memory; what
  // lib/nn/attention_on_device.h prepares. unsupported: heads of more than 128 elements.
  virtual Status attend(const AttentionForwardArgs& args, Stream stream) = 0;

  // A queue for the layers of a network; it may outlive the device.
  virtual Result<std::unique_ptr<LayerQueue>> open_layers() = 0;
};

// ErrorCode::device, and why, where there is none: "no CUDA device: ...".
Result<std::unique_ptr<Device>> open_device(int index = 0);

// What liblimpid_cuda exports under the name kBackendSymbol. The library must come from the same
// build.
struct Backend {
  const char* version;
  Result<std::unique_ptr<Device>> (*open)(int index);
};
using BackendFunction = const Backend*();
inline constexpr char kBackendSymbol[] = "limpid_cuda_backend";

}  // namespace limpid::kernels::cuda
