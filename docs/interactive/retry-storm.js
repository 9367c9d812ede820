// The plain queue of labs/retry_storm.py in whole numbers, whose answers this file has to meet exactly.

const SECOND = 10; // ticks
const TIMEOUT = SECOND;
const CAPACITY = 100; // attempts a tick, so that a load is also the new requests of a tick
const HORIZON = 600 * SECOND;
const SHOWN = 240; // seconds that are drawn
const RETRIES = [1, 2, 3, 4, 5, 6, 7];

// What waits, by tick and place; a run reads only what it has written.
const queue = new Int32Array((20 * SECOND + HORIZON) * (RETRIES.length + 1));

// The lab's `step` without remedies; `unanswered` is a ring over the ticks of sending.
function server(load, retries, outage) {
  const kinds = retries + 1;
  const unanswered = new Int32Array(TIMEOUT * kinds);
  const state = { tick: 0, sent: 0, answered: 0, lost: 0, size: 0 };
  let [from, next] = [0, 0]; // the tick and the place of what is served next
  state.step = () => {
    const { tick } = state;
    const row = (tick % TIMEOUT) * kinds;
    state.lost += unanswered[row + retries];
    for (let attempt = retries; attempt > 0; attempt--) unanswered[row + attempt] = unanswered[row + attempt - 1];
    unanswered[row] = load;
    state.sent = state.answered = 0;
    for (let place = 0; place < kinds; place++) {
      const count = unanswered[row + (tick % 2 ? retries - place : place)];
      queue[tick * kinds + place] = count;
      state.sent += count;
    }
    state.size += state.sent;
    for (let room = tick < outage ? 0 : CAPACITY; room > 0 && from <= tick; ) {
      const waiting = queue[from * kinds + next];
      const done = waiting < room ? waiting : room;
      room -= done;
      state.size -= done;
      queue[from * kinds + next] = waiting - done;
      if (tick - from + 1 < TIMEOUT) {
        unanswered[(from % TIMEOUT) * kinds + (from % 2 ? retries - next : next)] -= done;
        state.answered += done;
      }
      if (done < waiting) break;
      next = (next + 1) % kinds;
      if (next === 0) from++;
    }
    state.tick++;
  };
  return state;
}

// The ticks from the outage's end to the last loss, and how many requests were lost; null if the load sticks.
export function recovery(load, retries, outage) {
  const state = server(load, retries, outage);
  const memory = 10 * SECOND + (retries + 1) * TIMEOUT + 4;
  const over = outage + HORIZON;
  let [last, losses, silent, size, calm] = [0, 0, 0, 0, 0];
  while (state.tick < over && (calm <= memory || state.tick <= outage + memory)) {
    state.step();
    calm = state.sent === load && state.lost === losses ? calm + 1 : 0;
    silent = state.answered ? 0 : silent + 1;
    if (state.lost !== losses) last = state.tick;
    losses = state.lost;
    if (state.tick % 50 === 0 && state.tick > outage) {
      const before = size;
      ({ size } = state);
      if ((silent > memory && size >= before && before > 0) || size > CAPACITY * (over - state.tick)) return null;
    }
  }
  return state.tick - last > memory ? [Math.max(0, last - outage), losses] : null;
}

// The lowest load that sticks, by halving as in the lab, or 100.
const known = new Map();
export function lowest(retries, outage) {
  const key = `${retries} ${outage}`;
  if (!known.has(key)) {
    let [low, high] = [0, 100];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (recovery(middle, retries, outage)) low = middle; else high = middle;
    }
    known.set(key, high);
  }
  return known.get(key);
}

// What clients send in each second, and what they are answered in time.
export function history(load, retries, outage, seconds = SHOWN) {
  const state = server(load, retries, outage);
  const counted = { sent: [], answered: [] };
  for (let second = 0; second < seconds; second++) {
    let [sent, answered] = [0, 0];
    for (let tick = 0; tick < SECOND; tick++) {
      state.step();
      sent += state.sent;
      answered += state.answered;
    }
    counted.sent.push(sent);
    counted.answered.push(answered);
  }
  return counted;
}

const written = (number) => number.toLocaleString("en");
const ticks = (seconds) => Math.round(seconds * SECOND);
const tries = (count) => (count === 1 ? "1 retry" : `${count} retries`);
const waits = (count) => `${count < 10 * SECOND ? count / SECOND : Math.round(count / SECOND)} s`;

// The strip of seconds lies above the map, on the same axes.
const [FOOT, TOP, MOST] = [136, 196, 2000];
const up = (each) => FOOT + ((TOP - FOOT) * Math.min(each, MOST)) / MOST;
const across = (seconds) => 0.6 + (6.8 * seconds) / SHOWN;
const border = (retries) => 100 / (1 + retries);
const CURVE = Array.from({ length: 101 }, (_, step) => 0.6 + 0.068 * step);

export const figure = {
  controls: [
    { key: "load", label: "Load", value: 40, min: 1, max: 99, words: (load) => `${load} of 100` },
    { key: "retries", label: "Retries after the first attempt", value: 3, values: RETRIES },
    {
      key: "outage",
      label: "Outage",
      value: 10,
      values: Array.from({ length: 200 }, (_, step) => (step + 1) / 10).filter((one) => one <= 3 || Number.isInteger(one)),
      words: (seconds) => `${seconds} s`,
    },
  ],
  compute({ load, retries, outage }) {
    const found = recovery(load, retries, ticks(outage));
    const { sent, answered } = history(load, retries, ticks(outage));
    return { sticks: found ? 0 : 1, ticks: found?.[0] ?? 0, lost: found?.[1] ?? 0, stuck: lowest(retries, ticks(outage)), sent, answered };
  },
  frame: (narrow) => ({
    width: narrow ? 340 : 576,
    height: 470,
    top: 226,
    x: { low: 0.6, high: 7.4, ticks: RETRIES },
    y: { low: 0, high: 100, ticks: [0, 20, 40, 60, 80, 100, [up(0), "0"], [up(1000), "1,000"], [up(2000), "2,000"]] },
    xLabel: "retries after the first attempt",
    yLabel: "attempts a second; the server can do 1,000",
  }),
  draw(chart, values, { load, retries, outage }) {
    const sticking = RETRIES.map((each) => lowest(each, ticks(outage)));
    // Where a short outage needs more load than the border, the shade leaves the dotted line.
    const above = sticking.map((each, index) => Math.max(0, each - Math.ceil(border(index + 1))));
    const shade = CURVE.map((at) => {
      const left = Math.min(RETRIES.length - 2, Math.max(0, Math.floor(at) - 1));
      const share = Math.min(1, Math.max(0, at - left - 1));
      return Math.min(100, border(at) + above[left] * (1 - share) + above[left + 1] * share);
    });
    chart.area([...CURVE, 7.4, 0.6], [...shade, 100, 100], 1);
    chart.line(CURVE, CURVE.map(border), 0, true);
    // The point's label keeps off the marks.
    const under = load < sticking[retries - 1] && load <= border(retries);
    const left = retries > (under ? 2 : 4);
    const beside = under && load < 14;
    const [dx, dy] = [(left ? -1 : 1) * (beside ? 11 : under && left ? 8 : -8), beside ? 4 : under || load > 90 ? 21 : -13];
    const free = (one) => {
      const off = (chart.x.place(one) - chart.x.place(retries)) * (left ? -1 : 1);
      return off < -25 || off > 95 || Math.abs(chart.y.place(sticking[one - 1]) - 9 - chart.y.place(load) - dy) > 13;
    };
    for (const one of RETRIES.filter((each) => sticking[each - 1] < 100)) {
      chart.dot(one, sticking[one - 1], 1);
      if (free(one)) chart.label(one, sticking[one - 1], sticking[one - 1], { tone: 1, dx: 2, dy: -9 });
    }
    const high = load > 78;
    if (sticking[3] < (high ? 55 : 90)) chart.label(4.6, high ? 66 : 94, "sticks", { tone: 1, anchor: "middle" });
    if (!under || load > 19) chart.label(1.3, 3, "recovers");
    chart.label(0.6, 100, "load, of 100", { tone: 0, dx: -46, dy: -14 });
    const tone = values.sticks ? 1 : 2;
    chart.dot(retries, load, tone, 7);
    chart.label(retries, load, `${load} × ${1 + retries} = ${load * (1 + retries)}`, { tone, dx, dy, anchor: left ? "end" : "start" });

    const seconds = values.sent.map((_, second) => across(second + 0.5));
    chart.area([across(0), across(outage), across(outage), across(0)], [FOOT, FOOT, TOP, TOP], 0);
    chart.label(across(outage), TOP, "outage", { tone: 0, dx: 5, dy: 14 });
    chart.line([across(0), across(SHOWN)], [up(1000), up(1000)], 0, true);
    chart.line(seconds, values.sent.map(up), 1);
    chart.line(seconds, values.answered.map(up), 2);
    for (const minute of [0, 1, 2, 3, 4]) {
      const anchor = minute === 4 ? "end" : minute ? "middle" : "start";
      chart.label(across(60 * minute), FOOT, minute ? `${minute} min` : "0", { tone: 0, dy: 18, anchor });
    }
    const [sent, answered] = [values.sent.at(-1), values.answered.at(-1)];
    const end = { dy: -8, anchor: "end" };
    const at = outage + values.ticks / SECOND;
    if (sent === answered) chart.label(7.4, up(sent), `all ${written(sent)}${at > 150 ? "" : " answered"}`, { tone: 2, ...end });
    else {
      chart.label(7.4, up(sent), `${written(sent)} sent${sent > MOST ? " ↑" : ""}`, { tone: 1, ...end, dy: sent > 1700 ? 18 : -8 });
      chart.label(7.4, up(answered), `${written(answered)} answered in time`, { tone: 2, ...end });
    }
    const told = at > SHOWN / 2 ? { dx: 0, anchor: "end" } : { dx: 6 };
    if (values.lost && !values.sticks) chart.label(across(Math.min(at, SHOWN)), TOP, `recovers after ${waits(values.ticks)}${at > SHOWN ? ", beyond the plot" : ""}`, { tone: 2, dy: 34, ...told });
  },
  // The strip of seconds, above the map, cannot be dragged.
  drag: (retries, load) => (load < 100 ? { retries, load } : {}),
  says({ sticks, ticks: after, lost }, { load, retries, outage }) {
    const most = 10 * load * (1 + retries);
    const begins = `Load ${load} and ${tries(retries)} can become ${written(most)} attempts a second; the server does 1,000. `;
    const length = `an outage of ${outage} s`;
    if (sticks && most < 1000) return `${begins}The queue shrinks so slowly that ten minutes after ${length} requests are still lost.`;
    if (sticks) return `${begins}Ten minutes after ${length} nobody is answered in time, and the queue ${most > 1000 ? "still grows" : "does not shrink"}.`;
    if (!lost) return `${begins}But ${length} is too short to lose a single request.`;
    return `${begins}The last request is lost ${waits(after)} after ${length}, ${written(lost)} in all, and the server has recovered.`;
  },
};
