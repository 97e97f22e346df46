// What stands around the picture: search, the path of graphs, the details of what is selected.

const byId = (id) => document.getElementById(id);

// An element with a class and contents. Contents are text or elements, never markup.
function make(tag, kind, ...contents) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...contents.filter((part) => part !== null && part !== ""));
  return element;
}

function link(label, action) {
  const button = make("button", "link", label);
  button.addEventListener("click", action);
  return button;
}

const view = new View(byId("view"));
let current = 0; // number of the graph that is shown

function open(number, box = -1) {
  current = number;
  const graph = data.graphs[number];
  readers = readersOf(graph);
  view.show(graph);
  showPath();
  byId("query").value = "";
  closeHits();
  if (box >= 0) view.centre(box);
  view.select(box);
}

function go(box) {
  view.centre(box);
  view.select(box);
}

// --- who makes and who reads a value of the present graph

let readers = null;

function readersOf(graph) {
  const makers = new Map(), users = new Map();
  graph.makes.forEach((values, box) => values.forEach((value) => makers.set(value, box)));
  for (const [, to, value] of graph.edges) users.set(value, [...(users.get(value) || []), to]);
  return { makers, users };
}

function title(box) {
  const graph = data.graphs[current];
  if (graph.kind[box] !== NODE) return text(graph.label[box]);
  const made = graph.makes[box].find((value) => value >= 0);
  return graph.name_of[box] || (made === undefined ? "" : data.values.name[made]);
}

// How a link calls a box: a node by operator and name, others by name.
function called(box) {
  const label = text(data.graphs[current].label[box]);
  return data.graphs[current].kind[box] === NODE ? `${label} ${title(box)}` : label;
}

// --- the path

function showPath() {
  const steps = [];
  for (let number = current; ;) {
    const { parent, name } = data.graphs[number], here = number;
    const label = parent ? `${parent[2]} of ${text(data.graphs[parent[0]].label[boxOf(parent)])}` : data.title;
    steps.unshift(here === current ? make("span", "", label) : link(label, () => open(here)));
    if (!parent) break;
    number = parent[0];
  }
  byId("path").replaceChildren(...steps.flatMap((step, index) => (index ? [make("i", "", "\u203a"), step] : [step])));
}

// The box of the node that has a graph: nodes come after inputs and values from outside.
function boxOf([graph, position]) {
  return data.graphs[graph].kind.indexOf(NODE) + position;
}

// --- details

function showDetails(box) {
  const graph = data.graphs[current], panel = byId("panel");
  panel.scrollTop = 0;
  if (box < 0) return panel.replaceChildren(...overview());
  const chip = make("span", "chip");
  chip.style.background = view.colour(box);
  const kind = ["", "input of the graph", "output of the graph", "value of an enclosing graph"][graph.kind[box]];
  const parts = [make("h1", "", chip, text(graph.label[box])), make("div", "sub", kind || title(box))];
  if (graph.origin[box]) parts.push(make("div", "sub", `came from ${graph.origin[box]}`));
  const attributes = graph.attributes[box] || [];
  if (attributes.length) {
    const list = make("dl");
    for (let i = 0; i < attributes.length; i += 2)
      list.append(make("dt", "", text(attributes[i])), make("dd", "", text(attributes[i + 1])));
    parts.push(make("h2", "", "Attributes"), list);
  }
  for (const [name, number] of graph.graphs[box] || [])
    parts.push(make("h2", "", name), link(`Open this graph of ${data.graphs[number].kind.filter((k) => k === NODE).length} nodes`, () => open(number)));
  if (graph.reads[box].length) parts.push(make("h2", "", "Inputs"), ...graph.reads[box].map(readValue));
  if (graph.makes[box].length)
    parts.push(make("h2", "", graph.kind[box] === NODE ? "Outputs" : "Value"), ...graph.makes[box].filter((v) => v >= 0).map(madeValue));
  panel.replaceChildren(...parts);
}

function readValue(value) {
  if (value < 0) return make("div", "value", make("small", "", "left out"));
  const maker = readers.makers.get(value), row = valueRow(value);
  if (data.values.kind[value] === 1) row.append(make("small", "", "weight"));
  else if (maker !== undefined) row.append(make("small", "", "from "), link(called(maker), () => go(maker)));
  return row;
}

function madeValue(value) {
  const row = valueRow(value), users = readers.users.get(value) || [];
  if (users.length) row.append(make("small", "", "read by "));
  users.slice(0, 8).forEach((box, index) => {
    const prefix = data.graphs[current].kind[box] === OUTPUT ? "output " : "";
    row.append(index ? ", " : "", link(prefix + called(box), () => go(box)));
  });
  if (users.length > 8) row.append(make("small", "", ` and ${users.length - 8} more`));
  return row;
}

function valueRow(value) {
  const source = data.values.source[value], content = data.values.content[value];
  return make("div", "value", make("span", "name", data.values.name[value]),
    make("span", "type", typeOf(value) + (content ? ` = ${content}` : "")),
    source ? make("small", "", `in the source: ${source} `) : "");
}

function overview() {
  const graph = data.graphs[current], counts = new Map();
  graph.label.forEach((label, box) => {
    if (graph.kind[box] === NODE) counts.set(label, (counts.get(label) || 0) + 1);
  });
  const parts = [make("h1", "", current ? graph.name : data.title)];
  if (!current) parts.push(...data.summary.map((line) => make("div", "sub", line)));
  for (const [kind, heading] of [[INPUT, "Inputs"], [OUTPUT, "Outputs"]]) {
    const boxes = graph.kind.flatMap((each, box) => (each === kind ? [box] : []));
    if (boxes.length) parts.push(make("h2", "", heading));
    for (const box of boxes.slice(0, 20)) {
      const value = (kind === INPUT ? graph.makes : graph.reads)[box][0];
      parts.push(make("div", "value", link(text(graph.label[box]), () => go(box)), make("span", "type", typeOf(value))));
    }
    if (boxes.length > 20) parts.push(make("small", "sub", `and ${boxes.length - 20} more`));
  }
  parts.push(make("h2", "", "Operators"));
  const list = make("div", "ops");
  for (const [label, count] of [...counts].sort((a, b) => b[1] - a[1] || (text(a[0]) < text(b[0]) ? -1 : 1))) {
    const chip = make("span", "chip");
    chip.style.background = view.colours[data.families[text(label)] || "other"];
    const button = make("button", "", make("span", "", chip, text(label)), make("span", "", String(count)));
    button.addEventListener("click", () => { byId("query").value = text(label); search(); byId("query").focus(); });
    list.append(button);
  }
  parts.push(list);
  return parts;
}

// --- search

const SHOWN = 60;
let found = [], at = 0;

function search() {
  const wanted = byId("query").value.trim().toLowerCase(), graph = data.graphs[current];
  found = [];
  at = 0;
  if (wanted) {
    const exact = [];
    for (let box = 0; box < graph.label.length; box++) {
      const label = text(graph.label[box]).toLowerCase();
      const names = [graph.name_of[box] || "", graph.origin[box] || "", ...graph.makes[box].map((value) => data.values.name[value] || "")];
      if (label === wanted || names.some((name) => name.toLowerCase() === wanted)) exact.push(box);
      else if (label.includes(wanted) || names.some((name) => name.toLowerCase().includes(wanted))) found.push(box);
    }
    found = [...exact, ...found];
  }
  view.marked = new Set(found);
  view.draw();
  showHits(wanted);
}

function showHits(wanted) {
  const list = byId("hits"), graph = data.graphs[current];
  list.hidden = !wanted;
  const rows = found.slice(0, SHOWN).map((box, index) => {
    const row = make("li", index === at ? "at" : "", make("b", "", text(graph.label[box])), make("span", "", title(box)));
    row.addEventListener("pointerdown", (event) => { event.preventDefault(); at = index; visit(); });
    return row;
  });
  if (found.length !== 1)
    rows.push(make("li", "more", found.length ? `${found.length.toLocaleString("en")} found; Enter goes from one to the next` : "nothing found"));
  list.replaceChildren(...rows);
}

function visit() {
  go(found[at]);
  [...byId("hits").children].forEach((row, index) => row.classList.toggle("at", index === at));
  if (at < SHOWN) byId("hits").children[at].scrollIntoView({ block: "nearest" });
}

function closeHits() {
  byId("hits").hidden = true;
}

let visited = false;
byId("query").addEventListener("input", () => { visited = false; search(); });
byId("query").addEventListener("focus", () => { if (found.length) byId("hits").hidden = false; });
byId("query").addEventListener("blur", closeHits);
byId("query").addEventListener("keydown", (event) => {
  const step = { Enter: visited ? (event.shiftKey ? -1 : 1) : 0, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !found.length) return;
  event.preventDefault();
  at = (at + step + found.length) % found.length;
  visited = true;
  visit();
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target === byId("query");
  if (event.key === "Escape") {
    byId("query").value = "";
    search();
    byId("view").focus();
    view.select(-1);
  } else if (!isTyping && event.key === "/") {
    event.preventDefault();
    byId("query").focus();
    byId("query").select();
  } else if (!isTyping && (event.key === "+" || event.key === "=")) view.zoom(1.25);
  else if (!isTyping && event.key === "-") view.zoom(0.8);
  else if (!isTyping && event.key === "0") view.all();
});
byId("in").addEventListener("click", () => view.zoom(1.25));
byId("out").addEventListener("click", () => view.zoom(0.8));
byId("fit").addEventListener("click", () => view.all());

view.onSelect = showDetails;
open(0);
