// SPDX-License-Identifier: MIT
#include "examples/limpid/shared_model.h"

#include <algorithm>

namespace limpid::cli {
namespace {

constexpr int kGroups = 2;  // of a rate: one is on the GPU, one is not

// Says to any thread whether the session has failed, which itself belongs to the one in process().
class TellingSession final : public Session {
 public:
  TellingSession(std::unique_ptr<Session> session, std::shared_ptr<std::atomic<bool>> failed)
      : session_(std::move(session)), failed_(std::move(failed)) {}

  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override {
    session_->process(in, out);
    *failed_ = session_->failure() != nullptr;
  }
  std::span<const float> voice_activity() const noexcept override {
    return session_->voice_activity();
  }
  void reset() LIMPID_REALTIME override { session_->reset(); }
  bool restart(int lane) LIMPID_REALTIME override { return session_->restart(lane); }
  const Error* failure() const noexcept override { return session_->failure(); }
  const StreamFormat& format() const noexcept override { return session_->format(); }
  std::size_t memory() const noexcept override { return session_->memory(); }
  std::size_t touched() const noexcept override { return session_->touched(); }
  std::uint64_t repaired() const noexcept override { return session_->repaired(); }

 private:
  std::unique_ptr<Session> session_;
  std::shared_ptr<std::atomic<bool>> failed_;
};

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
  return group.lanes.use_count() == 1;
}

bool SharedModel::is_over(const Group& group) {
  return *group.failed && is_idle(group);
}

// Null: none has so many free lanes now, or sessions that nobody needs must make room first.
Result<std::shared_ptr<LaneGroup>> SharedModel::find(Rate& rate,
                                                     const SessionConfig& config) const {
  if (std::erase_if(rate.groups, is_over) > 0) rate.full = false;
  std::vector<std::shared_ptr<LaneGroup>> sound;
  for (const Group& group : rate.groups)
    if (!*group.failed) sound.push_back(group.lanes);
  const auto wide = [&](const auto& group) { return group->lanes() >= config.lanes; };
  const bool could = std::ranges::any_of(sound, wide);
  if (!could || (!rate.full && std::ssize(sound) < kGroups)) {
    auto opened = open_group(rate, config);
    if (opened || opened.error().code != ErrorCode::out_of_memory) return opened;
    if (!could && !memory_will_be_freed(rate)) return opened;
    rate.full = could;
  }
  std::shared_ptr<LaneGroup> best;
  for (const auto& group : sound)
    if (group->free() >= config.lanes && (best == nullptr || group->free() > best->free()))
      best = group;
  return best;
}

// For half of the files, with as many channels as this one, or for fewer if memory is short.
Result<std::shared_ptr<LaneGroup>> SharedModel::open_group(Rate& rate,
                                                           const SessionConfig& config) const {
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
      auto failed = std::make_shared<std::atomic<bool>>(false);
      auto group =
          std::make_shared<LaneGroup>(std::make_unique<TellingSession>(*std::move(session), failed),
                                      spec(), lanes, sharing_.frames, [signal = signal_] {
                                        const std::lock_guard lock(signal->mutex);
                                        signal->freed.notify_all();
                                      });
      rate.groups.push_back({group, failed});
      return group;
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
      return !is_idle(group) && (&entry.second != &mine || *group.failed);
    });
  });
}

}  // namespace limpid::cli
