// The chart of the home page, to be looked at more closely than the picture that the server drew in its place.
"use strict";

{
  const draw = (place) => {
    const [at, delivered, failed] = JSON.parse(place.dataset.activity);
    const [beginLabel, failedLabel, deliveredLabel] = place.dataset.words.split("|");
    const colour = (name) => getComputedStyle(document.querySelector(`#activity ${name}`))[name.startsWith(".key") ? "backgroundColor" : "color"];
    const [green, red, grey] = [".key-delivered", ".key-failed", ".hours-key"].map(colour);
    const words = (options) => new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: place.dataset.zone, ...options });
    const [hours, days] = [words({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }), words({ day: "numeric", month: "short" })];
    const whole = words({ dateStyle: "medium", timeStyle: "short" });
    const bars = uPlot.paths.bars({ size: [0.8, 60], align: 1 });
    const axis = { stroke: grey, grid: { stroke: grey, width: 0.15 }, ticks: { show: false } };
    const [last, step] = [at.at(-1), at[1] - at[0]]; // a step's bar stands right of its beginning
    const chart = new uPlot({
      width: place.clientWidth, height: 220, padding: [8, 24, 0, 0], legend: { markers: { width: 0 } },
      scales: { x: { range: (u, from, to) => [from, to === last ? to + step : to] }, y: { range: (_, low, high) => [0, Math.max(1, high)] } },
      axes: [{ ...axis, values: (u, ticks, a, space, step) => ticks.map((t) => (step < 86400 ? hours : days).format(t * 1000)) },
        { ...axis, size: 56, values: (u, ticks) => ticks.map((t) => (Number.isInteger(t) ? t.toLocaleString(document.documentElement.lang) : "")) }],
      series: [{ label: beginLabel, value: (u, t) => (t === null ? "–" : whole.format(t * 1000)) },
        { label: failedLabel, stroke: red, fill: red, width: 0, paths: bars, points: { show: false }, value: (u, v, s, i) => (i === null ? "–" : failed[i]) },
        { label: deliveredLabel, stroke: green, fill: green, width: 0, paths: bars, points: { show: false }, value: (u, v) => v ?? "–" }],
    }, [at, delivered.map((count, i) => count + failed[i]), delivered], undefined);
    place.replaceChildren(chart.root);
    place.parentElement.querySelector("[data-zoom-hint]").hidden = false;
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: 220 })).observe(place);
  };
  const drawAll = () => document.querySelectorAll("[data-activity]:not(:has(.uplot))").forEach(draw);
  drawAll();
  document.addEventListener("htmx:afterSettle", drawAll);
}
