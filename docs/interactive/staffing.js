// Erlang C, as in labs/staffing.py, whose answers this file is tested against.

const HALF_HOUR = 1800;

// The share of callers answered `within` seconds if nobody hangs up, given who is busy by the recursion of Erlang B.
function answered(agents, blocked, load, handling, within) {
  if (agents <= load) return 0;
  const waits = (agents * blocked) / (agents - load * (1 - blocked));
  return 1 - waits * Math.exp((-(agents - load) * within) / handling);
}

// The smallest whole number of agents that keeps a promise, and the share that they answer in time.
export function needed(calls, handling, share, within) {
  const load = (calls * handling) / HALF_HOUR;
  let blocked = 1;
  for (let agents = 1; ; agents++) {
    blocked = (load * blocked) / (agents + load * blocked);
    const level = answered(agents, blocked, load, handling, within);
    if (level >= share) return { agents, level };
  }
}

const STEPS = Array.from({ length: 61 }, (_, i) => i / 4);
const WEIGHTS = STEPS.map((_, i) => (i % 60 ? 2 + 2 * (i % 2) : 1)); // Simpson's rule

// The same if agents came in fractions: the recursion then starts from the fraction, whose share is 1 over an integral.
export function smooth(calls, handling, share, within) {
  const load = (calls * handling) / HALF_HOUR;
  const grows = STEPS.map((u) => Math.log1p(u / load));
  const level = (agents) => {
    const part = agents - Math.floor(agents);
    let blocked = 12 / grows.reduce((sum, rate, i) => sum + WEIGHTS[i] * Math.exp(part * rate - STEPS[i]), 0);
    for (let n = 1; n <= Math.floor(agents); n++) blocked = (load * blocked) / (n + part + load * blocked);
    return answered(agents, blocked, load, handling, within);
  };
  let high = needed(calls, handling, share, within).agents;
  let low = Math.max(load, high - 1);
  for (let turn = 0; turn < 10; turn++) {
    const middle = (low + high) / 2;
    if (level(middle) < share) low = middle; else high = middle;
  }
  return high;
}

const FEW = Array.from({ length: 14 }, (_, step) => 5 * 200 ** (step / 13));
const SIZES = Array.from({ length: 93 }, (_, step) => Math.round(5 * 10 ** (step / 40)))
  .concat([1, 2, 3, 4, 1000])
  .sort((one, other) => one - other)
  .filter((size, index, all) => size !== all[index - 1]);

const counted = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const minutes = (seconds) => `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ""}`;

export const figure = {
  controls: [
    { key: "calls", label: "Calls in half an hour", value: 100, words: (calls) => calls.toLocaleString("en"), values: [...Array(60).keys()].map((n) => n + 1).concat(SIZES.filter((n) => n > 60)) },
    { key: "before", label: "Handling before", value: 480, min: 120, max: 900, step: 30, words: minutes },
    { key: "after", label: "Handling after", value: 300, min: 60, max: 900, step: 30, words: minutes },
    { key: "target", label: "Answered in time, at least", value: 80, min: 50, max: 99, words: (share) => `${share}%` },
    { key: "within", label: "In time means within", value: 20, values: [5, 10, 20, 30, 60, 120, 300], words: (seconds) => `${seconds} s` },
  ],
  compute({ calls, before, after, target, within }) {
    const one = needed(calls, before, target / 100, within);
    const other = needed(calls, after, target / 100, within);
    return { before: one.agents, after: other.agents, freed: one.agents - other.agents, level_before: one.level, level_after: other.level };
  },
  frame: (narrow) => ({
    width: narrow ? 340 : 872,
    height: narrow ? 320 : 340,
    x: { low: 0.9, high: 1150, ticks: narrow ? [1, 5, 20, 100, 1000] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], log: true },
    y: { low: -0.3, high: 0.7, ticks: [[-0.2, "−20%"], [0, "0"], [0.2, "20%"], [0.4, "40%"], [0.6, "60%"]] },
    xLabel: "calls in half an hour",
    yLabel: "share of the agents freed",
  }),
  draw(chart, values, state) {
    const { calls, before, after, target, within } = state;
    const freed = (size) => 1 - needed(size, after, target / 100, within).agents / needed(size, before, target / 100, within).agents;
    const inPart = (size) => 1 - smooth(size, after, target / 100, within) / smooth(size, before, target / 100, within);
    const inside = (share) => Math.max(-0.3, Math.min(0.7, share));
    const work = inside(1 - after / before);
    chart.line(FEW, FEW.map((size) => inside(inPart(size))), 2);
    chart.line(SIZES, SIZES.map((size) => inside(freed(size))), 1);
    chart.line([0.9, 1150], [work, work], 3, true);
    chart.label(1150, work, "the work that goes", { tone: 3, dx: -4, dy: -9, anchor: "end" });
    chart.label(1150, inside(inPart(FEW.at(-1))), "in fractions", { tone: 2, dx: -4, dy: 24, anchor: "end" });
    const exact = values.freed / values.before;
    const share = inside(exact);
    const beyond = exact === share ? "" : ", off the scale";
    chart.dot(calls, share, 1, 7);
    const end = calls > 60;
    chart.label(calls, share, `${values.before} → ${values.after}${beyond}`, { tone: 1, dx: end ? -4 : 12, dy: 26, anchor: end ? "end" : "start" });
  },
  drag: (calls) => ({ calls }),
  says({ before, after, freed }, { calls, before: was, after: is }) {
    const work = Math.round((1 - is / was) * 1000) / 10;
    const went = freed === 0 ? "nobody is freed" : freed > 0 ? `${freed} freed, ${((100 * freed) / before).toFixed(0)}%` : `${counted(-freed, "more is", "more are")} needed`;
    const changes = work < 0 ? `grows by ${-work}%` : `shrinks by ${work}%`;
    return `${counted(calls, "call", "calls")}: ${counted(before, "agent", "agents")} before, ${after} after; ${went}. The work ${changes}.`;
  },
};
