// Menus, themes, dialogs, copying, times, forms that are sent once.
(() => {
  const { on, toast, texts } = window.candor;

  // Menus close when one looks elsewhere.
  const menus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (e) => menus().forEach((m) => m.contains(e.target) || (m.open = false)));
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    menus().forEach((m) => {
      m.open = false;
      m.querySelector("summary").focus();
    });
  });

  // A theme shows at once; the server is told so that the next page has it.
  on("submit", "form[data-theme-choice]", (e, form) => {
    e.preventDefault();
    const theme = e.submitter?.value || "";
    document.documentElement.dataset.theme = theme;
    form.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === e.submitter)));
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => toast(texts().offline, "bad"));
  });

  on("click", "[data-dialog]", (e, a) => {
    const dialog = document.getElementById(a.dataset.dialog);
    if (!dialog?.showModal || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    dialog.showModal();
  });
  on("click", "dialog [data-close]", (_, b) => b.closest("dialog").close());
  on("click", "[data-flash] [data-dismiss]", (_, b) => b.closest("[data-flash]").remove());
  on("click", "[data-print]", () => window.print());

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // plain http has no clipboard
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  on("click", "[data-copy]", async (_, b) => {
    await copy(b.dataset.copy);
    b.classList.add("is-done");
    setTimeout(() => b.classList.remove("is-done"), 1500);
    toast(texts().copied);
  });

  // A form that changes something is sent once, however often one clicks.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post" || e.defaultPrevented) return;
    if (form.dataset.sent) {
      e.preventDefault();
      e.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "yes";
    e.submitter?.classList.add("is-busy");
  });
  const again = (root) => root.querySelectorAll("form[data-sent]").forEach((f) => {
    delete f.dataset.sent;
    f.querySelectorAll(".is-busy").forEach((b) => b.classList.remove("is-busy"));
  });
  window.addEventListener("pageshow", () => again(document));
  document.addEventListener("htmx:afterRequest", (e) => e.detail.elt?.parentNode && again(e.detail.elt.parentNode));

  // Times count on from the server's, since the reader's clock may be wrong.
  const started = Date.parse(document.querySelector("meta[name=now]")?.content || "");
  const begun = performance.now();
  const steps = [["minute", 60, 3600], ["hour", 3600, 86400], ["day", 86400, 2592000], ["month", 2592000, 31536000], ["year", 31536000, Infinity]];
  const count = () => {
    if (!started || !window.Intl?.RelativeTimeFormat) return;
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
    const now = started + performance.now() - begun;
    document.querySelectorAll("time[data-ago]").forEach((t) => {
      const distance = (Date.parse(t.dateTime) - now) / 1000;
      const step = steps.find((s) => Math.abs(distance) < s[2]);
      if (Math.abs(distance) >= 60 && step) t.textContent = words.format(Math.trunc(distance / step[1]), step[0]);
    });
  };
  setInterval(count, 60000);

  // What has to be read first is focused: the errors of a form that came back.
  const look = (root) => root.querySelector?.("[data-focus]")?.focus();
  if (!location.hash) look(document);
  document.addEventListener("htmx:afterSwap", (e) => look(e.detail.target));

  // Whatever scrolls sideways can be reached with the keyboard.
  const rooms = () => document.querySelectorAll("[data-room]").forEach((r) => {
    r.classList.remove("is-scrolling");
    const wide = r.scrollWidth > r.clientWidth;
    r.classList.toggle("is-scrolling", wide);
    if (wide) r.tabIndex = 0;
    else r.removeAttribute("tabindex");
  });
  rooms();
  window.addEventListener("resize", rooms);
  document.addEventListener("toggle", rooms, true);
  document.addEventListener("htmx:afterSettle", rooms);
})();
