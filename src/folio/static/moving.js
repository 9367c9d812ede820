// Loads what moves figures once one of them is near, or an address such as #name:key=value asks for a state of it.

const figures = [...document.querySelectorAll("moving-figure")];
const load = () => import("./moving-figure.js");
const asked = () => figures.some((figure) => location.hash.startsWith(`#${figure.getAttribute("name")}:`));

const near = new IntersectionObserver((seen) => {
  if (!seen.some((one) => one.isIntersecting)) return;
  near.disconnect();
  load();
}, { rootMargin: "600px" });
figures.forEach((figure) => near.observe(figure));
addEventListener("hashchange", () => asked() && load());
if (asked()) load();

// A link in the prose to a state: without a script it leads to the figure.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-state]");
  if (!link) return;
  event.preventDefault();
  const wanted = `${link.hash}:${link.dataset.state}`;
  if (location.hash === wanted) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = wanted;
});
