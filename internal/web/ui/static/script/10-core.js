// The script of the console and of customers' pages. Every page works without
// it; it adds keys, the command palette, selection, dialogs and small comforts.
// Events are caught at the document, so that parts which htmx swaps in work at once.
"use strict";
window.candor = (() => {
  const root = document.documentElement;
  root.classList.add("js");

  // on calls back for events inside elements that match a selector.
  const on = (event, selector, call) => document.addEventListener(event, (e) => {
    const at = e.target instanceof Element && e.target.closest(selector);
    if (at) call(e, at);
  });

  const icon = { good: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M5.25 8.25l2 2l3.5-4", bad: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2M5.75 5.75l4.5 4.5M10.25 5.75l-4.5 4.5", cross: "M3.75 3.75l8.5 8.5M12.25 3.75l-8.5 8.5" };
  const draw = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [k, v] of Object.entries({ class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" })) svg.setAttribute(k, v);
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", icon[name] || icon.good);
    svg.append(path);
    return svg;
  };

  // toast says something in the corner, and aloud. What went wrong stays until
  // it is dismissed; the rest goes by itself, unless somebody points at it.
  const toast = (text, tone = "good") => {
    const place = document.getElementById("toasts");
    if (!place || !text || [...place.querySelectorAll(".callout-words")].some((w) => w.textContent === text)) return;
    const box = document.createElement("div");
    box.className = "callout callout-" + (tone === "bad" ? "bad" : "good");
    const words = document.createElement("p");
    words.className = "callout-words";
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "callout-close";
    close.setAttribute("aria-label", place.dataset.dismiss);
    close.append(draw("cross"));
    close.addEventListener("click", () => box.remove());
    box.append(draw(tone), words, close);
    place.append(box);
    const leave = () => setTimeout(() => (box.matches(":hover, :focus-within") ? leave() : box.remove()), 6000);
    if (tone !== "bad") leave();
  };

  const typing = (e) => e.target instanceof Element && e.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  return { on, toast, typing, texts: () => document.getElementById("toasts")?.dataset || {} };
})();
