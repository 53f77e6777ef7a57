"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SVG = "http://www.w3.org/2000/svg";
  const byName = new Map(data.series.map((one, i) => [one.name, i]));
  const byId = (id) => document.getElementById(id);
  const full = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
  const percent = (value) => full.format(Math.round(value * 1000) / 10) + "%";
  let shown = 0;

  function make(parent, tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const name in attributes) node.setAttribute(name, attributes[name]);
    if (text !== undefined) node.textContent = text;
    parent.appendChild(node);
    return node;
  }

  // Round numbers from zero or the least value to the largest.
  function ticks(low, high) {
    const rough = (high - low || 1) / 4;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough);
    const found = [];
    for (let k = Math.floor(low / step); k <= Math.ceil(high / step); k++) found.push(k * step);
    return found;
  }

  // A path through the known values, and a dot for each that has no known neighbour.
  function trace(line, x, y) {
    let path = "";
    const lone = [];
    line.values.forEach((value, i) => {
      if (value === null) return;
      const before = i > 0 && line.values[i - 1] !== null;
      const after = i + 1 < line.values.length && line.values[i + 1] !== null;
      if (!before && !after) lone.push(i);
      path += (before ? "L" : "M") + x(line.first + i).toFixed(1) + " " + y(value).toFixed(1);
    });
    return { path: path, lone: lone };
  }

  function band(chart, x, y) {
    const b = chart.band;
    const top = b.high.map((v, i) => x(b.first + i).toFixed(1) + " " + y(v).toFixed(1));
    const bottom = b.low.map((v, i) => x(b.first + i).toFixed(1) + " " + y(v).toFixed(1));
    return "M" + top.concat(bottom.reverse()).join("L") + "Z";
  }

  // Draw lines over labels; chart = {id, title, labels, lines, band, format}.
  function draw(chart) {
    const box = byId(chart.id + "-chart");
    box.replaceChildren();
    const width = Math.max(280, box.clientWidth || 640);
    const height = width < 520 ? 240 : 320;
    const known = chart.lines.flatMap((line) => line.values).filter((v) => v !== null);
    const spread = chart.band ? known.concat(chart.band.low, chart.band.high) : known;
    // not Math.max(...spread): a long history has more values than a call takes
    const low = spread.reduce((a, b) => Math.min(a, b), 0);
    const high = spread.reduce((a, b) => Math.max(a, b), 0);
    const marks = ticks(low, high);
    const written = marks.map(chart.format);
    const left = 14 + 7.2 * Math.max(...written.map((text) => text.length));
    const right = 8, top = 10, bottom = 26, n = chart.labels.length;
    const x = (i) => left + (n > 1 ? i / (n - 1) : 0.5) * (width - left - right);
    const floor = marks[0], ceiling = marks[marks.length - 1];
    const y = (v) => top + (ceiling - v) / (ceiling - floor || 1) * (height - top - bottom);
    const svg = make(box, "svg", {
      viewBox: "0 0 " + width + " " + height, role: "img", "aria-label": chart.title,
    });
    marks.forEach((mark, i) => {
      make(svg, "line", { class: "grid", x1: left, x2: width - right, y1: y(mark), y2: y(mark) });
      make(svg, "text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end" }, written[i]);
    });
    labelTimes(svg, chart.labels, x, width - left - right, height);
    if (chart.band) make(svg, "path", { class: "band", d: band(chart, x, y) });
    chart.lines.forEach((line) => {
      const traced = trace(line, x, y);
      make(svg, "path", { class: line.look, d: traced.path, "data-name": line.name });
      traced.lone.forEach((i) => make(svg, "circle", {
        class: line.look, cx: x(line.first + i), cy: y(line.values[i]), r: 2.5,
      }));
    });
    drawLegend(chart);
    follow(svg, chart, x, top, height - bottom, width);
  }

  function labelTimes(svg, labels, x, room, height) {
    const widest = labels.reduce((most, text) => Math.max(most, text.length), 1);
    const wide = 7 * widest, count = Math.max(1, Math.floor(room / (1.5 * wide + 20)));
    const every = Math.max(1, Math.ceil(labels.length / count));
    for (let i = 0; i < labels.length; i += every) {
      // one that would stick out on the right is left out
      if (i > 0 && x(labels.length - 1) - x(i) < wide / 2 - 8) continue;
      const anchor = i === 0 && wide > 40 ? "start" : "middle";
      make(svg, "text", { x: x(i), y: height - 8, "text-anchor": anchor }, labels[i]);
    }
  }

  function drawLegend(chart) {
    const legend = byId(chart.id + "-legend");
    legend.replaceChildren();
    const entries = chart.lines.map((line) => [line.name, line.look]);
    if (chart.band) entries.push([chart.band.name, "band"]);
    entries.forEach(([name, look]) => {
      const item = document.createElement("span");
      const key = make(item, "svg", { width: 26, height: 12, "aria-hidden": "true" });
      const shape = look === "band" ? "M0 0H26V12H0Z" : "M0 6H26";
      make(key, "path", { class: look, d: shape });
      item.appendChild(document.createTextNode(name));
      legend.appendChild(item);
    });
  }

  // Say what the chart holds at the place of the pointer.
  function follow(svg, chart, x, top, bottom, width) {
    const readout = byId(chart.id + "-readout");
    readout.textContent = "";
    const cursor = make(svg, "line", { class: "cursor", y1: top, y2: bottom, visibility: "hidden" });
    const n = chart.labels.length;
    svg.addEventListener("pointermove", (event) => {
      const at = (event.clientX - svg.getBoundingClientRect().left) * width / svg.clientWidth;
      const place = n > 1 ? (at - x(0)) / (x(n - 1) - x(0)) * (n - 1) : 0;
      const i = Math.max(0, Math.min(n - 1, Math.round(place)));
      cursor.setAttribute("x1", x(i));
      cursor.setAttribute("x2", x(i));
      cursor.setAttribute("visibility", "visible");
      readout.textContent = describe(chart, i);
    });
    svg.addEventListener("pointerleave", () => cursor.setAttribute("visibility", "hidden"));
  }

  function describe(chart, i) {
    const say = chart.exact || chart.format;
    const parts = chart.lines
      .map((line) => [line.name, line.values[i - line.first]])
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => name + " " + say(value));
    const b = chart.band, j = b ? i - b.first : -1;
    if (j >= 0 && j < b.low.length) parts.push(say(b.low[j]) + " to " + say(b.high[j]));
    return chart.labels[i] + ": " + (parts.join(", ") || "nothing known");
  }

  function seriesChart(one) {
    return {
      id: "series",
      title: "Sales, back-test and forecast of " + one.name,
      labels: data.times,
      lines: [
        { name: data.target, look: "sales", first: one.first, values: one.sales },
        { name: "back-test", look: "test", first: one.testFirst, values: one.test },
        { name: "forecast", look: "own", first: data.ahead, values: one.forecast },
      ],
      band: { name: data.interval, first: data.ahead, low: one.low, high: one.high },
      format: (value) => short.format(value),
      exact: (value) => full.format(value),
    };
  }

  function show(i) {
    shown = i;
    const one = data.series[i];
    byId("shown").textContent = one.name;
    byId("search").value = one.name;
    byId("message").textContent = data.sample;
    draw(seriesChart(one));
  }

  // The name that was typed, or the first one with all of its words.
  function find(text) {
    if (byName.has(text)) return byName.get(text);
    const words = text.toLowerCase().split(/[\s,]+/).filter(Boolean);
    if (!words.length) return -1;
    return data.series.findIndex((one) => {
      const own = one.name.toLowerCase().split(/[\s,]+/);
      return words.every((word) => own.includes(word));
    });
  }

  function choose(i) {
    location.hash = "series=" + encodeURIComponent(data.series[i].name);
  }

  function suggest() {
    const text = byId("search").value.toLowerCase();
    const options = [];
    for (const one of data.series) {
      if (!one.name.toLowerCase().includes(text)) continue;
      const option = document.createElement("option");
      option.value = one.name;
      options.push(option);
      if (options.length === 50) break;
    }
    byId("names").replaceChildren(...options);
  }

  function lookUp(text) {
    const i = find(text);
    if (i >= 0) choose(i);
    else byId("message").textContent = "No series on this page is called “" + text + "”.";
  }

  function followHash() {
    if (!location.hash.startsWith("#series=")) return false;
    let name = location.hash.slice("#series=".length);
    try { name = decodeURIComponent(name); } catch (error) { /* typed by hand */ }
    const i = find(name);
    if (i >= 0) show(i);
    else lookUp(name);
    return i >= 0;
  }

  function drawSteps() {
    draw({
      id: "steps",
      title: "WAPE by step ahead",
      labels: data.steps.step.map(String),
      lines: [
        { name: data.model, look: "own", first: 0, values: data.steps.own },
        { name: "seasonal naive", look: "naive", first: 0, values: data.steps.naive },
      ],
      format: percent,
    });
  }

  byId("finder").addEventListener("submit", (event) => {
    event.preventDefault();
    lookUp(byId("search").value);
  });
  byId("search").addEventListener("focus", (event) => event.target.select());
  byId("search").addEventListener("input", (event) => {
    suggest();
    if (byName.has(event.target.value)) choose(byName.get(event.target.value));
  });
  const count = data.series.length;
  byId("previous").addEventListener("click", () => choose((shown + count - 1) % count));
  byId("next").addEventListener("click", () => choose((shown + 1) % count));
  window.addEventListener("hashchange", () => {
    if (followHash()) byId("lookup").scrollIntoView({ block: "nearest" });
  });
  window.addEventListener("resize", () => { draw(seriesChart(data.series[shown])); drawSteps(); });
  suggest();
  if (!followHash()) {
    const message = byId("message").textContent;
    show(0);
    if (location.hash.startsWith("#series=")) byId("message").textContent = message;
  }
  drawSteps();
})();
