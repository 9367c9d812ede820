// The models of figures that a reader can move, against the vectors that the labs' own models gave. Run: node --test

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
const near = (found, wanted, exact) => found === wanted || (!exact && Math.abs(found - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted)));

for (const file of readdirSync(new URL("golden", import.meta.url))) {
  const name = file.replace(".json", "");
  const { exact, stored, cases } = read(`golden/${file}`);
  const { figure } = await import(new URL(`../../docs/interactive/${name}.js`, import.meta.url));
  const first = Object.fromEntries(figure.controls.map(({ key, value }) => [key, value]));

  test(`${name} agrees with its lab ${exact ? "exactly" : "to 1e-12"}`, () => {
    for (const { state, values } of cases) {
      const found = figure.compute({ ...first, ...state });
      for (const [key, wanted] of Object.entries(values)) {
        const pairs = Array.isArray(wanted) ? wanted.map((one, index) => [found[key][index], one]) : [[found[key], wanted]];
        for (const [one, other] of pairs) assert.ok(near(one, other, exact), `${JSON.stringify(state)}: ${key} is ${one}, the lab says ${other}`);
      }
    }
  });

  test(`${name} begins with what the text says`, () => {
    const { results } = read(`../../labs/results/${name}/results.json`);
    const found = figure.compute(first);
    for (const [key, result] of Object.entries(stored)) {
      const wanted = results[result].value;
      assert.ok(Math.abs(found[key] - wanted) <= 1e-11 * Math.max(1, Math.abs(wanted)), `${key} is ${found[key]}, ${result} is ${wanted}`);
    }
  });

  test(`${name} has words for every value of every control, and a finding for both ends`, () => {
    for (const control of figure.controls) {
      const values = control.values ?? [control.min, control.max];
      assert.ok(values.includes(control.value) || (control.value >= control.min && control.value <= control.max), control.key);
      for (const value of [values[0], values.at(-1)]) {
        assert.ok((control.words ?? String)(value).length > 0);
        const state = { ...first, [control.key]: value };
        assert.match(figure.says(figure.compute(state), state), /^[^]{20,240}$/);
        assert.doesNotMatch(figure.says(figure.compute(state), state), /NaN|undefined|Infinity/);
      }
    }
  });
}

test("staffing's smooth curve is the lab's to the thickness of a line", async () => {
  const { smooth } = await import(new URL("../../docs/interactive/staffing.js", import.meta.url));
  const { results } = read("../../labs/results/staffing/results.json");
  results["curve.sizes"].value.forEach((size, index) => {
    const freed = 1 - smooth(size, 300, 0.8, 20) / smooth(size, 480, 0.8, 20);
    assert.ok(Math.abs(freed - results["curve.smooth"].value[index]) < 0.002, `${size}: ${freed}`);
  });
});
