// The page of a hall: charts that tell their values. Without it the page has the same charts as pictures, and the tables behind them.
"use strict";

const told = document.getElementById("figures-data");
const plots = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function draw(holder, data) {
  const chart = data.charts[holder.dataset.chart];
  const count = chart.values.length;
  const font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--quiet"), font, ticks: { show: false }, gap: 4 };
  const readout = document.createElement("p");
  readout.className = "readout";
  readout.hidden = true;
  holder.replaceChildren(readout);
  holder.classList.add("drawn");
  const widest = Math.max(...chart.scale.map((words) => words.length));
  const plot = new uPlot(
    {
      width: holder.clientWidth,
      height: holder.clientHeight,
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { show: false } },
      scales: { x: { time: false, range: [-0.5, count - 0.5] }, y: { range: [0, chart.ceiling] } },
      axes: [
        { ...axis, grid: { show: false }, size: 24, splits: () => data.marks, values: (_, marks) => marks.map((mark) => data.labels[mark]) },
        { ...axis, grid, size: 14 + 7.5 * widest, splits: () => [0, chart.ceiling / 2, chart.ceiling], values: () => [...chart.scale].reverse() },
      ],
      series: [{}, { fill: colour("--accent"), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.76, 60] }) }],
      hooks: {
        setCursor: [
          (self) => {
            const at = self.cursor.idx;
            const words = at === null || at === undefined ? "" : chart.words[at];
            readout.hidden = !words;
            readout.textContent = words ? `${data.names[at]}: ${words}` : "";
          },
        ],
      },
    },
    [chart.values.map((_, number) => number), chart.values],
    holder,
  );
  return { holder, plot };
}

function drawAll() {
  const data = JSON.parse(told.textContent);
  for (const { plot } of plots.splice(0)) plot.destroy();
  for (const holder of document.querySelectorAll("[data-chart]")) plots.push(draw(holder, data));
}

if (told && window.uPlot && !matchMedia("(forced-colors: active)").matches) {
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new ResizeObserver(() => {
    for (const { holder, plot } of plots) {
      if (holder.clientWidth !== plot.width) plot.setSize({ width: holder.clientWidth, height: holder.clientHeight });
    }
  }).observe(document.querySelector(".charts"));
}
