// What htmx needs beside it, and live charts.
(() => {
  const { toast, texts } = window.candor;

  // What could not be fetched or sent is told: in its place, if it has one.
  const failed = (other) => (e) => {
    const part = e.detail.elt?.closest?.(".situation-loading");
    if (part) part.classList.add("is-failed");
    else toast(e.detail.requestConfig?.verb === "get" ? texts().part : texts()[other], "bad");
  };
  document.addEventListener("htmx:responseError", failed("error"));
  document.addEventListener("htmx:sendError", failed("offline"));
  // HX-Trigger: {"toast": {"text": "…", "tone": "good"}}
  document.addEventListener("toast", (e) => toast(e.detail.text, e.detail.tone));

  // Live charts are drawn by uPlot, which is fetched when a page has one.
  const load = (make) => new Promise((done, failed) => {
    const element = make();
    element.onload = done;
    element.onerror = failed;
    document.head.append(element);
  });
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const strokes = ["--accent", "--series-teal", "--series-medium", "--series-critical", "--series-slate"];
  const drawn = new WeakMap(); // place to plot
  const height = 180;
  const fit = new ResizeObserver((entries) => entries.forEach((e) => drawn.get(e.target)?.setSize({ width: e.target.clientWidth, height })));
  const plot = async (place) => {
    const answer = await fetch(place.dataset.plot);
    if (!answer.ok) return;
    const { x, series } = await answer.json();
    const data = [x, ...series.map((s) => s.values)];
    if (drawn.has(place)) return drawn.get(place).setData(data);
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
    drawn.set(place, new window.uPlot({
      width: place.clientWidth,
      height,
      axes: [axis, axis],
      series: [{}, ...series.map((s, i) => ({ label: s.name, stroke: colour(strokes[i % strokes.length]), width: 2, points: { show: false }, spanGaps: false }))],
    }, data, place));
    fit.observe(place);
  };
  const places = document.querySelectorAll("[data-plot]");
  if (places.length === 0) return;
  const { script, style } = places[0].dataset;
  Promise.all([
    load(() => Object.assign(document.createElement("script"), { src: script })),
    load(() => Object.assign(document.createElement("link"), { rel: "stylesheet", href: style })),
  ]).then(() => places.forEach((place) => {
    const draw = () => document.hidden || plot(place).catch(() => {});
    draw();
    const every = Number(place.dataset.every);
    if (every > 0) setInterval(draw, every * 1000);
  })).catch(() => {});
})();
