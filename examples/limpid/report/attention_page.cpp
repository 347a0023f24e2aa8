// SPDX-License-Identifier: MIT
#include "examples/limpid/report/attention_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/limpid/report/heat_map.h"
#include "examples/limpid/report/markup.h"
#include "examples/limpid/report/page_file.h"
#include "examples/limpid/report/style.h"
#include "lib/analysis/hidden_states.h"

namespace limpid::cli {
namespace {

constexpr std::ptrdiff_t kMaxHeads = 8;  // pictures of a layer
constexpr double kLowestExponent = -4;   // of attention in pictures: 0.0001 is the darkest
constexpr double kRange = 4;             // of activations in pictures: decades above the median

constexpr const char* kOwnStyle = R"css(
svg { cursor: default }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px; margin-top: 12px }
.maps h3 { font-size: 13px; font-weight: 500; margin: 0; color: var(--soft); text-align: center }
.scale { font-size: 13px; color: var(--soft) }
.scale i { display: inline-block; width: 140px; height: 9px; border-radius: 4px; margin: 0 8px }
h2 .scale { float: right; font-weight: 400 }
p { margin: 10px 0 0 }
)css";

std::string cell(double value, int digits) {
  return fmt::format("<td>{:.{}f}</td>", value, digits);
}

std::string fact(const std::string& value, const std::string& name) {
  return fmt::format("<div><b>{}</b><span class='soft'>{}</span></div>", value, name);
}

std::string facts_of(const AttentionSummary& summary) {
  std::size_t massive = 0;
  for (const auto& layer : summary.massive.layers) massive += layer.places.size();
  double mass = 0;
  for (const LayerSummary& l : summary.layers)
    mass += l.mass_share / static_cast<double>(summary.layers.size());
  return "<div class='facts'>" + fact(std::to_string(summary.tokens), "tokens") +
         fact(fmt::format("{:.0f} %", 100 * summary.sink_rate),
              "of heads have a sink (published metric)") +
         fact(fmt::format("{:.1f} %", 100 * mass), "of all attention goes to the first token") +
         fact(std::to_string(massive), "massive activations") + "</div>";
}

std::string layer_table(const AttentionSummary& summary) {
  std::string html =
      "<section class='card scroll'><h2>Attention to the first token</h2><table><tr><th>layer</th>"
      "<th>heads</th><th>with a sink</th><th>alpha</th><th>share of mass</th><th>share of "
      "values</th>"
      "<th>row mass</th><th>to no token</th><th>|v| / mean</th><th>next largest</th></tr>";
  for (const LayerSummary& l : summary.layers) {
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{:.0f} %</td>", escaped(l.name), l.heads,
                        100 * l.sink_rate);
    html += cell(l.received, 3) + cell(l.mass_share, 3) + cell(l.value_share, 3) +
            cell(l.row_mass, 3) + (l.normalised ? cell(l.virtual_received, 3) : "<td>–</td>") +
            cell(l.value_drain, 2) +
            fmt::format("<td>{:.3f} at {}</td></tr>", l.rival_share, l.rival);
  }
  return html +
         fmt::format(
             "</table><p class='soft'>A head has a sink where alpha, the mean attention that "
             "the first token receives, exceeds {:g}; rows of kinds without a normaliser are "
             "normalised for it, which makes a head at rest look like a sink: trust the "
             "shares.</p></section>",
             summary.config.threshold);
}

std::string state_table(const AttentionSummary& summary) {
  std::string html =
      "<section class='card scroll'><h2>Residual stream</h2><table><tr><th>after block</th>"
      "<th>median</th><th>peak</th><th>peak / median</th><th>massive</th><th>|h| of the first / "
      "mean</th><th>kurtosis</th>";
  for (const std::string& group : summary.groups) html += "<th>cos " + escaped(group) + "</th>";
  html += "</tr>";
  for (std::size_t i = 0; i < summary.states.size(); ++i) {
    const StateSummary& s = summary.states[i];
    html += fmt::format(
        "<tr><td>{}</td><td>{:.3g}</td><td>{:.4g}</td><td>{:.4g}</td><td>{}</td><td>{:.2f}</td>"
        "<td>{:.4g}</td>",
        i == 0 ? "before the first" : std::to_string(i), s.median, s.peak,
        s.median > 0 ? s.peak / s.median : 0.0, summary.massive.layers[i].places.size(),
        s.first_length, s.kurtosis);
    for (const double cosine : s.cosines) html += cell(cosine, 2);
    html += "</tr>";
  }
  return html + "</table><p>" + escaped(describe_massive(summary.massive)) +
         "</p><p class='soft'>cos: mean cosine of tokens of a kind to the first "
         "token.</p></section>";
}

// Logarithms show both a sink and what is left beside it.
Tensor<float, 2> logarithms(TensorView<const float, 2> values, double unit, double lowest) {
  Tensor<float, 2> picture({values.extent(0), values.extent(1)});
  for (std::ptrdiff_t r = 0; r < values.extent(0); ++r)
    for (std::ptrdiff_t c = 0; c < values.extent(1); ++c)
      picture.view()[r][c] = static_cast<float>(
          std::log10(std::max(std::abs(double{values[r][c]}) / unit, std::pow(10, lowest))));
  return picture;
}

std::string layer_maps(const AttentionLayerTrace& layer) {
  std::string html = fmt::format("<section class='card'><h2>{}{}</h2><div class='maps'>",
                                 escaped(layer.name), heat_scale("≤ 0.0001", "1"));
  const std::ptrdiff_t shown = std::min(layer.weights.extent(0), kMaxHeads);
  for (std::ptrdiff_t head = 0; head < shown; ++head) {
    const auto picture = logarithms(layer.weights.view()[head], 1, kLowestExponent);
    html += fmt::format("<div><h3>head {}</h3>", head) +
            heat_map({picture.view(), static_cast<float>(kLowestExponent), 0, "query", "key"}) +
            "</div>";
  }
  html += "</div>";
  if (shown < layer.weights.extent(0))
    html += fmt::format("<p class='soft'>The first {} of {} heads.</p>", shown,
                        layer.weights.extent(0));
  return html + "</section>";
}

std::string state_pictures(const AttentionTrace& trace, const AttentionSummary& summary) {
  std::string html = "<section class='card'><h2>Magnitudes in the residual stream" +
                     heat_scale("median", "10 000 × median") + "</h2><div class='maps'>";
  for (std::size_t i = 0; i < trace.hidden.size(); ++i) {
    const double median = summary.states[i].median;
    const auto picture = logarithms(trace.hidden[i].view(), median > 0 ? median : 1, 0);
    html += fmt::format("<div><h3>{}</h3>",
                        i == 0 ? "before block 1" : fmt::format("after block {}", i)) +
            heat_map({picture.view(), 0, static_cast<float>(kRange), "token", "feature"}) +
            "</div>";
  }
  return html + "</div></section>";
}

// One row per state: how much each token points where the first one does.
std::string cosine_picture(const AttentionTrace& trace) {
  if (trace.hidden.empty() || trace.hidden[0].extent(0) < 2) return "";
  Tensor<float, 2> cosines(
      {static_cast<std::ptrdiff_t>(trace.hidden.size()), trace.hidden[0].extent(0) - 1});
  for (std::size_t i = 0; i < trace.hidden.size(); ++i) {
    const auto row = analysis::cosine_to_first(trace.hidden[i]);
    for (std::size_t t = 1; t < row.size() && static_cast<std::ptrdiff_t>(t) <= cosines.extent(1);
         ++t)
      cosines.view()[static_cast<std::ptrdiff_t>(i)][static_cast<std::ptrdiff_t>(t) - 1] =
          static_cast<float>(std::abs(row[t]));
  }
  return "<section class='card'><h2>Cosine to the first token" + heat_scale("0", "±1") + "</h2>" +
         heat_map({cosines.view(), 0, 1, "after block", "token behind the first", 1100, 150},
                  1024) +
         "</section>";
}

std::string page(const AttentionTrace& trace, const AttentionSummary& summary,
                 const AttentionPageFacts& facts) {
  std::string maps;
  for (const AttentionLayerTrace& layer : trace.layers) maps += layer_maps(layer);
  return fmt::format(
             "{}<style>{}{}</style></head><body><main>"
             "<h1>Attention of {}</h1><div class='soft'>listening to {}{}</div>",
             page_head("attention"), kStyle, kOwnStyle, escaped(facts.model), escaped(facts.audio),
             summary.order.empty() ? "" : "; tokens: " + escaped(summary.order)) +
         facts_of(summary) + layer_table(summary) + state_table(summary) + cosine_picture(trace) +
         state_pictures(trace, summary) + maps +
         "<footer>Metrics: sinks by Gu et al. 2025, massive activations by Sun et al. 2024 and "
         "Anand "
         "et al. 2025; definitions in docs/attention_ops.md. Made by limpid " LIMPID_VERSION
         ".</footer></main></body></html>\n";
}

}  // namespace

Status write_attention_page(const std::filesystem::path& path, const AttentionTrace& trace,
                            const AttentionSummary& summary, const AttentionPageFacts& facts) {
  return write_page(path, page(trace, summary, facts));
}

}  // namespace limpid::cli
