// A judge as two rates, and what is said of it, as in labs/judging_calls.py, whose answers this file is tested against.

const CALLS = 4000;

// Both rates and the share of the calls that are defective lie between 0 and 1.
export function judged(share, sensitivity, specificity) {
  const right = share * sensitivity;
  const flagged = right + (1 - share) * (1 - specificity);
  const agreement = right + (1 - share) * specificity;
  const chance = share * flagged + (1 - share) * (1 - flagged);
  // Of no flags no share is right; nought stands for it, and draw and says leave it out.
  return { flagged, agreement, kappa: (agreement - chance) / (1 - chance), true: flagged && right / flagged };
}

const SHARES = Array.from({ length: 49 }, (_, step) => 0.002 * 250 ** (step / 48));
const along = ({ sensitivity, specificity }) => SHARES.map((share) => judged(share, sensitivity / 100, specificity / 100));

const steps = (from, to, step) => Array.from({ length: Math.round((to - from) / step) }, (_, n) => Number((from + n * step).toFixed(3)));
// Steps that are about equal on the figure's axis, so that dragging feels the same everywhere on it.
const RARE = [...steps(0.2, 0.4, 0.02), ...steps(0.4, 1, 0.05), ...steps(1, 2, 0.1), ...steps(2, 4, 0.2), ...steps(4, 10, 0.5), ...steps(10, 20, 1), ...steps(20, 50, 2), 50];

const percent = (share) => `${share > 0.99 ? Math.floor(share * 1000 + 1e-6) / 10 : (share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)}%`;
const fine = (share) => (share >= 0.98 && share < 1 ? `${(100 * share).toFixed(1)}%` : percent(share)); // where a point is much
const decimal = (number) => Math.min(number, number < 1 ? 0.99 : 1).toFixed(2).replace(/^-(0.00)?/, (sign, nought) => nought ?? "−");
const count = (calls) => Math.round(calls).toLocaleString("en");

// Where a label can stand beside its dot, the best place first: pixels across and down, and which end of it is there.
const PLACES = [[12, 22], [-12, -12, "end"], [12, -12], [-12, 22, "end"], [12, 40], [-12, -30, "end"], [12, -30], [-12, 40, "end"], [12, -48], [12, 60], [-12, 60, "end"], [12, 78], [-12, 78, "end"]];

// Give each dot's label, from the uppermost down, the place at which it covers least of curves, dots and labels.
function written(chart, dots, curves, taken) {
  const placed = dots.map((dot) => ({ ...dot, x: chart.x.place(dot.at), y: chart.y.place(dot.value) })).sort((one, other) => one.y - other.y);
  for (const { x, y } of placed) taken.push([x - 8, y - 8, x + 8, y + 8]);
  let above = 0;
  for (const { at, value, x, y, words, tone } of placed) {
    const wide = 8.4 * words.length;
    const costs = PLACES.map(([dx, dy, anchor = "start"], rank) => {
      const from = x + dx - (anchor === "end" ? wide : 0);
      const box = [from, y + dy - 13, from + wide, y + dy + 4];
      const meets = ([left, top, right, foot]) => left < box[2] && right > box[0] && top < box[3] && foot > box[1];
      const out = box[0] < chart.left || box[2] > chart.width - 4 || box[1] < 2 || box[3] > chart.floor;
      const hidden = curves.filter(([cx, cy]) => meets([cx, cy, cx, cy])).length;
      return { cost: rank / 2 + hidden + 60 * taken.filter(meets).length + 100 * (box[1] < above) + 1000 * out, box, dx, dy, anchor };
    });
    const { box, ...place } = costs.reduce((best, one) => (one.cost < best.cost ? one : best));
    taken.push(box);
    above = box[1];
    chart.label(at, value, words, { ...place, tone });
  }
}

export const figure = {
  controls: [
    { key: "defective", label: "Defective calls", value: 1, values: RARE, words: (share) => `${share}%, ${count(share * CALLS / 100)} of ${count(CALLS)}` },
    { key: "sensitivity", label: "Sensitivity: defects flagged", value: 95, min: 0, max: 100, words: (rate) => `${rate}%` },
    { key: "specificity", label: "Specificity: good calls passed", value: 95, values: [...steps(50, 90, 1), ...steps(90, 98, 0.5), ...steps(98, 100, 0.1), 100], words: (rate) => `${rate}%` },
  ],
  compute({ defective, sensitivity, specificity }) {
    const share = defective / 100;
    const { flagged, ...told } = judged(share, sensitivity / 100, specificity / 100);
    const flags = CALLS * flagged;
    return { ...told, flags, false: CALLS * (1 - share) * (1 - specificity / 100), silent: 1 - share };
  },
  frame: (narrow, state) => ({
    width: narrow ? 340 : 576,
    height: narrow ? 320 : 340,
    x: { low: 0.002, high: 0.56, ticks: [[0.002, "0.2%"], [0.01, "1%"], [0.05, "5%"], [0.2, "20%"], [0.5, "50%"]], log: true },
    // A judge that flags good calls more readily than defective ones has a kappa below nought, and the axis makes room.
    y: { low: Math.min(0, ...along(state).map(({ kappa }) => kappa)), high: 1.02, ticks: [0, 0.25, 0.5, 0.75, 1] },
    xLabel: "share of the calls that are defective",
  }),
  draw(chart, values, state) {
    const at = state.defective / 100;
    const all = along(state);
    const kinds = [["agreement", 3, `agreement ${percent(values.agreement)}`], ["kappa", 1, `kappa ${decimal(values.kappa)}`]];
    if (values.flags) kinds.push(["true", 2, `true flags ${percent(values.true)}`]);
    chart.parts.push(`<polyline class="fig-rule fig-0" points="${chart.points([at, at], [chart.y.low, 1.02])}"/>`);
    chart.line(SHARES, SHARES.map((share) => 1 - share), 3, true);
    for (const [key, tone] of kinds) chart.line(SHARES, all.map((one) => one[key]), tone);
    const silent = "agreement if it never flagged";
    chart.label(0.002, 1, silent, { tone: 3, dx: 4, dy: -9 });
    for (const [key, tone] of kinds) chart.dot(at, values[key], tone, 7);
    const curves = SHARES.flatMap((share, index) => [1 - share, ...kinds.map(([key]) => all[index][key])].map((value) => [chart.x.place(share), chart.y.place(value)]));
    const top = chart.y.place(1) - 22;
    const dots = kinds.map(([key, tone, words]) => ({ at, value: values[key], tone, words }));
    written(chart, dots, curves, [[chart.left, top, chart.left + 8.4 * silent.length, top + 17]]);
  },
  drag: (share) => ({ defective: share * 100 }),
  says({ flags, false: wrong, true: share, agreement, kappa, silent }) {
    const few = flags ? "Fewer than one" : "None";
    const flagged = flags < 0.5 ? `${few} of ${count(CALLS)} calls is flagged` : `${count(flags)} of ${count(CALLS)} calls are flagged, ${count(flags - wrong)} rightly (${percent(share)})`;
    return `${flagged}. Agreement is ${fine(agreement)}; never flagging would give ${fine(silent)}. Kappa is ${decimal(kappa)}.`;
  },
};
