// Dragging over a plot leads to that part of its time. Escape lets go.
(() => {
  const { on } = window.candor;
  let drag = null;
  const at = (e, plot) => {
    const { left, width } = plot.getBoundingClientRect();
    return Math.min(1, Math.max(0, (e.clientX - left) / width));
  };
  const end = () => {
    drag?.box.remove();
    drag = null;
  };
  on("pointerdown", "[data-zoom]", (e, plot) => {
    if (e.button !== 0) return;
    end();
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [k, v] of Object.entries({ class: "zoomed", y: "0", height: "100%", width: "0" })) box.setAttribute(k, v);
    plot.append(box);
    plot.setPointerCapture(e.pointerId);
    drag = { plot, box, from: at(e, plot), to: at(e, plot) };
  });
  on("pointermove", "[data-zoom]", (e, plot) => {
    if (drag?.plot !== plot) return;
    drag.to = at(e, plot);
    drag.box.setAttribute("x", 100 * Math.min(drag.from, drag.to) + "%");
    drag.box.setAttribute("width", 100 * Math.abs(drag.to - drag.from) + "%");
  });
  on("pointercancel", "[data-zoom]", end);
  document.addEventListener("keydown", (e) => e.key === "Escape" && end());
  on("pointerup", "[data-zoom]", (e, plot) => {
    if (drag?.plot !== plot) return;
    const [from, to] = [drag.from, drag.to].sort((a, b) => a - b);
    end();
    if (to - from < 0.01) return; // a press, not a drag
    const { zoom, zoomSince, zoomStep, zoomCount } = plot.dataset;
    const moment = (label) => new Date(Number(zoomSince) + label * Number(zoomStep)).toISOString();
    const url = new URL(zoom, location.href);
    url.searchParams.set("time", moment(Math.floor(from * zoomCount)) + "/" + moment(Math.ceil(to * zoomCount)));
    location.assign(url);
  });
})();
