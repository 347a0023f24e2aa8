// SPDX-License-Identifier: MIT
#include "examples/limpid/channel_choice.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <string_view>

#include "examples/limpid/ranges.h"

namespace limpid::cli {
namespace {

Error bad(std::string message) {
  return {ErrorCode::invalid_argument, std::move(message)};
}

// "3" or "1-4" or "4-1"; false: neither.
bool parse_range(std::string_view text, std::vector<int>& channels) {
  const auto dash = text.find('-');
  const int from = whole_number(text.substr(0, dash), kMaxChannels);
  const int to = dash == text.npos ? from : whole_number(text.substr(dash + 1), kMaxChannels);
  if (from == 0 || to == 0) return false;
  for (int c = from;; c += from < to ? 1 : -1) {
    channels.push_back(c - 1);
    if (c == to) return true;
  }
}

Result<std::vector<int>> parse_list(const std::string& list) {
  std::vector<int> channels;
  for (const std::string_view range : split(list, ','))
    if (!parse_range(range, channels))
      return bad(fmt::format("channels '{}': expected numbers from 1 like 1-4 or 2,1,3", list));
  for (auto c = channels.begin(); c != channels.end(); ++c)
    if (std::find(channels.begin(), c, *c) != c)
      return bad(fmt::format("channels '{}': channel {} is there twice", list, *c + 1));
  return channels;
}

// The reference first.
Status turn(const ModelSpec& model, int reference, std::vector<int>& channels) {
  if (reference == 0) return Done{};
  if (model.input_channels == 1)
    return bad("model " + model.name + " hears one microphone, so there is none to refer to");
  const auto found = std::find(channels.begin(), channels.end(), reference - 1);
  if (found == channels.end())
    return bad(
        fmt::format("the reference microphone is channel {}, which is not one of those "
                    "that the model hears",
                    reference));
  std::rotate(channels.begin(), found, channels.end());
  return Done{};
}

Result<std::vector<int>> finish(const ModelSpec& model, const ChannelChoice& choice,
                                std::vector<int> channels) {
  const auto count = static_cast<int>(channels.size());
  if (model.input_channels > 1 && count != model.input_channels)
    return Error{
        ErrorCode::unsupported,
        fmt::format(
            "model {} needs {} channels, one of each microphone, found {}{}", model.name,
            model.input_channels, count,
            choice.list.empty() && count > model.input_channels ? ": choose with --channels" : "")};
  if (auto status = turn(model, choice.reference, channels); !status)
    return std::move(status).error();
  return channels;
}

std::vector<int> first(int count) {
  std::vector<int> channels(static_cast<std::size_t>(count));
  std::iota(channels.begin(), channels.end(), 0);
  return channels;
}

}  // namespace

Result<std::vector<int>> choose_channels(const ModelSpec& model, const ChannelChoice& choice,
                                         int available) {
  auto channels = choice.list.empty() ? first(available) : parse_list(choice.list);
  if (!channels) return channels;
  for (const int c : *channels)
    if (c >= available)
      return Error{ErrorCode::unsupported,
                   fmt::format("there is no channel {}: {} in all", c + 1, available)};
  return finish(model, choice, *std::move(channels));
}

Result<std::vector<int>> choose_channels(const ModelSpec& model, const ChannelChoice& choice) {
  auto channels = choice.list.empty() ? first(model.input_channels) : parse_list(choice.list);
  if (!channels) return channels;
  return finish(model, choice, *std::move(channels));
}

void add_channel_options(CLI::App& command, ChannelChoice& choice) {
  command
      .add_option("--channels", choice.list,
                  "Channels to use, counted from 1, in the order of the model's microphones: 1-4 "
                  "or 2,1,3 (default: as they come)")
      ->type_name("LIST");
  command
      .add_option("--reference-mic", choice.reference,
                  "The channel whose speech a model of several microphones puts out; the others "
                  "follow it round the array (default: the first)")
      ->check(between(1, kMaxChannels))
      ->type_name("N");
}

}  // namespace limpid::cli
