// A figure that a reader can move. It takes over a drawn one when that comes into view; its model is a module of its own.
// moving.js loads this file once a figure is near.

const escaped = (words) => String(words).replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
const short = (number) => Number(number.toFixed(2));
const HERE = 7; // the radius of the dot that stands for the reader's state

// One axis: how values become pixels, and back. `ticks` are numbers, or pairs of a number and its words.
export class Scale {
  constructor({ low, high, ticks = [], log = false }) {
    Object.assign(this, { low, high, log, ticks: ticks.map((tick) => (Array.isArray(tick) ? tick : [tick, tick.toLocaleString("en")])) });
  }
  between(start, end) { return Object.assign(this, { start, end }); }
  place(value) {
    const share = this.log ? Math.log(value / this.low) / Math.log(this.high / this.low) : (value - this.low) / (this.high - this.low);
    return this.start + share * (this.end - this.start);
  }
  value(pixel) {
    const share = Math.min(1, Math.max(0, (pixel - this.start) / (this.end - this.start)));
    return this.log ? this.low * (this.high / this.low) ** share : this.low + share * (this.high - this.low);
  }
}

// A drawing under way, with the class names of the drawn figures, so that the page's colours and rules apply.
export class Chart {
  constructor({ width, height, x, y, xLabel = "", yLabel = "", left = 46, right = 14, top = 30, bottom = 46 }) {
    Object.assign(this, { width, height, xLabel, yLabel, left, parts: [], floor: height - bottom });
    this.x = new Scale(x).between(left, width - right);
    this.y = new Scale(y).between(this.floor, top);
  }
  points(xs, ys) { return xs.map((x, index) => `${short(this.x.place(x))},${short(this.y.place(ys[index]))}`).join(" "); }
  line(xs, ys, tone, dash = false) {
    this.parts.push(`<polyline class="fig-line fig-${tone}${dash ? " fig-dash" : ""}" points="${this.points(xs, ys)}"/>`);
  }
  area(xs, ys, tone) { this.parts.push(`<polygon class="fig-area fig-${tone}" points="${this.points(xs, ys)}"/>`); }
  dot(x, y, tone, radius = 4.5) {
    if (radius >= HERE) this.here = [short(this.x.place(x)), short(this.y.place(y))];
    this.parts.push(`<circle class="fig-dot fig-${tone}" cx="${short(this.x.place(x))}" cy="${short(this.y.place(y))}" r="${radius}"/>`);
  }
  bar(x, from, to, width, tone) {
    const [top, foot] = [this.y.place(to), this.y.place(from)];
    this.parts.push(`<rect class="fig-bar fig-${tone}" x="${short(this.x.place(x) - width / 2)}" y="${short(top)}" width="${short(width)}" height="${short(foot - top)}"/>`);
  }
  label(x, y, words, { tone = null, dx = 0, dy = 0, anchor = "start" } = {}) {
    const look = tone === null ? "fig-label" : `fig-label fig-toned fig-${tone}`;
    this.parts.push(`<text class="${look}" text-anchor="${anchor}" x="${short(this.x.place(x) + dx)}" y="${short(this.y.place(y) + dy)}">${escaped(words)}</text>`);
  }
  // Where a finger takes hold of the reader's dot.
  grip() {
    if (this.here) this.parts.push(`<circle class="fig-grip" fill="none" pointer-events="all" cx="${this.here[0]}" cy="${this.here[1]}" r="28"/>`);
  }
  svg(alt) {
    const { left, floor, x, y } = this;
    const axis = (at) => `<line class="fig-axis" x1="${left}" y1="${short(at)}" x2="${x.end}" y2="${short(at)}"/>`;
    const upright = y.ticks.map(([value, words]) => `${axis(y.place(value))}<text text-anchor="end" x="${left - 8}" y="${short(y.place(value) + 4)}">${escaped(words)}</text>`);
    const across = x.ticks.map(([value, words]) => `<text text-anchor="middle" x="${short(x.place(value))}" y="${floor + 19}">${escaped(words)}</text>`);
    const named = `<text x="${left}" y="${this.height - 6}">${escaped(this.xLabel)}</text><text x="0" y="14">${escaped(this.yLabel)}</text>`;
    return `<svg viewBox="0 0 ${this.width} ${this.height}" role="img" aria-label="${escaped(alt)}">${axis(floor)}${upright.join("")}${across.join("")}${named}${this.parts.join("")}</svg>`;
  }
}

const made = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
};

// A control's values: those that it lists, or all between its ends, a step apart.
const listed = ({ values, min, max, step = 1 }) =>
  values ?? Array.from({ length: Math.round((max - min) / step) + 1 }, (_, index) => Number((min + index * step).toPrecision(12)));
const nearest = (values, wanted) =>
  values.reduce((best, value, index) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? index : best), 0);

class MovingFigure extends HTMLElement {
  connectedCallback() {
    this.name = this.getAttribute("name");
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && (watch.disconnect(), this.take()), { rootMargin: "300px" });
    watch.observe(this);
    addEventListener("hashchange", () => this.follow());
    this.follow();
  }

  // An address such as #name:key=value,key=value sets the state.
  async follow() {
    const [name, told] = decodeURIComponent(location.hash.slice(1)).split(/:(.*)/s);
    if (name !== this.name || told === undefined) return;
    await this.take();
    this.set(Object.fromEntries(told.split(",").map((pair) => pair.split("=")).map(([key, value]) => [key, Number(value)])));
    (this.closest("figure") ?? this).scrollIntoView({ block: "center" });
  }

  take() { return (this.taken ??= this.build()); }

  async build() {
    const { figure } = await import(new URL(this.getAttribute("module"), document.baseURI));
    this.figure = figure;
    this.first = Object.fromEntries(figure.controls.map(({ key, value }) => [key, value]));
    this.state = { ...this.first };
    this.stage = made("div", { class: "stage" });
    this.says = made("p", { class: "says" });
    this.status = made("p", { role: "status", class: "unseen" });
    this.inputs = new Map(figure.controls.map((control) => [control.key, this.slider(control)]));
    const rows = [...this.inputs.values()].map(({ row }) => row);
    this.reset = made("button", { type: "button" }, "Back to the text’s state");
    this.reset.addEventListener("click", () => this.set(this.first)); // never disabled: it would lose the focus
    this.link = made("a", {}, "Link to this state");
    const asked = this.getAttribute("question");
    const how = figure.drag ? "Drag the dot, or use the sliders." : "Use the sliders.";
    const ask = made("p", { class: "ask" }, asked ? `${asked} ` : "", made("small", {}, how));
    const panel = made("div", { class: "moving" }, ask, this.stage, this.says, made("fieldset", { class: "controls" }, made("legend", { class: "unseen" }, "Move the figure"), ...rows));
    panel.append(made("p", { class: "acts" }, this.reset, this.link), this.status);
    this.narrow = matchMedia("(max-width: 36rem)");
    this.narrow.addEventListener("change", () => this.draw());
    if (figure.drag) this.draggable();
    this.set({});
    this.append(panel);
    this.classList.add("taken");
  }

  slider({ key, label, words = String, ...range }) {
    const values = listed(range);
    const id = `${this.name}-${key}`;
    const input = made("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
    const output = made("output", { for: id });
    input.addEventListener("input", () => this.set({ [key]: values[Number(input.value)] }, true));
    const row = made("div", { class: "control" }, made("label", { for: id }, label), output, input);
    const show = (value) => {
      input.value = nearest(values, value);
      output.textContent = words(value);
      input.setAttribute("aria-valuetext", words(value));
    };
    return { row, values, show };
  }

  draggable() {
    this.stage.classList.add("draggable");
    const move = (event) => {
      const box = this.stage.firstElementChild.getBoundingClientRect();
      const { x, y, width } = this.chart;
      const scale = width / box.width;
      this.set(this.figure.drag(x.value((event.clientX - box.left) * scale), y.value((event.clientY - box.top) * scale), this.state));
    };
    let before;
    this.stage.addEventListener("pointerdown", (event) => {
      before = { ...this.state };
      this.stage.setPointerCapture(event.pointerId);
      move(event);
    });
    this.stage.addEventListener("pointercancel", () => this.set(before)); // the finger scrolled the page
    // A finger on the dot moves it; anywhere else it scrolls the page, and Chromium heeds touch-action on no SVG child.
    this.stage.addEventListener("touchstart", (event) => { if (event.target.matches(".fig-grip")) event.preventDefault(); }, { passive: false });
    this.stage.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
  }

  // Take over values, each moved to the nearest that its control has; draw once before the next frame.
  set(changed) {
    for (const [key, value] of Object.entries(changed)) {
      const control = this.inputs.get(key);
      if (control && Number.isFinite(value)) this.state[key] = control.values[nearest(control.values, value)];
    }
    if (this.waiting) return;
    this.waiting = true;
    const now = () => { this.waiting = false; this.draw(); };
    if (this.chart) requestAnimationFrame(now); else now();
  }

  draw() {
    const { figure, state } = this;
    const values = (this.values = figure.compute(state));
    const said = figure.says(values, state);
    const chart = (this.chart = new Chart(figure.frame(this.narrow.matches, state)));
    figure.draw(chart, values, state, this.narrow.matches);
    if (figure.drag) chart.grip();
    this.stage.style.aspectRatio = `${chart.width} / ${chart.height}`;
    this.stage.innerHTML = chart.svg(said);
    this.says.textContent = said;
    for (const [key, { show }] of this.inputs) show(state[key]);
    this.link.href = `#${this.name}:${Object.entries(state).map((pair) => pair.join("=")).join(",")}`;
    this.reset.ariaDisabled = Object.entries(this.first).every(([key, value]) => state[key] === value);
    clearTimeout(this.telling);
    if (this.status.isConnected) this.telling = setTimeout(() => { this.status.textContent = said; }, 400);
  }
}
customElements.define("moving-figure", MovingFigure);
