// SPDX-License-Identifier: MIT
#include "examples/limpid/report/report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iterator>

#include "examples/limpid/interrupt.h"
#include "examples/limpid/report/figure.h"
#include "examples/limpid/report/markup.h"
#include "examples/limpid/report/page_file.h"
#include "examples/limpid/report/style.h"
#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

constexpr std::size_t kMaxDetails = 16;  // a file is up to 3 MB of page

std::string signed_db(double value) {
  const std::string size = fmt::format("{:.1f}", std::abs(value));
  return value < 0 && size != "0.0" ? "−" + size : size;
}

double speed(double audio, double wall) {
  return audio / std::max(wall, 1e-9);
}

std::string fact(std::string_view value, std::string_view name) {
  return fmt::format("<div><b>{}</b><span class='soft'>{}</span></div>", value, name);
}

// Means are weighted by duration: a minute counts as much wherever it lies.
std::string summary(const std::vector<FileResult>& results, const ReportFacts& facts) {
  double seconds = 0, reduction = 0, seconds_with_pauses = 0;
  int done = 0, failed = 0, skipped = 0;
  for (const FileResult& result : results) {
    failed += result.outcome == Outcome::failed;
    skipped += result.outcome == Outcome::skipped;
    if (result.outcome != Outcome::done) continue;
    ++done;
    seconds += result.audio_seconds;
    if (!result.levels.pauses) continue;
    seconds_with_pauses += result.audio_seconds;
    reduction += result.levels.pauses->reduction() * result.audio_seconds;
  }
  std::string html = "<div class='facts'>" +
                     fact(std::to_string(done), done == 1 ? "file enhanced" : "files enhanced");
  if (failed > 0) html += fact(std::to_string(failed), "failed");
  if (skipped > 0) html += fact(std::to_string(skipped), "finished before");
  html += fact(clock_time(seconds), "of audio, in " + short_seconds(facts.wall_seconds));
  if (seconds > 0)
    html += fact(fmt::format("{:.3g}×", speed(seconds, facts.wall_seconds)), "real time");
  if (seconds_with_pauses > 0)
    html += fact(fmt::format("{} dB", signed_db(-reduction / seconds_with_pauses)),
                 "noise in pauses, mean");
  return html + "</div>";
}

std::string pause_cells(const Levels& levels) {
  if (!levels.pauses) return "<td>–</td><td>–</td><td>–</td>";
  const Levels::Pauses& pauses = *levels.pauses;
  const double share = std::clamp(pauses.reduction() / 60, 0.0, 1.0);
  return fmt::format(
      "<td>{}</td><td>{}</td>"
      "<td>{} dB<span class='bar'><i style='width:{:.0f}%'></i></span></td>",
      signed_db(pauses.before), signed_db(pauses.after), signed_db(-pauses.reduction()),
      100 * share);
}

std::string table_row(const FileResult& result, std::size_t index, bool linked) {
  const std::string name = escaped(result.job.input.string());
  std::string html = linked ? fmt::format("<tr><td><a href='#file{}'>{}</a></td>", index, name)
                            : fmt::format("<tr><td>{}</td>", name);
  if (result.outcome == Outcome::failed)
    return html +
           fmt::format("<td class='wide bad' colspan='5'>{}</td></tr>", escaped(result.error));
  if (result.outcome != Outcome::done)
    return html + fmt::format("<td class='wide soft' colspan='5'>{}</td></tr>",
                              result.outcome == Outcome::skipped ? "finished before" : "stopped");
  return html +
         fmt::format("<td>{}</td><td>{:.3g}×</td>", short_seconds(result.audio_seconds),
                     speed(result.audio_seconds, result.wall_seconds)) +
         pause_cells(result.levels) + "</tr>";
}

std::string side(const Portrait& portrait, std::string_view style, std::string_view title) {
  std::string html = fmt::format("<div class='side {}'><h3>{}</h3>", style, title);
  html += figure(portrait, title);
  html += fmt::format("<audio controls preload='metadata' src='{}'></audio></div>",
                      data_uri("audio/flac", portrait.clip));
  return html;
}

std::string chips(const FileResult& result, const Portrait& portrait) {
  const Levels& levels = result.levels;
  std::string html = "<div class='chips'>";
  const auto chip = [&](const std::string& content) { html += "<span>" + content + "</span>"; };
  chip(escaped(result.input_format.describe()));
  chip(short_seconds(result.audio_seconds) + " in " + short_seconds(result.wall_seconds));
  chip(fmt::format("RMS {} → {} dBFS", signed_db(levels.rms_before), signed_db(levels.rms_after)));
  chip(fmt::format("peak {} → {} dBFS", signed_db(levels.peak_before),
                   signed_db(levels.peak_after)));
  if (levels.pauses)
    chip(fmt::format("pauses {} → {} dBFS", signed_db(levels.pauses->before),
                     signed_db(levels.pauses->after)));
  for (const std::string& notice : result.notices) chip(escaped(notice));
  if (portrait.clip_seconds < portrait.seconds - 0.01)
    chip(fmt::format("players: the first {:.0f} s", portrait.clip_seconds));
  return html + "</div>";
}

std::string details(const FileResult& result, std::size_t index) {
  const std::string head = fmt::format("<section class='card' id='file{}'><h2>{}</h2>", index,
                                       escaped(result.job.input.string()));
  auto before = portray(result.job.input);
  auto after = before ? portray(result.job.output) : Result<Portrait>(before.error());
  if (!after)  // somebody moved it meanwhile; the rest of the report still holds
    return head + "<p class='bad'>" + escaped(after.error().message) + "</p></section>";
  return head + chips(result, *before) + "<div class='sides'>" + side(*before, "before", "Before") +
         side(*after, "after", "After") + "</div></section>";
}

std::string page(const std::vector<FileResult>& results, const ReportFacts& facts) {
  std::string rows, sections;
  std::size_t shown = 0, done = 0;
  for (std::size_t i = 0; i < results.size() && !interrupted(); ++i) {
    const bool has_details = results[i].outcome == Outcome::done && shown < kMaxDetails;
    done += results[i].outcome == Outcome::done;
    rows += table_row(results[i], i, has_details);
    if (!has_details) continue;
    ++shown;
    sections += details(results[i], i);
  }
  if (shown < done)
    sections += fmt::format(
        "<p class='soft'>Pictures and players are shown for the first {} of {} "
        "files.</p>",
        shown, done);
  std::string settings = "model " + escaped(facts.model.name);
  if (facts.attenuation_limit_db > 0)
    settings += fmt::format(", noise lowered by at most {:g} dB", facts.attenuation_limit_db);
  const std::time_t now = std::time(nullptr);
  return fmt::format(
             "{}<style>{}</style></head><body><main>"
             "<h1>limpid report</h1><div class='soft'>{:%Y-%m-%d %H:%M}, {}</div>",
             page_head("report"), kStyle, fmt::localtime(now), settings) +
         summary(results, facts) +
         "<div class='card scroll'><table><tr><th>file</th><th>duration</th><th>speed</th>"
         "<th>pauses before</th><th>after</th><th>noise in pauses</th></tr>" +
         rows + "</table></div>" + sections +
         "<footer>Levels: full scale is 0 dBFS. Pauses are the quietest tenth of the 50 ms blocks "
         "that are not digital silence. Spectrograms: 32 ms windows, 0 dB is a full-scale sine. "
         "Made by limpid " LIMPID_VERSION ".</footer></main><script>" +
         kScript + "</script></body></html>\n";
}

}  // namespace

Result<bool> write_report(const std::filesystem::path& path, const std::vector<FileResult>& results,
                          const ReportFacts& facts) {
  const std::string html = page(results, facts);
  if (interrupted()) return false;
  if (auto status = write_page(path, html); !status) return std::move(status).error();
  return true;
}

}  // namespace limpid::cli
