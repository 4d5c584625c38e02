// Lists: selection, filters, keys.
(() => {
  const { on, typing } = window.candor;

  const boxes = (form) => [...form.querySelectorAll("input[name=id]")];
  const show = (form) => {
    const all = boxes(form);
    const chosen = all.filter((b) => b.checked).length;
    const bar = form.querySelector("[data-bulk-bar]");
    const count = form.querySelector("[data-bulk-count]");
    bar.classList.toggle("is-active", chosen > 0);
    if (chosen > 0) count.textContent = chosen === 1 ? count.dataset.one : count.dataset.many.replace("#", chosen.toLocaleString(document.documentElement.lang));
    const head = form.querySelector("[data-select-all] input");
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  };
  let last = null; // the box that a range begins at
  on("click", "[data-bulk] input[name=id]", (e, box) => {
    const form = box.form;
    const all = boxes(form);
    if (e.shiftKey && last && last.form === form) {
      const [a, b] = [all.indexOf(last), all.indexOf(box)].sort((x, y) => x - y);
      all.slice(a, b + 1).forEach((one) => (one.checked = box.checked));
    }
    last = box;
  });
  on("change", "[data-bulk] input[type=checkbox]", (_, box) => {
    const form = box.closest("[data-bulk]");
    if (box.closest("[data-select-all]")) boxes(form).forEach((b) => (b.checked = box.checked));
    show(form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("[data-bulk]").forEach(show)); // boxes that the browser kept

  // A filter chosen with the mouse applies at once; with the keyboard a list
  // of options is walked through, and applying is a step of its own.
  let pointer = false;
  document.addEventListener("pointerdown", () => (pointer = true), true);
  document.addEventListener("keydown", () => (pointer = false), true);
  on("change", "[data-filter] > .filter > select", (_, select) => pointer && select.form.requestSubmit());
  // Empty fields need not be in the address.
  on("submit", "[data-filter]", (_, form) => {
    const empty = [...form.elements].filter((f) => f.name && f.value === "");
    empty.forEach((f) => (f.disabled = true));
    setTimeout(() => empty.forEach((f) => (f.disabled = false)));
  });

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((r) => r.getClientRects().length);
  const here = () => document.activeElement?.closest("[data-row]");
  const go = (step) => {
    const all = rows();
    const at = all.indexOf(here());
    const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    const target = row?.querySelector("a[href], input");
    if (!target) return;
    target.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const does = {
    j: () => go(1),
    k: () => go(-1),
    o: () => {
      const href = here()?.dataset.href;
      if (href) location.assign(href);
    },
    x: () => here()?.querySelector("input[type=checkbox]")?.click(),
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
  };

  // Single keys can be turned off: those who speak to their machine need that
  // (WCAG 2.1.4).
  const wanted = () => localStorage.getItem("keys") !== "off";
  const box = document.querySelector("[data-keys]");
  if (box) {
    box.checked = wanted();
    box.addEventListener("change", () => localStorage.setItem("keys", box.checked ? "on" : "off"));
  }
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e) || document.querySelector("dialog[open]")) return;
    if (!does[e.key] || !wanted()) return;
    e.preventDefault();
    does[e.key]();
  });
})();
