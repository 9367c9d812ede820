// What a page does with a script; without one it reads the same.

// The theme: system, light, dark, in the order that shows a change first. Furo's head script reads the same key.
function themeSwitch(button) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const names = { auto: "follow the system", light: "light", dark: "dark" };
  const read = () => (["light", "dark"].includes(document.body.dataset.theme) ? document.body.dataset.theme : "auto");
  const tell = () => button.setAttribute("aria-label", `Theme: ${names[read()]}`);
  button.addEventListener("click", () => {
    const order = dark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
    const next = order[(order.indexOf(read()) + 1) % 3];
    document.body.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* the choice then lasts for this page */ }
    tell();
  });
  tell();
  button.hidden = false;
}

// The contents name the section that is being read.
function currentSection(contents) {
  const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...links.keys()].map((id) => document.getElementById(decodeURIComponent(id))).filter(Boolean);
  const mark = () => {
    const passed = sections.filter((section) => section.getBoundingClientRect().top < innerHeight * 0.3);
    const here = passed.length ? links.get(passed[passed.length - 1].id) : null;
    links.forEach((link) => (link === here ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  mark();
}

// A bound number's source: Esc puts it away (WCAG 1.4.13), and it never runs out of the window.
function boundNumbers() {
  // In a table, which clips what stands out of it, a source stands in the window instead, beside its number.
  const place = (source, at) => {
    if (matchMedia("(max-width: 44rem)").matches) return;
    const box = source.getBoundingClientRect();
    const below = at.bottom + 6 + box.height < innerHeight;
    source.style.inset = "auto";
    source.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.width - 8))}px`;
    source.style.top = `${below ? at.bottom + 6 : at.top - box.height - 6}px`;
  };
  const show = (bound) => {
    bound.classList.remove("dismissed");
    const source = bound.querySelector(".src");
    source.style.translate = "";
    if (bound.closest(".table-wrapper")) return place(source, bound.getBoundingClientRect());
    const over = source.getBoundingClientRect().right - document.documentElement.clientWidth + 8;
    if (over > 0) source.style.translate = `${-over}px 0`;
  };
  for (const bound of document.querySelectorAll(".bound")) {
    bound.addEventListener("mouseenter", () => show(bound));
    bound.addEventListener("focus", () => show(bound));
  }
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll(".bound:hover, .bound:focus").forEach((bound) => bound.classList.add("dismissed"));
  });
}

// The search loads on its first use: the pill, Ctrl-K (⌘K) or a slash.
const search = () => import("./search.js");
function searchKeys(pill) {
  // First in line and last: a host that adds a search of its own to "/" would open both.
  const open = (event) => { event.preventDefault(); event.stopImmediatePropagation(); search().then((module) => module.open()); };
  pill.addEventListener("click", (event) => { if (!event.ctrlKey && !event.metaKey && !event.shiftKey) open(event); });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) open(event);
    else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) open(event);
  }, true);
  const key = pill.querySelector("kbd");
  if (/Mac|iP(hone|ad)/.test(navigator.platform)) key.textContent = "⌘K";
  key.hidden = false;
}

const button = document.querySelector(".theme-toggle");
if (button) themeSwitch(button);
const contents = document.querySelector(".contents");
if (contents) currentSection(contents);
boundNumbers();
const pill = document.querySelector(".search-pill");
if (pill) searchKeys(pill);
const searchPage = document.querySelector("[data-search-page]");
if (searchPage) {
  // A page that is not there asks with the words of its address, and leaves the address as it is.
  const lost = searchPage.dataset.searchPage === "address";
  const root = new URL(document.documentElement.dataset.content_root, document.baseURI).pathname;
  const words = decodeURI(location.pathname).replace(root, "").split(/[^\p{L}\p{N}]+/u).filter((word) => word && !["posts", "index", "html"].includes(word)).join(" ").trim();
  const query = lost ? words : new URLSearchParams(location.search).get("q") || "";
  search().then((module) => {
    const field = module.mount(searchPage, { query, address: !lost });
    if (!lost) field.focus();
  });
  if (lost) search().then((module) => module.nearest(location.pathname)).then((pages) => {
    for (const { url, address } of pages) {
      const link = document.createElement("a");
      link.href = url;
      link.textContent = address;
      const item = document.createElement("li");
      item.append(link);
      document.querySelector(".nearest ul").append(item);
    }
    document.querySelector(".nearest").hidden = !pages.length;
  });
}
if (matchMedia("(hover: hover)").matches) import("./previews.js");
