// What failing over saves, as in labs/failover.py, whose answers this file is tested against.

const FAILED = 1000;
const TARGET = 0.4;
const MOST = 6;

// The chance that one of `further` providers, tried in turn, says yes to a failure that they could take.
export const success = (shared, accepts, further) => (1 - shared) * (1 - (1 - accepts) ** further);
// The acceptance behind such a chance: 1 where even that would not reach it.
export const behind = (chance, shared, further) => 1 - (1 - Math.min(1, chance / (1 - shared))) ** (1 / further);

const SHARES = Array.from({ length: 61 }, (_, step) => step / 60);
// The pairs whose product is a cut, from the top of the square to its right side.
const pairs = (cut) => SHARES.map((part) => cut + (1 - cut) * part).map((share) => [share, cut / share]);
const ticks = [0, 20, 40, 60, 80, 100].map((part) => [part / 100, part]);
const parts = (share) => Number((share * 100).toFixed(1));
const percent = (share) => `${share}%`;

export const figure = {
  controls: [
    { key: "share", label: "Recoverable, of the failures", value: 50, min: 1, max: 100, words: percent },
    { key: "shared", label: "Shared causes, of these", value: 25, min: 0, max: 90, step: 5, words: percent },
    { key: "accepts", label: "A provider accepts of the rest", value: 80, min: 0, max: 100, words: percent },
    { key: "providers", label: "Providers, the first included", value: 2, min: 2, max: MOST },
  ],
  compute({ share, shared, accepts, providers }) {
    const [f, stops, yes] = [share / 100, shared / 100, accepts / 100];
    const reached = Array.from({ length: MOST }, (_, more) => success(stops, yes, more + 1));
    const saved = reached.map((reach) => FAILED * f * reach);
    const at = providers - 2;
    return { share: f, success: reached[at], saved: saved[at], next: saved[at + 1], reached, ceiling: FAILED * f * (1 - stops), needed: TARGET / f };
  },
  frame: (narrow, { providers }) => ({
    width: narrow ? 340 : 576,
    height: narrow ? 350 : 440,
    x: { low: 0, high: 1, ticks },
    y: { low: 0, high: 1, ticks },
    xLabel: "recoverable, of 100 failures",
    yLabel: providers > 2 ? "accepted by some further provider, of 100" : "second attempts that succeed, of 100",
    right: 20,
  }),
  draw(chart, { share: f, success: reach, reached }, { shared, providers }, narrow) {
    const cuts = [0.2, TARGET, 0.6].map((cut) => ({ cut, line: pairs(cut), tone: cut === TARGET ? 1 : 0 }));
    for (const { line, tone } of cuts) {
      const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
      if (tone) chart.area([...xs, 1], [...ys, 1], tone);
      chart.line(xs, ys, tone, !tone);
    }
    // This rectangle is to the square as the failures that go away are to all.
    chart.area([0, f, f, 0], [0, 0, reach, reach], 2);
    chart.line([0, f, f], [reach, reach, 0], 2);
    for (const { cut, tone } of cuts) chart.label(1, cut > TARGET ? 0.9 : cut, `${cut * 100} fewer`, { tone: tone || null, dx: -4, dy: 18, anchor: "end" });
    if (shared) {
      const ceiling = 1 - shared / 100;
      chart.line([0, 1], [ceiling, ceiling], 3, true);
      // The dots below pile up under this line, so its words keep clear of them.
      const clear = f > (narrow ? 0.45 : 0.25);
      chart.label(clear ? 0 : f, ceiling, "shared causes", { tone: 3, dx: clear ? 8 : 14, dy: clear ? -8 : -13 });
    }
    const left = f > (narrow ? 0.5 : 0.65);
    const beside = left ? { tone: 2, dx: -12, anchor: "end" } : { tone: 2, dx: 12 };
    const fewer = `${parts(f * reach)} fewer`;
    const room = f > 0.25 && reach > 0.15;
    if (room) chart.label(f / 2, reach * 0.3, fewer, { tone: 2, dy: 5, anchor: "middle" });
    // One small dot for each other number of providers, named where there is room.
    let named = chart.y.place(reach) + (left ? 15 : 0);
    for (const [index, other] of reached.slice(0, MOST - 1).entries()) {
      if (index === providers - 2) continue;
      chart.dot(f, other, 2, 3);
      if (left && !room) continue;
      if (Math.min(Math.abs(chart.y.place(other) - named), Math.abs(chart.y.place(other) - chart.y.place(reach))) < 16) continue;
      named = chart.y.place(other);
      chart.label(f, other, index + 2, { ...beside, dy: 4 });
    }
    chart.dot(f, reach, 2, 7);
    chart.label(f, reach, room ? `${providers} providers` : narrow ? fewer : `${providers} providers: ${fewer}`, { ...beside, dy: left ? (room ? 20 : -12) : 4 });
  },
  drag: (share, reach, { shared, providers }) => ({ share: share * 100, accepts: behind(reach, shared / 100, providers - 1) * 100 }),
  says({ share, success: reach, saved, ceiling, needed }, { accepts, providers }) {
    const product = `${parts(share)}% recoverable × ${parts(reach)}% that succeed = ${parts(saved / FAILED)}% fewer failures.`;
    const short = (most) => most < TARGET * FAILED - 1e-6;
    if (!short(saved)) return `${product} That is a cut by 40% or more.`;
    if (needed > 1) return `${product} A cut by 40% is out of any provider’s reach: too few failures are recoverable.`;
    const most = short(ceiling) && accepts && providers > 2 ? ` More such providers end at ${parts(ceiling / FAILED)}% fewer.` : "";
    return `${product} For a cut by 40%, ${parts(needed)}% of second attempts have to succeed.${most}`;
  },
};
