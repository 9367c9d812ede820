// The search, over Pagefind's index: a dialog on every page, and the search page. Loaded on its first use.

const root = new URL(document.documentElement.dataset.content_root, document.baseURI);
const SHOWN = 8;
let engine; // the promise of Pagefind, so that it is loaded once
let words; // the promise of the words that a mistyped one is compared with

function load() {
  engine ??= import(new URL("pagefind/pagefind.js", root)).then(async (pagefind) => {
    await pagefind.options({ baseUrl: root.pathname, excerptLength: 24 });
    await pagefind.init();
    return pagefind;
  });
  return engine;
}

// Damerau–Levenshtein distance (optimal string alignment): a swap of neighbours counts as one slip.
function distance(a, b) {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      rows[i][j] = Math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
    }
  }
  return rows[a.length][b.length];
}

// Words that every page has would only mark themselves; a query of nothing else keeps them.
const SMALL = new Set("a an and are as at be but by for from had has have how i if in into is it its not of on or so that the their then there this to was were what when which who why will with you".split(" "));
function withoutSmallWords(query) {
  const left = query.split(/\s+/).filter((word) => !SMALL.has(word.toLowerCase()));
  return left.length ? left.join(" ") : query;
}

async function mended(query) {
  words ??= fetch(new URL("search-words.json", root)).then((answer) => answer.json());
  const known = await words;
  const nearest = (word) => {
    const most = word.length < 5 ? 1 : 2;
    let best = word, least = most + 1;
    for (const other of known) {
      if (Math.abs(other.length - word.length) > most) continue;
      const slips = distance(word, other);
      if (slips < least) { best = other; least = slips; }
    }
    return best;
  };
  return query.toLowerCase().split(/\s+/).map(nearest).join(" ");
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// An excerpt marks its hits and is otherwise text.
function excerpt(html) {
  const paragraph = element("p");
  for (const part of html.split(/(<mark>.*?<\/mark>)/)) {
    const hit = /^<mark>(.*)<\/mark>$/.exec(part);
    const text = new DOMParser().parseFromString(`<p>${hit ? hit[1] : part}</p>`, "text/html").body.textContent;
    paragraph.append(hit ? element("mark", {}, text) : text);
  }
  return paragraph;
}

// Where a word is unknown Pagefind falls back to a few of its first letters. This tells the share of the words asked for
// that begin a word of the hits, but for their endings: 1 is a sure answer, 0 is none.
function answered(asked, results) {
  const plain = (text) => text.replace(/<\/?mark>/g, "").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const there = plain(results.flatMap((result) => [result.meta.title, result.excerpt, ...result.sub_results.map((part) => part.excerpt)]).join(" "));
  const words = plain(asked);
  const met = words.filter((word) => {
    const stem = word.replace(/(?<=.{4})(ings?|ed|es|s|ly|ions?)$/, "");
    const start = stem.slice(0, Math.max(4, Math.round(stem.length * 0.8)));
    return there.some((other) => other.startsWith(start));
  });
  return words.length ? met.length / words.length : 0;
}

// The pages whose addresses are most like one that is not there, nearest first.
export async function nearest(path) {
  const map = new DOMParser().parseFromString(await (await fetch(new URL("sitemap.xml", root))).text(), "text/xml");
  const known = [...map.querySelectorAll("loc")].map((loc) => new URL(loc.textContent).pathname);
  const home = known.reduce((shortest, other) => (other.length < shortest.length ? other : shortest));
  const asked = decodeURI(path).replace(root.pathname, "").replace(/(index)?(\.html)?\/?$/, "").toLowerCase();
  const ends = (address) => [address, address.split("/").pop()].filter(Boolean);
  return known
    .map((other) => {
      const address = other.slice(home.length).replace(/\/$/, "");
      const slips = Math.min(...ends(address).flatMap((mine) => ends(asked).map((theirs) => distance(mine, theirs) / Math.max(mine.length, theirs.length))));
      return { address, slips };
    })
    .filter(({ address, slips }) => address && slips <= 0.4)
    .sort((a, b) => a.slips - b.slips)
    .slice(0, 3)
    .map(({ address }) => ({ url: new URL(`${address}/`, root).href, address }));
}

export function mount(place, { query = "", address = false } = {}) {
  const field = element("input", { type: "text", inputmode: "search", enterkeyhint: "search", placeholder: "Search", "aria-label": "Search", role: "combobox", "aria-expanded": "false", "aria-controls": "search-hits", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false" });
  const filters = element("div", { class: "search-filters" });
  const told = element("p", { class: "search-told", role: "status" });
  const hits = element("ul", { class: "search-hits", id: "search-hits", role: "listbox", "aria-label": "Results" });
  place.replaceChildren(field, filters, told, hits);
  const chosen = { kind: "", topic: "" };
  let active = -1, turn = 0;

  const options = () => [...hits.querySelectorAll("[role=option]")];
  function activate(next) {
    const all = options();
    active = all.length ? (next + all.length) % all.length : -1;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === active)));
    if (active < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  }

  function show(results) {
    const rows = [];
    for (const result of results) {
      const page = result.meta.title;
      const sections = result.sub_results.filter((part) => part.anchor).slice(0, 3);
      const kind = (result.filters.kind || [])[0];
      // Where only sections answer, the page's own row leads to the best of them.
      const own = sections.length && result.sub_results.every((part) => part.anchor) ? sections[0].url : result.url;
      rows.push([own, page, kind, sections.length ? "" : result.excerpt]);
      for (const part of sections) rows.push([part.url, part.title, "", part.excerpt]);
    }
    hits.replaceChildren(...rows.map(([url, title, kind, words], index) => {
      const link = element("a", { href: url, tabindex: "-1" }, element("strong", {}, title));
      if (kind) link.append(" ", element("small", {}, kind));
      if (words) link.append(excerpt(words));
      const option = element("li", { role: "option", id: `search-hit-${index}`, "aria-selected": "false", class: kind ? "page" : "section" }, link);
      option.addEventListener("pointermove", () => index !== active && activate(index));
      return option;
    }));
    field.setAttribute("aria-expanded", String(rows.length > 0));
    activate(rows.length ? 0 : -1);
  }

  async function find() {
    const mine = ++turn;
    const asked = field.value.trim();
    if (address) history.replaceState(null, "", asked ? `?q=${encodeURIComponent(asked)}` : location.pathname);
    if (!asked) { told.textContent = ""; return show([]); }
    try {
      const pagefind = await load();
      const using = Object.fromEntries(Object.entries(chosen).filter(([, value]) => value));
      const look = async (query) => {
        const found = await pagefind.search(query, { filters: using });
        const results = await Promise.all(found.results.slice(0, SHOWN).map((result) => result.data()));
        return { query, count: found.results.length, results, sure: answered(query, results) };
      };
      const meant = withoutSmallWords(asked);
      let best = await look(meant);
      if (best.sure < 1) {
        const nearest = await mended(meant);
        const other = nearest === meant.toLowerCase() ? best : await look(nearest);
        if (other.sure > best.sure) best = other;
      }
      if (mine !== turn) return;
      const nearest = best.query, count = best.sure ? best.count : 0, results = best.sure ? best.results : [];
      const pages = `${count} ${count === 1 ? "page" : "pages"}`;
      if (!count) told.textContent = `Nothing found for “${asked}”.`;
      else told.textContent = nearest.toLowerCase() === meant.toLowerCase() ? pages : `Nothing found for “${asked}”. ${pages} for “${nearest}”:`;
      show(results);
    } catch (error) {
      told.textContent = "The search could not be loaded.";
      throw error;
    }
  }

  async function offerFilters() {
    const known = await (await load()).filters();
    for (const [name, values] of Object.entries(known).sort()) {
      const select = element("select", { "aria-label": `Only this ${name}` }, element("option", { value: "" }, `Any ${name}`));
      for (const [value, count] of Object.entries(values)) select.append(element("option", { value }, `${value} (${count})`));
      select.addEventListener("change", () => { chosen[name] = select.value; find(); });
      filters.append(select);
    }
  }

  let timer;
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 120); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      activate(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const link = options()[active]?.querySelector("a");
      if (link) location.assign(link.href); else find();
    }
  });
  field.value = query;
  offerFilters();
  if (query) find();
  return field;
}

let dialog;
export function open() {
  if (!dialog) {
    dialog = element("dialog", { class: "search-dialog", "aria-label": "Search" });
    const place = element("div", { class: "search-page" });
    const close = element("button", { type: "button", class: "pill search-close" }, "Close");
    close.addEventListener("click", () => dialog.close());
    dialog.append(place, close);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
      else if (event.target.closest("a")) dialog.close(); // a hit on this very page only moves to its heading
    });
    document.body.append(dialog);
    mount(place);
  }
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("input").select();
}
