// SPDX-License-Identifier: MIT
#include "examples/limpid/live_show.h"

#include <fmt/format.h>

#include <chrono>

#include "examples/limpid/interrupt.h"
#include "examples/limpid/live_keys.h"
#include "examples/limpid/live_quiet.h"
#include "examples/limpid/live_view.h"
#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;
using streaming::LiveState;

class Show {
 public:
  Show(streaming::LiveEngine& engine, const std::function<std::string()>& title)
      : engine_(engine), title_(title), draws_(stderr_is_terminal()) {
    view_.utf8 = terminal_is_utf8();
    entitle();
  }

  bool run(const std::function<bool()>& finished) {
    LiveKeys keys;
    while (!interrupted() && !finished() && !hopeless_) {
      update();
      switch (keys.next(draws_ ? 50ms : 100ms)) {
        case ' ':
        case 'b':
          engine_.set_bypass(view_.bypassed = !view_.bypassed);
          break;
        case 'q':
        case 'Q':
        case '\x04':  // Ctrl-D
          return !lost_;
        default:
          break;
      }
      if (engine_.stats().state == LiveState::lost) reconnect();
    }
    return !lost_;
  }

  void end() {
    engine_.stop();
    const auto stats = engine_.stats();
    if (draws_) draw();
    put(stderr, live_line(stats, view_.bypassed) + "\n");
  }

 private:
  void entitle() {
    view_.title = title_();
    if (!draws_) put(stderr, view_.title + "\n");
  }

  void update() {
    if (draws_) {
      draw();
    } else if (Clock::now() >= next_line_) {
      next_line_ = Clock::now() + 5s;
      if (engine_.stats().seconds > 0.5)
        put(stderr, live_line(engine_.stats(), view_.bypassed) + "\n");
    }
  }

  // Over the previous picture. Each line is cleared behind its end, so that nothing flickers.
  void draw() {
    view_.width = terminal_width();
    std::string text = drawn_ > 0 ? fmt::format("\r\x1b[{}A", drawn_) : "";
    const auto lines = live_screen(engine_.stats(), view_);
    for (const auto& line : lines) text += line + "\x1b[K\n";
    drawn_ = lines.size();
    put(stderr, text);
  }

  void reconnect() {
    if (!lost_) {
      put(stderr, draws_ ? "\r" : "");
      complain("the sound card is gone; trying to get it back");
      drawn_ = 0;
    }
    lost_ = true;
    if (Clock::now() < next_try_) return;
    next_try_ = Clock::now() + 1s;
    const auto started = [this] {
      const QuietStderr quiet;
      return engine_.start();
    }();
    lost_ = !started.ok();
    hopeless_ = lost_ && started.error().code == ErrorCode::unsupported;
    if (!lost_) entitle();
    if (hopeless_) complain(started.error().message);
  }

  streaming::LiveEngine& engine_;
  const std::function<std::string()>& title_;
  LiveView view_;
  bool draws_, lost_ = false, hopeless_ = false;
  std::size_t drawn_ = 0;  // lines
  Clock::time_point next_line_{}, next_try_{};
};

}  // namespace

bool show_live(streaming::LiveEngine& engine, const std::function<std::string()>& title,
               const std::function<bool()>& finished) {
  Show show(engine, title);
  const bool well = show.run(finished);
  show.end();
  return well;
}

}  // namespace limpid::cli
