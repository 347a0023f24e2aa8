// SPDX-License-Identifier: MIT
// Looks and behaviour of the report page.
#pragma once

namespace limpid::cli {

inline constexpr const char* kStyle = R"css(
:root { color-scheme: light dark; --ink: #1b2330; --soft: #667085; --line: #e4e7ec; --paper: #ffffff;
  --ground: #f5f7fa; --accent: #0e7c86; --before: #b4552d; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #98a2b3; --line: #2c3440;
  --paper: #161b22; --ground: #0d1117; --accent: #4fc3cd; --before: #e39a74; --bad: #ff8f84; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif }
main { max-width: 1240px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; font-weight: 650; letter-spacing: -.01em; margin: 0 }
h2 { font-size: 17px; font-weight: 600; margin: 0; overflow-wrap: anywhere }
.soft { color: var(--soft) } .bad { color: var(--bad) }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 20px;
  margin-top: 20px }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin-top: 20px }
.facts div { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 14px 18px }
.facts b { display: block; font-size: 24px; font-weight: 620; letter-spacing: -.01em }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: right; font-weight: 500; color: var(--soft); font-size: 13px }
td, th { padding: 7px 10px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
tr:last-child td { border-bottom: 0 }
td:first-child, th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; padding-left: 0;
  min-width: 160px }
td.wide { text-align: left; white-space: normal }
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: 3px }
.bar { display: inline-block; width: 90px; height: 8px; border-radius: 4px; background: var(--line);
  margin-left: 10px; vertical-align: 1px; text-align: left }
@media (max-width: 760px) { .bar { display: none } }
.bar i { display: block; height: 100%; border-radius: 4px; background: var(--accent) }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 20px;
  margin-top: 14px }
.side h3 { font-size: 14px; font-weight: 600; margin: 0 0 4px; color: var(--before) }
.side.after h3 { color: var(--accent) }
svg { display: block; width: 100%; height: auto; cursor: pointer }
svg text { font-size: 11px; fill: var(--soft) }
.tick, .axis { stroke: var(--line); fill: none }
.wave { fill: var(--before) } .after .wave { fill: var(--accent) }
.head { stroke: #fff; stroke-width: 1.2; opacity: 0; mix-blend-mode: difference }
audio { width: 100%; height: 38px; margin-top: 8px }
.chips span { display: inline-block; border: 1px solid var(--line); border-radius: 99px; padding: 1px 11px;
  margin: 10px 6px 0 0; font-size: 13px; font-variant-numeric: tabular-nums }
footer { margin-top: 28px; font-size: 13px; color: var(--soft) }
)css";

// One player of a pair at a time, both at the same place, so that switching compares.
inline constexpr const char* kScript = R"js(
for (const pair of document.querySelectorAll('.sides')) {
  const players = [...pair.querySelectorAll('audio')], pictures = [...pair.querySelectorAll('svg')];
  const show = seconds => pictures.forEach(svg => {
    const head = svg.querySelector('.head'), {left, width} = head.dataset;
    head.style.opacity = .9;
    head.setAttribute('transform', `translate(${+left + width * Math.min(1, seconds / svg.dataset.seconds)} 0)`);
  });
  players.forEach((player, i) => {
    const other = players[1 - i];
    player.addEventListener('play', () => {
      document.querySelectorAll('audio').forEach(a => {
        if (a === other && !a.paused) player.currentTime = a.currentTime;
        if (a !== player) a.pause();
      });
    });
    player.addEventListener('timeupdate', () => { if (!player.paused) show(player.currentTime); });
    pictures[i].addEventListener('click', event => {
      const box = pictures[i].getBoundingClientRect(), {left, width} = pictures[i].querySelector('.head').dataset;
      const x = (event.clientX - box.left) / box.width * pictures[i].viewBox.baseVal.width - left;
      const seconds = Math.max(0, Math.min(1, x / width)) * pictures[i].dataset.seconds;
      if (seconds >= player.duration) return;  // beyond the clip
      other.pause();
      player.currentTime = seconds;
      show(seconds);
      player.play();
    });
  });
}
)js";

}  // namespace limpid::cli
