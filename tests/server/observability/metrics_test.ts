import { assertEquals } from "@std/assert";
import {
  Histogram,
  type Metric,
  renderMetrics,
} from "../../../lib/server/observability/metrics.ts";

Deno.test("renderMetrics() writes help, type and a sample for each value of a label", () => {
  const metrics: Metric[] = [
    { name: "up_seconds", type: "gauge", help: "Since the start.", read: () => 1.5 },
    {
      name: "closes_total",
      type: "counter",
      help: "Ends.",
      label: "cause",
      readEach: () => ({ quit: 2, idle: 0 }),
    },
  ];
  assertEquals(
    renderMetrics(metrics),
    [
      "# HELP up_seconds Since the start.",
      "# TYPE up_seconds gauge",
      "up_seconds 1.5",
      "# HELP closes_total Ends.",
      "# TYPE closes_total counter",
      'closes_total{cause="quit"} 2',
      'closes_total{cause="idle"} 0',
      "",
    ].join("\n"),
  );
});

Deno.test("renderMetrics() reads the values only when it is called", () => {
  let value = 0;
  const metric: Metric = { name: "n", type: "gauge", help: "", read: () => ++value };
  assertEquals(value, 0);
  renderMetrics([metric]);
  assertEquals(renderMetrics([metric]).split("\n")[2], "n 2");
});

Deno.test("renderMetrics() escapes line breaks and quotes", () => {
  const text = 'a\\b"c\nd';
  const metric: Metric = {
    name: "n",
    type: "gauge",
    help: text,
    label: "l",
    readEach: () => ({ [text]: 1 }),
  };
  assertEquals(renderMetrics([metric]).split("\n"), [
    '# HELP n a\\\\b"c\\nd',
    "# TYPE n gauge",
    'n{l="a\\\\b\\"c\\nd"} 1',
    "",
  ]);
});

Deno.test("renderMetrics() writes numbers as Prometheus reads them", () => {
  const values = [0, -1, 0.1, 2 ** 53, 1e21, 1e-7, Infinity, -Infinity, NaN];
  const texts = ["0", "-1", "0.1", "9007199254740992", "1e+21", "1e-7", "+Inf", "-Inf", "NaN"];
  values.forEach((value, i) => {
    const text = renderMetrics([{ name: "n", type: "gauge", help: "", read: () => value }]);
    assertEquals(text.split("\n")[2], `n ${texts[i]}`);
  });
});

Deno.test("renderMetrics() cumulates the buckets of a histogram", () => {
  const histogram = new Histogram([0, 0.5, 1]);
  for (const value of [0, 0, 0.25, 0.5, 0.75, 5]) histogram.observe(value);
  const text = renderMetrics([{ name: "h", type: "histogram", help: "H", histogram }]);
  assertEquals(text.split("\n"), [
    "# HELP h H",
    "# TYPE h histogram",
    'h_bucket{le="0"} 2',
    'h_bucket{le="0.5"} 4',
    'h_bucket{le="1"} 5',
    'h_bucket{le="+Inf"} 6',
    "h_sum 6.5",
    "h_count 6",
    "",
  ]);
});

Deno.test("Histogram.observe() puts a value that is a bound into that bucket", () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [1, 1.001, 2, 2.001, Infinity, -1]) histogram.observe(value);
  assertEquals(histogram.counts, [2, 2, 2]);
  assertEquals(histogram.count, 6);
});

Deno.test("Histogram is empty at first", () => {
  const histogram = new Histogram([1]);
  assertEquals([histogram.counts, histogram.sum, histogram.count], [[0, 0], 0, 0]);
});
