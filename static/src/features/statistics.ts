/**
 * The panel with the server's statistics, which are requested while it is open and visible.
 * @module
 */
import {
  createStatsSeries,
  describe,
  plot,
  type Sample,
  type StatsSeries,
} from "../model/stats.ts";
import * as dom from "../view/dom.ts";
import { addFeature } from "../view/features.ts";

const { make } = dom;

/** The interval between two requests, in ms. */
const INTERVAL = 2_000;

/** The size of a plot in its own units. */
const BOX = { width: 240, height: 44 };

addFeature(({ chat, addPanel, onStatus }) => {
  const series = createStatsSeries();
  const draw = createFigures(series);
  const ask = () => chat.sendCommand("/stats");
  chat.on("reply", (event) => {
    if (event.command !== "stats") return;
    series.push(event.data, Date.now());
    draw();
  });
  const panel = addPanel("stats", (open) => {
    if (open) ask();
  });
  onStatus(() => {
    if (panel.open && chat.state === "open") ask();
  });
  setInterval(() => {
    if (panel.open && !document.hidden && chat.state === "open") ask();
  }, INTERVAL);
});

function createFigures(data: StatsSeries) {
  const figures = dom.byId("stats-figures", HTMLElement);
  const plots = [
    createPlot("plot-connections", "Connections", "", (sample) => sample.connections),
    createPlot("plot-messages", "Messages", "/s", (sample) => sample.messages),
    createPlot("plot-drops", "Dropped", "", (sample) => sample.drops),
  ];

  return dom.onceAFrame(() => {
    for (const draw of plots) draw(data.samples);
    const { latest } = data;
    if (latest === undefined) return;
    const rows = describe(latest).slice(1);
    figures.replaceChildren(
      ...rows.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))),
    );
  });
}

function createPlot(id: string, name: string, unit: string, read: (sample: Sample) => number) {
  const figure = dom.byId(id, HTMLElement);
  const value = make("span", "value", "\u2013");
  const peak = make("span", "peak");
  const svg = document.createElementNS(dom.SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  const area = document.createElementNS(dom.SVG, "path");
  area.setAttribute("class", "area");
  const line = document.createElementNS(dom.SVG, "path");
  line.setAttribute("class", "line");
  svg.append(area, line);
  const label = make("span", "label", unit === "/s" ? `${name} per second` : name);
  figure.append(make("figcaption", "", label, value, peak), svg);

  return (samples: readonly Sample[]) => {
    const values = samples.map(read);
    const latest = format(values.at(-1) ?? 0);
    const highest = format(Math.max(0, ...values));
    value.textContent = latest;
    peak.textContent = `highest ${highest}`;
    svg.setAttribute("aria-label", `${name}: now ${latest}${unit}, highest ${highest}${unit}`);
    const points = plot(values, BOX).map(({ x, y }) => `${x} ${y}`);
    const [start = "0 0"] = points;
    const [left] = start.split(" ");
    line.setAttribute("d", points.length < 2 ? "" : `M${points.join("L")}`);
    area.setAttribute(
      "d",
      points.length < 2 ? "" : `M${points.join("L")}V${BOX.height}H${left}Z`,
    );
  };
}

function format(value: number) {
  if (value >= 10) return Math.round(value).toLocaleString();
  const rounded = Math.round(value * 10) / 10;
  return rounded.toLocaleString();
}
