// The late calls behind a percentile, as in labs/fan_out_percentile.py, whose answers this file is tested against.

const ANSWERS = 1000;
const COUNTS = [2, 5, 10, 20, 50, 100];
const SIZES = Array.from({ length: 35 }, (_, step) => 2 * 50 ** (step / 34));
const [LEAST, MOST] = [2, 14000]; // late calls that the drawing has room for

// The share of answers without a late call, if this part of the lateness hits all parts together.
export function onTime(parts, late, shared) {
  const together = shared * late;
  return (1 - together) * (1 - (late - together) / (1 - together)) ** parts;
}

// The largest chance of a late call that keeps the promise: by the lab's halving, so that both round the same way.
export function solve(parts, promise, shared) {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2;
    if (onTime(parts, middle, shared) >= promise) low = middle; else high = middle;
  }
  return low;
}

export const allowed = (parts, promise, shared) => ANSWERS * parts * solve(parts, promise, shared);

const written = (number) => number.toLocaleString("en", { maximumFractionDigits: number < 20 ? 1 : 0 });
const between = (from, to, step) => Array.from({ length: Math.round((to - from) / step) }, (_, index) => Number((from + index * step).toFixed(3)));
const percent = (share) => `${(100 * share).toFixed(share < 0.9 ? 0 : share < 0.999 ? 1 : 2)}%`;

export const figure = {
  controls: [
    { key: "parts", label: "Parts that an answer waits for", value: 20, values: [...between(2, 20, 1), ...between(20, 40, 2), ...between(40, 105, 5)] },
    {
      key: "kept",
      label: "Each part is on time in",
      value: 95,
      // Finer towards 100%, where late calls halve ever sooner.
      values: [...between(90, 99, 0.1), ...between(99, 99.9, 0.01), ...between(99.9, 99.991, 0.001)],
      words: (share) => `${share}%`,
    },
    { key: "promise", label: "Answers to be on time, at least", value: 95, values: [50, 75, 90, 95, 98, 99, 99.5], words: (share) => `${share}%` },
    { key: "shared", label: "Lateness shared by all parts", value: 0, min: 0, max: 90, step: 10, words: (share) => `${share}%` },
  ],
  compute({ parts, promise, kept, shared }) {
    const late = solve(parts, promise / 100, shared / 100);
    const own = 1 - kept / 100;
    return {
      allowed: ANSWERS * parts * late,
      leaf: 1 - late,
      one_in: 1 / late,
      made: ANSWERS * parts * own,
      on_time: onTime(parts, own, shared / 100),
      ratio: own / late,
    };
  },
  frame: (narrow) => ({
    width: narrow ? 340 : 576,
    height: narrow ? 360 : 380,
    right: 18,
    x: { low: 1.8, high: 112, ticks: COUNTS, log: true },
    y: { low: LEAST, high: MOST, ticks: [5, 50, 200, 1000, 5000], log: true },
    xLabel: "parts that an answer waits for",
    yLabel: "late calls in 1,000 answers",
  }),
  draw(chart, values, { parts, promise, kept, shared }, narrow) {
    const each = (count) => ANSWERS * count * (1 - kept / 100);
    const all = (count) => allowed(count, promise / 100, shared / 100);
    for (const [calls, tone] of [[each, 3], [all, 1]]) {
      const seen = (count) => calls(count) >= LEAST && calls(count) <= MOST;
      const line = SIZES.filter(seen);
      chart.line(line, line.map(calls), tone, tone === 3);
      for (const count of COUNTS.filter(seen)) chart.dot(count, calls(count), tone);
    }
    const inside = (calls) => Math.max(LEAST, Math.min(MOST, calls));
    chart.label(1.8, MOST, `each part keeps a p${kept}`, { tone: 3, dx: 8, dy: 18 });
    // The labels of the two lines at these parts keep to different sides, and within the drawing.
    const over = values.made > values.allowed;
    const bears = inside(values.allowed);
    const right = over ? parts <= (narrow ? 14 : 40) : parts < 8;
    chart.dot(parts, bears, 1, 5.5);
    chart.label(parts, bears, `${written(values.allowed)} allowed for a p${promise}`, { tone: 1, dy: over ? 23 : -13, anchor: right ? "start" : "end" });
    const tone = values.on_time < promise / 100 ? 3 : 2;
    const made = inside(values.made);
    const beside = parts < 8 ? { dx: 12, dy: made < 4 || (over && made < 3 * bears) ? -12 : 20 } : { dx: -6, dy: over || made < 4 ? -13 : 24, anchor: "end" };
    const words = `${percent(values.on_time)} on time`;
    chart.dot(parts, made, tone, 7);
    chart.label(parts, made, narrow ? words : `${written(values.made)} late, ${words}`, { tone, ...beside });
  },
  drag: (parts, calls) => ({ parts, kept: 100 * (1 - calls / (ANSWERS * parts)) }),
  says({ allowed: bears, leaf, made, on_time: share }, { parts, promise, kept, shared }) {
    const luck = shared ? `, ${shared}% of the lateness shared` : "";
    const needed = `p${Number((100 * leaf).toFixed(leaf < 0.999 ? 2 : 3))}`;
    return `${parts} parts that each keep a p${kept}${luck}: ${written(made)} late calls per 1,000 answers, ${percent(share)} of these on time. A p${promise} bears ${written(bears)}: each part keeps about a ${needed}.`;
  },
};
