// SPDX-License-Identifier: MIT
// limpid_attention_bench: attention on data that bench/attention_peers.py prepares. One request a
// line,
//   kind heads kv_heads width frames past chunk calls file
// with q, k and v as raw floats [frame][heads * width] in `file`; answers with the processor
// seconds of a call and leaves y in file.y. chunk 0: the whole sequence at once; else a stream, so
// many frames a call, and the time is that of the whole sequence.
#include <ctime>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "lib/nn/attention_stream.h"

namespace limpid::bench {
namespace {

using namespace nn;

constexpr const char* kKinds[] = {"softmax", "softmax1", "sink_logit", "key_bias",    "sigmoid",
                                  "elu1",    "lssa",     "lssar",      "linear_decay"};

double seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Request {
  std::string kind, file;
  int heads = 0, kv_heads = 0, width = 0, frames = 0, chunk = 0, calls = 0;
  std::int64_t past = 0;
};

Tensor<float, 3> read_rows(std::ifstream& file, int frames, int columns) {
  Tensor<float, 3> rows({1, frames, columns});
  file.read(reinterpret_cast<char*>(rows.view().data()),
            static_cast<std::streamsize>(sizeof(float)) * frames * columns);
  return rows;
}

Result<Attention> make(const Request& r) {
  AttentionConfig config{.heads = r.heads, .kv_heads = r.kv_heads, .width = r.width};
  for (int i = 0; i < 9; ++i)
    if (r.kind == kKinds[i]) config.kind = static_cast<AttentionKind>(i);
  config.past = r.past < 0 ? kUnlimited : r.past;
  if (config.kind == AttentionKind::sigmoid) config.bias = -4;
  const std::vector<float> logits(static_cast<std::size_t>(r.heads));
  const std::vector<float> keys(static_cast<std::size_t>(r.heads * r.width), 0.1f);
  const auto slopes = lightning_slopes(r.heads, 0, 1);
  AttentionParameters parameters;
  if (config.kind == AttentionKind::sink_logit) parameters.sink_logits = logits;
  if (config.kind == AttentionKind::key_bias) parameters.sink_keys = keys;
  if (config.kind == AttentionKind::linear_decay) parameters.slopes = slopes;
  return Attention::create(config, parameters);
}

// Processor seconds of a call, or an error.
Result<double> answer(const Request& r) {
  auto attention = make(r);
  if (!attention) return attention.error();
  std::ifstream file(r.file, std::ios::binary);
  const auto q = read_rows(file, r.frames, r.heads * r.width);
  const auto k = read_rows(file, r.frames, r.kv_heads * r.width);
  const auto v = read_rows(file, r.frames, r.kv_heads * r.width);
  if (!file) return Error{ErrorCode::io, "cannot read " + r.file};
  Tensor<float, 3> y({1, r.frames, r.heads * r.width});
  const auto part = [&](int first, int count) {
    return AttentionInput{q.view().slice(1, first, count),
                          k.view().slice(1, first, count),
                          v.view().slice(1, first, count),
                          {}};
  };
  Arena arena;
  AttentionStream stream;
  if (r.chunk > 0) {
    auto opened = AttentionStream::open(arena, *attention, 1);
    if (!opened) return opened.error();
    stream = *opened;
  }
  const double start = seconds();
  for (int call = 0; call < r.calls; ++call) {
    if (r.chunk == 0) {
      if (auto done = attention->run(part(0, r.frames), y.view()); !done) return done.error();
      continue;
    }
    stream.reset();
    for (int t = 0; t < r.frames; t += r.chunk) {
      const int count = std::min(r.chunk, r.frames - t);
      stream.process(part(t, count), y.view().slice(1, t, count));
    }
  }
  const double spent = (seconds() - start) / r.calls;
  std::ofstream(r.file + ".y", std::ios::binary)
      .write(reinterpret_cast<const char*>(y.view().data()),
             static_cast<std::streamsize>(sizeof(float)) * r.frames * r.heads * r.width);
  return spent;
}

int serve() {
  Request r;
  while (std::cin >> r.kind >> r.heads >> r.kv_heads >> r.width >> r.frames >> r.past >> r.chunk >>
         r.calls >> r.file) {
    const auto spent = answer(r);
    if (!spent) {
      std::fprintf(stderr, "%s\n", spent.error().message.c_str());
      return 1;
    }
    std::printf("%.9g\n", *spent);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace limpid::bench

int main() {
  return limpid::bench::serve();
}
