"use strict";
// The picture: one graph at a time on a canvas, only what is in sight is drawn.

const data = JSON.parse(document.getElementById("data").textContent);
const LEAST = 0.004; // scale; 1 is one pixel per unit
const [NODE, INPUT, OUTPUT, CAPTURED] = [0, 1, 2, 3];
const text = (number) => data.texts[number];
const typeOf = (value) => text(data.values.type[value]);

class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.graph = null;
    this.selected = -1;
    this.hovered = -1;
    this.marked = new Set(); // what a search found
    this.onSelect = () => {};
    this.scale = 1;
    this.left = 0; // of the window, in the graph's units
    this.top = 0;
    this.readColours();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.readColours(); this.draw(); });
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.listen();
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const get = (name) => style.getPropertyValue(name).trim();
    this.colours = {};
    for (const name of ["ground", "card", "ink", "soft", "line", "accent", "edge", "mark", "on-mark"]) this.colours[name] = get("--" + name);
    for (const name of ["matrix", "activation", "norm", "pool", "layout", "types", "control", "other", "end"])
      this.colours[name] = get("--f-" + name);
    this.sans = get("--sans");
  }

  colour(box) {
    const graph = this.graph;
    if (graph.kind[box] !== NODE) return this.colours.end;
    return this.colours[data.families[text(graph.label[box])] || "other"];
  }

  show(graph) {
    this.graph = graph;
    this.selected = this.hovered = -1;
    this.marked = new Set();
    const boxes = graph.x.length;
    this.order = Array.from({ length: boxes }, (_, box) => box).sort((a, b) => graph.y[a] - graph.y[b]);
    this.ys = this.order.map((box) => graph.y[box]);
    this.lines = graph.edges.map((edge) => this.line(edge));
    this.fit();
  }

  // Points from the lower side of the upper box to the upper side of the lower one, and their bounding box.
  line([from, to, value, ...route]) {
    const { x, y } = this.graph, half = data.height / 2;
    const points = [[x[from], y[from] + half]];
    for (let i = 0; i < route.length; i += 2) points.push([route[i], route[i + 1]]);
    points.push([x[to], y[to] - half]);
    const xs = points.map((p) => p[0]);
    return { from, to, value, points, left: Math.min(...xs), right: Math.max(...xs), top: points[0][1], bottom: points.at(-1)[1] };
  }

  extent() {
    const { x, y, width } = this.graph;
    let right = 1, bottom = 1;
    for (let i = 0; i < x.length; i++) {
      right = Math.max(right, x[i] + width[i] / 2);
      bottom = Math.max(bottom, y[i]);
    }
    return [right, bottom];
  }

  // All of it where that can be read, else its beginning.
  fit() {
    this.all();
    if (this.scale >= 0.35) return;
    this.scale = 0.8;
    this.left = this.graph.x[this.order[0]] - this.canvas.clientWidth / 2 / this.scale;
    this.top = this.ys[0] - data.height / 2 - 40;
    this.draw();
  }

  all() {
    const [width, height] = this.extent(), { clientWidth, clientHeight } = this.canvas;
    this.scale = Math.max(LEAST, Math.min(1.2, clientWidth / (width + 96), clientHeight / (height + 144)));
    this.left = width / 2 - clientWidth / 2 / this.scale;
    this.top = height / 2 - clientHeight / 2 / this.scale;
    this.draw();
  }

  resize() {
    const ratio = devicePixelRatio || 1, { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.draw();
  }

  centre(box) {
    this.scale = Math.max(this.scale, 0.9);
    this.left = this.graph.x[box] - this.canvas.clientWidth / 2 / this.scale;
    this.top = this.graph.y[box] - this.canvas.clientHeight / 2 / this.scale;
    this.draw();
  }

  select(box) {
    this.selected = box;
    this.draw();
    this.onSelect(box);
  }

  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const scale = Math.max(LEAST, Math.min(3, this.scale * factor));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    this.draw();
  }

  draw() {
    if (!this.graph || this.pending) return;
    this.pending = requestAnimationFrame(() => { this.pending = 0; this.paint(); });
  }

  paint() {
    const { pen, canvas, scale, left, top } = this, ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    pen.setTransform(ratio * scale, 0, 0, ratio * scale, -left * scale * ratio, -top * scale * ratio);
    const right = left + canvas.clientWidth / scale, bottom = top + canvas.clientHeight / scale;
    this.paintLines(left, top, right, bottom);
    for (const box of this.inSight(left, top, right, bottom)) this.paintBox(box);
  }

  // First place in this.ys that is not less than y.
  place(y) {
    let low = 0, high = this.ys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ys[middle] < y) low = middle + 1; else high = middle;
    }
    return low;
  }

  *inSight(left, top, right, bottom) {
    const { x, width } = this.graph, end = this.place(bottom + data.height);
    for (let i = this.place(top - data.height); i < end; i++) {
      const box = this.order[i];
      if (x[box] + width[box] / 2 >= left && x[box] - width[box] / 2 <= right) yield box;
    }
  }

  paintLines(left, top, right, bottom) {
    const { pen, colours } = this, near = [];
    pen.beginPath();
    for (const line of this.lines) {
      if (line.bottom < top || line.top > bottom || line.right < left || line.left > right) continue;
      if (line.from === this.selected || line.to === this.selected) near.push(line);
      else this.trace(line.points);
    }
    pen.strokeStyle = colours.edge;
    pen.lineWidth = Math.max(1.1, 0.6 / this.scale);
    pen.stroke();
    if (this.scale > 0.55) this.paintTypes(left, top, right, bottom);
    pen.beginPath();
    for (const line of near) this.trace(line.points);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = Math.max(2, 1.2 / this.scale);
    pen.stroke();
  }

  trace(points) {
    const { pen } = this;
    pen.moveTo(...points[0]);
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i], middle = (y0 + y1) / 2;
      if (x0 === x1) pen.lineTo(x1, y1); else pen.bezierCurveTo(x0, middle, x1, middle, x1, y1);
    }
  }

  // What flows out of a box, once beside its first line.
  paintTypes(left, top, right, bottom) {
    const { pen } = this, told = new Set();
    pen.font = `11px ${this.sans}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillStyle = this.colours.soft;
    pen.strokeStyle = this.colours.ground; // keeps lines off the letters
    pen.lineWidth = 4;
    for (const { from, value, points } of this.lines) {
      const [x, y] = points[0];
      if (told.has(from) || x < left - 200 || x > right || y < top - 40 || y > bottom) continue;
      told.add(from);
      const shape = typeOf(value).match(/\[(.*)\]$/);
      if (!shape || !shape[1]) continue;
      const full = shape[1].replaceAll(", ", "\u00d7"), shown = full.length > 26 ? full.slice(0, 25) + "\u2026" : full;
      pen.strokeText(shown, x + 7, y + 12);
      pen.fillText(shown, x + 7, y + 12);
    }
  }

  paintBox(box) {
    const { pen, graph, colours } = this, height = data.height;
    const width = graph.width[box], x = graph.x[box] - width / 2, y = graph.y[box] - height / 2;
    const hue = this.colour(box), isNode = graph.kind[box] === NODE;
    if (this.scale < 0.22 && !this.marked.has(box) && box !== this.selected) {
      pen.fillStyle = hue;
      pen.fillRect(x, y, width, height);
      return;
    }
    pen.beginPath();
    pen.roundRect(x, y, width, height, isNode ? 7 : height / 2);
    pen.fillStyle = this.marked.has(box) ? colours.mark : colours.card;
    pen.fill();
    pen.lineWidth = box === this.selected ? 3 : box === this.hovered ? 2 : 1.25;
    pen.strokeStyle = box === this.selected ? colours.accent : hue;
    pen.setLineDash(graph.kind[box] === CAPTURED ? [4, 3] : []);
    pen.stroke();
    pen.setLineDash([]);
    if (this.scale < 0.3) return;
    if (graph.graphs[box]) {
      pen.beginPath();
      pen.roundRect(x + 4, y + 4, width - 8, height - 8, 4);
      pen.lineWidth = 1;
      pen.stroke();
    }
    const label = text(graph.label[box]);
    pen.font = `${isNode ? 600 : 400} 13px ${this.sans}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillStyle = this.marked.has(box) ? colours["on-mark"] : isNode ? hue : colours.ink;
    pen.fillText(label.length > 26 ? label.slice(0, 25) + "\u2026" : label, graph.x[box], graph.y[box] + 1);
  }

  at(event) {
    const x = event.offsetX / this.scale + this.left, y = event.offsetY / this.scale + this.top;
    const half = data.height / 2;
    for (const box of this.inSight(x, y - half, x, y + half))
      if (Math.abs(this.graph.y[box] - y) <= half) return box;
    return -1;
  }

  listen() {
    const { canvas } = this, held = new Map();
    let moved = 0;
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const step = event.deltaMode ? event.deltaY * 16 : event.deltaY;
      this.zoom(Math.exp(-step * (event.ctrlKey ? 0.01 : 0.0015)), event.offsetX, event.offsetY);
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, [event.offsetX, event.offsetY]);
      if (held.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId), now = [event.offsetX, event.offsetY];
      if (!before) return this.hover(event);
      const spread = () => { const [a, b] = [...held.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
      const old = held.size === 2 ? spread() : 0;
      held.set(event.pointerId, now);
      moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (held.size === 2 && old > 0) return this.zoom(spread() / old, now[0], now[1]);
      canvas.classList.toggle("dragging", moved > 4);
      this.left -= (now[0] - before[0]) / this.scale;
      this.top -= (now[1] - before[1]) / this.scale;
      this.draw();
    });
    const release = (event) => {
      held.delete(event.pointerId);
      canvas.classList.remove("dragging");
      if (event.type === "pointerup" && moved <= 4) this.select(this.at(event));
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("keydown", (event) => {
      const step = 80 / this.scale, way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way) return;
      event.preventDefault();
      this.left += step * way[0];
      this.top += step * way[1];
      this.draw();
    });
  }

  hover(event) {
    const box = this.at(event);
    if (box === this.hovered) return;
    this.hovered = box;
    this.canvas.classList.toggle("over", box >= 0);
    this.draw();
  }
}
