// SPDX-License-Identifier: MIT
#include "examples/limpid/shared_model.h"

#include <algorithm>
#include <iterator>

namespace limpid::cli {
namespace {

constexpr int kGroups = 2;  // of a rate: one is on the GPU, one is not

}  // namespace

SharedModel::SharedModel(std::shared_ptr<const Model> model, const Sharing& sharing)
    : model_(std::move(model)), sharing_(sharing), signal_(std::make_shared<Signal>()) {}

Result<std::unique_ptr<Session>> SharedModel::open(const SessionConfig& config) const {
  std::unique_lock lock(signal_->mutex);
  Rate& rate = rates_[config.sample_rate];
  const auto turn = rate.asked++;  // else those with few channels would always overtake
  signal_->freed.wait(lock, [&] { return rate.served == turn; });
  struct Next {  // whatever becomes of this one
    Rate& rate;
    Signal& signal;
    ~Next() {
      ++rate.served;
      signal.freed.notify_all();
    }
  } const next{rate, *signal_};
  auto group = find(rate, config);
  while (group && *group == nullptr) {
    signal_->freed.wait(lock);
    group = find(rate, config);
  }
  if (!group) return std::move(group).error();
  return (*group)->lend(config.lanes, config.max_frames);
}

// Nobody has lanes of it, nor is about to return them. Only open() lends.
bool SharedModel::is_idle(const Group& group) {
  return group.use_count() == 1;
}

bool SharedModel::is_over(const Group& group) {
  return group->failed() && is_idle(group);
}

// Null: none has so many free lanes now, or sessions that nobody needs must make room first.
Result<SharedModel::Group> SharedModel::find(Rate& rate, const SessionConfig& config) const {
  if (std::erase_if(rate.groups, is_over) > 0) rate.full = false;
  std::vector<Group> sound;
  std::ranges::copy_if(rate.groups, std::back_inserter(sound),
                       [](const Group& group) { return !group->failed(); });
  const auto wide = [&](const Group& group) { return group->lanes() >= config.lanes; };
  const bool could = std::ranges::any_of(sound, wide);
  if (!could || (!rate.full && std::ssize(sound) < kGroups)) {
    auto opened = open_group(rate, config);
    if (opened || opened.error().code != ErrorCode::out_of_memory) return opened;
    if (!could && !memory_will_be_freed(rate)) return opened;
    rate.full = could;
  }
  Group best;
  for (const Group& group : sound)
    if (group->free() >= config.lanes && (best == nullptr || group->free() > best->free()))
      best = group;
  return best;
}

// For half of the files, with as many channels as this one, or for fewer if memory is short.
Result<SharedModel::Group> SharedModel::open_group(Rate& rate, const SessionConfig& config) const {
  int files = (sharing_.files + kGroups - 1) / kGroups;
  while (true) {
    const int lanes = files * config.lanes;
    auto session = model_->open({.sample_rate = config.sample_rate,
                                 .lanes = lanes,
                                 .max_frames = sharing_.frames,
                                 .gpu = sharing_.gpu,
                                 .gpu_arithmetic = sharing_.arithmetic});
    if (session) {
      if (!(*session)->restart(0))
        return Error{ErrorCode::unsupported,
                     "model " + spec().name + ": its streams cannot share a session"};
      rate.groups.push_back(std::make_shared<LaneGroup>(*std::move(session), spec(), lanes,
                                                        sharing_.frames, [signal = signal_] {
                                                          const std::lock_guard lock(signal->mutex);
                                                          signal->freed.notify_all();
                                                        }));
      return rate.groups.back();
    }
    if (session.error().code != ErrorCode::out_of_memory) return std::move(session).error();
    if (drop_useless_groups(rate)) continue;
    if (files == 1) return std::move(session).error();
    files = (files + 1) / 2;
  }
}

bool SharedModel::drop_useless_groups(const Rate& mine) const {
  std::size_t dropped = 0;
  for (auto& [hertz, rate] : rates_)
    dropped += std::erase_if(rate.groups, &rate == &mine ? is_over : is_idle);
  return dropped > 0;
}

// When files end that have lanes of such a group.
bool SharedModel::memory_will_be_freed(const Rate& mine) const {
  return std::ranges::any_of(rates_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.groups, [&](const Group& group) {
      return !is_idle(group) && (&entry.second != &mine || group->failed());
    });
  });
}

}  // namespace limpid::cli
