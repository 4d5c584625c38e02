// The command palette: every page of the navigation, every step that the page
// offers, and search, a few letters away.
(() => {
  const palette = document.getElementById("palette");
  if (!palette?.showModal) return;
  const input = palette.querySelector("input");
  const options = [...palette.querySelectorAll("[role=option]")];
  const search = palette.querySelector("[data-search]");
  options.forEach((o, i) => (o.id = "palette-" + i));

  const shown = () => options.filter((o) => !o.hidden);
  const select = (option) => {
    options.forEach((o) => o.setAttribute("aria-selected", String(o === option)));
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const narrow = () => {
    const words = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    options.forEach((o) => (o.hidden = o !== search && !words.every((w) => o.textContent.toLowerCase().includes(w))));
    search.hidden = words.length === 0;
    search.textContent = search.dataset.text.replace("#", input.value.trim());
    select(shown()[0]);
  };
  const follow = (option) => {
    if (option === search) input.form.submit();
    else if (option) location.assign(option.dataset.href);
  };
  const open = () => {
    if (palette.open) return;
    input.value = "";
    narrow();
    palette.showModal();
    input.focus();
  };

  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (e) => {
    const all = shown();
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    const moves = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length };
    if (e.isComposing) return; // Enter ends a word of Chinese, not the search
    if (e.key in moves) select(all[moves[e.key]]);
    else if (e.key === "Enter") follow(all[at]);
    else return;
    e.preventDefault();
  });
  palette.addEventListener("click", (e) => {
    if (e.target === palette) palette.close();
    else follow(e.target.closest("[role=option]"));
  });
  document.addEventListener("keydown", (e) => {
    if (e.key.toLowerCase() !== "k" || !(e.ctrlKey || e.metaKey) || e.altKey || e.shiftKey) return;
    e.preventDefault();
    open();
  });
  window.candor.on("click", "[data-palette]", open);
})();
