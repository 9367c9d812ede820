// Previews of internal links, glossary terms and footnotes: after a pause on hover, and on focus; Esc puts them away.
// Loaded only where something can hover; a touch screen follows the link.

const root = new URL(document.documentElement.dataset.content_root, document.baseURI);
const PAUSE = 350; // milliseconds between resting on a link and its preview
const GRACE = 250; // milliseconds to move from the link to its preview, which can then be read and selected
const kept = new Map();
let card, timer, owner;

const fetched = (path) => {
  if (!kept.has(path)) kept.set(path, fetch(new URL(path, root)).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null));
  return kept.get(path);
};

// What a link previews: the words of a note on this page, a term, or a page; nothing for all else.
async function contentOf(link) {
  const url = new URL(link.href);
  if (link.matches(".footnote-reference")) {
    const note = document.getElementById(url.hash.slice(1));
    return note && { title: "", dek: "", meta: "", text: [...note.querySelectorAll(":scope > p")].map((p) => p.textContent).join(" ") };
  }
  if (url.origin !== location.origin || !url.pathname.startsWith(root.pathname)) return null;
  if (url.hash.startsWith("#term-")) return (await fetched("previews/terms.json"))?.[url.hash.slice(1)];
  if (url.pathname === location.pathname || !url.pathname.endsWith("/")) return null;
  const path = url.pathname.slice(root.pathname.length).replace(/\/$/, "");
  return (await fetched(`previews/${path}.json`)) || fetched(`previews/${path}/index.json`);
}

function close() {
  clearTimeout(timer);
  card?.remove();
  owner?.removeAttribute("aria-describedby");
  card = owner = undefined;
}

async function show(link) {
  const content = await contentOf(link);
  if (!content || owner !== link) return;
  card = document.createElement("div");
  card.className = "preview";
  card.id = "preview";
  card.role = "tooltip";
  for (const [part, tag] of [["meta", "small"], ["title", "strong"], ["dek", "p"], ["text", "p"]]) {
    if (!content[part]) continue;
    const made = document.createElement(tag);
    made.className = part;
    made.textContent = content[part];
    card.append(made);
  }
  document.body.append(card);
  const at = link.getClientRects()[0], box = card.getBoundingClientRect();
  const below = at.bottom + 8 + box.height < innerHeight || at.top < box.height + 8;
  card.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.width - 8)) + scrollX}px`;
  card.style.top = `${(below ? at.bottom + 8 : at.top - box.height - 8) + scrollY}px`;
  link.setAttribute("aria-describedby", "preview");
}

function begin(link, pause) {
  if (owner === link) return card && clearTimeout(timer); // back on the link within the grace
  close();
  owner = link;
  timer = setTimeout(() => show(link), pause);
}

const links = ".text a[href]:not(.headerlink), .connections a[href]";
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const link = event.target.closest?.(links);
  if (link) return begin(link, PAUSE);
  if (event.target.closest?.(".preview")) return clearTimeout(timer);
  if (!card) return close();
  clearTimeout(timer);
  timer = setTimeout(close, GRACE);
});
document.addEventListener("focusin", (event) => {
  const link = event.target.closest?.(links);
  if (link && link.matches(":focus-visible")) begin(link, PAUSE);
  else close();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && close());
