// SPDX-License-Identifier: MIT
#include "examples/limpid/convolve_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "examples/limpid/convolve_taps.h"
#include "examples/limpid/file_work.h"
#include "lib/dsp/streaming_conv.h"

namespace limpid::cli {
namespace {

constexpr int kBlock = 8192;  // a file may wait: longer transforms are cheaper per sample

Status check_routes(const std::vector<dsp::ConvRoute>& routes, int channels, int filters) {
  for (const auto& [input, output, filter] : routes)
    if (input >= channels || filter >= filters)
      return Error{ErrorCode::unsupported,
                   fmt::format("route {}:{}:{} leads from a channel that is not there: the "
                               "recording has {}, the response {}",
                               input + 1, output + 1, filter + 1, channels, filters)};
  return Done{};
}

int outputs_of(const std::vector<dsp::ConvRoute>& routes) {
  int outputs = 0;
  for (const auto& route : routes) outputs = std::max(outputs, route.output + 1);
  return outputs;
}

Result<dsp::StreamingConv> open_stream(AudioView<const float> taps,
                                       std::vector<dsp::ConvRoute> routes, int channels) {
  dsp::ConvSpec spec;
  spec.max_taps = taps.extent(1);
  spec.block = kBlock;
  spec.inputs = channels;
  spec.outputs = outputs_of(routes);
  spec.filters = static_cast<int>(taps.extent(0));
  spec.routes = std::move(routes);
  auto plan = dsp::StreamingConvPlan::create(std::move(spec));
  if (!plan) return std::move(plan).error();
  auto filter = dsp::ConvFilter::create(*plan, taps);
  if (!filter) return std::move(filter).error();
  return dsp::StreamingConv::open(*filter, 1);
}

// Everything through the stream; what it is late is cut off the front and flushed out of the end.
Status pass(FileWork& work, dsp::StreamingConv& stream, std::int64_t late, std::int64_t tail) {
  std::int64_t to_drop = late, to_flush = late + tail;
  Tensor<float, 2> silence({work.channels(), kBlock});
  std::vector<float> memory;
  while (true) {
    auto block = work.next();
    if (!block) return std::move(block).error();
    if (work.cancelled()) return work.finish();
    AudioView<const float> in = *block;
    if (in.extent(1) == 0) {
      in = silence.view().slice(1, 0, std::min<std::int64_t>(kBlock, to_flush));
      to_flush -= in.extent(1);
      if (in.extent(1) == 0) return work.finish();
    }
    memory.resize(static_cast<std::size_t>(stream.outputs() * in.extent(1)));
    const AudioView<float> out(memory.data(), {stream.outputs(), in.extent(1)});
    stream.process(in, out);
    const auto dropped = std::min<std::int64_t>(to_drop, out.extent(1));
    to_drop -= dropped;
    if (auto status = work.emit(out.slice(1, dropped, out.extent(1) - dropped)); !status)
      return status;
  }
}

Status run(const FileJob& job, const ConvolveSettings& settings, const Advance& advance,
           FileResult& result) {
  result.pauses = false;
  auto reader = io::AudioReader::open(job.input);
  if (!reader) return std::move(reader).error();
  result.input_format = reader->format();
  const auto& [rate, channels, code] = reader->format();
  const int filters = settings.response.format.channels;
  auto routes = settings.routes.empty() ? suggested_routes(channels, filters)
                                        : Result<std::vector<dsp::ConvRoute>>(settings.routes);
  if (!routes) return std::move(routes).error();
  if (auto status = check_routes(*routes, channels, filters); !status) return status;
  if (rate != settings.response.format.sample_rate)
    result.notices.push_back(fmt::format("{} was resampled from {} to {} Hz",
                                         settings.response_name,
                                         settings.response.format.sample_rate, rate));
  const int outputs = outputs_of(*routes);
  const auto taps = taps_at(settings.response, rate, settings.gain);
  if (!taps) return taps.error();
  auto stream = open_stream(taps->taps.view(), *std::move(routes), channels);
  if (!stream) return std::move(stream).error();
  // Time 0 of the response is the tap after the ringing, and the output ends as the response does.
  const std::int64_t late = stream->latency() + taps->ringing;
  std::int64_t tail = stream->tail() - stream->latency() - 2 * taps->ringing;
  if (settings.tail_seconds >= 0)
    tail = std::min<std::int64_t>(tail, std::llround(settings.tail_seconds * rate));
  auto writer = create_output(job, *reader, outputs, result);
  if (!writer) return std::move(writer).error();
  std::vector<int> all(static_cast<std::size_t>(channels));
  std::iota(all.begin(), all.end(), 0);
  FileWork work(*reader, std::move(all), *writer, advance, result, tail);
  return pass(work, *stream, late, tail);
}

}  // namespace

Result<std::vector<dsp::ConvRoute>> suggested_routes(int channels, int filters) {
  std::vector<dsp::ConvRoute> routes;
  if (filters == 1 || filters == channels) {
    for (int c = 0; c < channels; ++c) routes.push_back({c, c, filters == 1 ? 0 : c});
  } else if (filters % channels == 0) {
    const int outputs = filters / channels;
    for (int f = 0; f < filters; ++f) routes.push_back({f / outputs, f % outputs, f});
  } else {
    return Error{
        ErrorCode::unsupported,
        fmt::format("no rule takes {} channels through {} filters: give --route IN:OUT:FILTER",
                    channels, filters)};
  }
  return routes;
}

FileResult convolve_file(const FileJob& job, const ConvolveSettings& settings,
                         const Advance& advance) {
  return run_file_job(job, [&](FileResult& result) { return run(job, settings, advance, result); });
}

}  // namespace limpid::cli
