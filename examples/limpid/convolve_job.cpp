// SPDX-License-Identifier: MIT
#include "examples/limpid/convolve_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "examples/limpid/file_work.h"
#include "lib/dsp/resampler.h"
#include "lib/dsp/streaming_conv.h"

namespace limpid::cli {
namespace {

constexpr int kBlock = 8192;  // a file may wait: longer transforms are cheaper per sample

// The response at the recording's rate, times the gain. A response is a density in time: at
// another rate its samples are closer or further apart, and smaller or larger.
Result<Tensor<float, 2>> taps_at(const ConvolveSettings& settings, int rate) {
  const int from = settings.response.format.sample_rate;
  const AudioView<const float> given = settings.response.samples.view();
  AudioView<const float> at_rate = given;
  auto resampler = dsp::Resampler::create(from, rate, static_cast<int>(given.extent(0)));
  if (!resampler) return std::move(resampler).error();
  if (from != rate) {
    auto resampled = resampler->process(given, true);
    if (!resampled) return std::move(resampled).error();
    at_rate = *resampled;
  }
  Tensor<float, 2> taps({at_rate.extent(0), std::max<std::ptrdiff_t>(1, at_rate.extent(1))});
  const float scale = settings.gain * static_cast<float>(from) / static_cast<float>(rate);
  for (std::ptrdiff_t c = 0; c < at_rate.extent(0); ++c)
    for (std::ptrdiff_t i = 0; i < at_rate.extent(1); ++i)
      taps.view()[c][i] = scale * at_rate[c][i];
  return taps;
}

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

Result<dsp::StreamingConv> open_stream(const ConvolveSettings& settings,
                                       std::vector<dsp::ConvRoute> routes, int channels, int rate) {
  auto taps = taps_at(settings, rate);
  if (!taps) return std::move(taps).error();
  dsp::ConvSpec spec;
  spec.max_taps = taps->extent(1);
  spec.block = kBlock;
  spec.inputs = channels;
  spec.outputs = outputs_of(routes);
  spec.filters = static_cast<int>(taps->extent(0));
  spec.routes = std::move(routes);
  auto plan = dsp::StreamingConvPlan::create(std::move(spec));
  if (!plan) return std::move(plan).error();
  auto filter = dsp::ConvFilter::create(*plan, taps->view());
  if (!filter) return std::move(filter).error();
  return dsp::StreamingConv::open(*filter, 1);
}

// Everything through the stream; its latency is cut off the front and flushed out of the end.
Status pass(FileWork& work, dsp::StreamingConv& stream, std::int64_t tail) {
  std::int64_t to_drop = stream.latency(), to_flush = stream.latency() + tail;
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
  auto stream = open_stream(settings, *std::move(routes), channels, rate);
  if (!stream) return std::move(stream).error();
  std::int64_t tail = stream->tail() - stream->latency();
  if (settings.tail_seconds >= 0)
    tail = std::min<std::int64_t>(tail, std::llround(settings.tail_seconds * rate));
  auto writer = create_output(job, outputs, result);
  if (!writer) return std::move(writer).error();
  std::vector<int> all(static_cast<std::size_t>(channels));
  std::iota(all.begin(), all.end(), 0);
  FileWork work(*reader, std::move(all), *writer, advance, result, tail);
  return pass(work, *stream, tail);
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
