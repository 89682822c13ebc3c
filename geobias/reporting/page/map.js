"use strict";
// The map: fills the figure with data, switches layers, follows the colour scheme and the keyboard.
(() => {
  const facts = JSON.parse(document.getElementById("map-data").textContent);
  const item = JSON.parse(document.getElementById("map-bokeh").textContent);
  const holder = document.getElementById("map");
  const pickers = {
    model: document.getElementById("map-model"),
    scale: document.getElementById("map-scale"),
  };
  const radios = Array.from(document.querySelectorAll("input[name=layer]"));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coarse = matchMedia("(pointer: coarse)");
  const COLOURS = {
    light: { paper: "#ffffff", sea: "#eef2f5", land: "#d9dde2", border: "#8b949e", none: "#b3bbc4", edge: "#ffffff", empty: "#6b7480", chosen: "#d6006c", ink: "#1a1f24" },
    dark: { paper: "#14181c", sea: "#20262d", land: "#373f49", border: "#76818d", none: "#566270", edge: "rgba(255, 255, 255, 0.4)", empty: "#a3adb8", chosen: "#ff8ac4", ink: "#ffffff" },
  };
  const [left, bottom, right, top] = facts.bounds;
  const cells = facts.cells;
  const [xs, ys, amongXs, amongYs] = [cells.x, cells.y, cells.amongX, cells.amongY].map((all) => all.map((value) => value * facts.step));
  const grouped = new Intl.NumberFormat("en");
  const shapes = {
    sea: unrolled([facts.edge]),
    land: unrolled(facts.land),
    borders: unrolled(facts.borders),
  };
  let figure = null;
  let find = null;

  // Lines come as a first point and steps from point to point.
  function unrolled(lines) {
    const data = { xs: [], ys: [] };
    for (const line of lines) {
      let x = 0;
      let y = 0;
      const along = [];
      const up = [];
      for (let at = 0; at < line.length; at += 2) {
        x += line[at];
        y += line[at + 1];
        along.push(x * facts.step);
        up.push(y * facts.step);
      }
      data.xs.push(along);
      data.ys.push(up);
    }
    return data;
  }

  function chosen() {
    const key = radios.find((radio) => radio.checked).value;
    const layer = facts.layers.find((each) => each.key === key);
    const model = Number(pickers.model.value);
    const scale = Number(pickers.scale.value);
    const ofScale = layer.ofScale ? scale : 0;
    const values = layer.values[layer.ofModel ? model : 0][ofScale];
    const counts = layer.ofScale ? cells.centres : cells.samples;
    const of = [
      layer.ofModel ? facts.models[model] : "",
      layer.ofScale ? `at ${facts.scales[scale]}` : "",
    ];
    return { layer, model, scale, values, counts, of, span: layer.spans[ofScale] };
  }

  function shown(value) {
    const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
    return value.toFixed(digits).replace("-", "−");
  }

  function position(cell) {
    const lat = cells.lat[cell];
    const lon = cells.lon[cell];
    return `${Math.abs(lat).toFixed(1)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(1)}° ${lon < 0 ? "W" : "E"}`;
  }

  function counted(cell) {
    const samples = cells.samples[cell];
    const centres = cells.centres[cell];
    const said = `${grouped.format(samples)} sample${samples === 1 ? "" : "s"}`;
    return centres === samples ? said : `${said}, ${grouped.format(centres)} scored`;
  }

  // Cells that hold little are drawn small, around their samples: a cell may reach beyond the map.
  function hexagon(cell, count) {
    const weight = Math.sqrt(Math.min(1, count / facts.few));
    const size = Math.max(facts.smallest, weight);
    return {
      x: amongXs[cell] + size * (xs[cell] - amongXs[cell]),
      y: amongYs[cell] + size * (ys[cell] - amongYs[cell]),
      radius: facts.radius * size,
      alpha: facts.palest + (1 - facts.palest) * weight,
    };
  }

  function columns(hexagons, ...names) {
    return Object.fromEntries(names.map((name) => [name, hexagons.map((hexagon) => hexagon[name])]));
  }

  // Where nothing is hot, cells are grey: a colour would cry for attention.
  function tint() {
    const { layer, span } = chosen();
    const hot = layer.key === "hot";
    find("colours").setv({
      low: hot ? 1e-9 : span[0],
      high: span[1],
      low_color: hot ? COLOURS[scheme()].none : null,
    });
  }

  function drawLayer() {
    const now = chosen();
    const { layer, values, counts } = now;
    const known = [];
    const unknown = [];
    values.forEach((value, cell) => (value === null ? unknown : known).push(cell));
    const pick = (list, from) => list.map((cell) => from[cell]);
    tint();
    find("cells").data = {
      ...columns(known.map((cell) => hexagon(cell, counts[cell])), "x", "y", "radius", "alpha"),
      value_: pick(known, values),
      place: known.map((cell) => facts.places[cells.place[cell]]),
      at: known.map(position),
      counts: known.map(counted),
      value: known.map((cell) => `${layer.label}: ${shown(values[cell])} ${layer.unit}`),
    };
    find("empty").data = columns(unknown.map((cell) => hexagon(cell, cells.samples[cell])), "x", "y", "radius");
    find("chosen").data = { x: [], y: [], radius: [] };
    drawCircles(now);
    pickers.model.disabled = !layer.ofModel;
    pickers.scale.disabled = !layer.ofScale;
    describe(now, known);
    drawLegend(now);
    if (document.getElementById("map-cells").open) {
      listCells();
    }
  }

  // Circles are places where a model fails: on a layer without one, they would say nothing.
  function drawCircles({ layer, model }) {
    const { lines, x, y, number } = facts.circles[model];
    const shown = layer.ofModel;
    find("circles").data = unrolled(shown ? lines : []);
    find("numbers").data = {
      x: shown ? x.map((value) => value * facts.step) : [],
      y: shown ? y.map((value) => value * facts.step) : [],
      number: shown ? number : [],
    };
    document.getElementById("map-circles").hidden = !shown || number.length === 0;
  }

  function describe({ layer, values, of }, known) {
    document.getElementById("map-about").textContent = layer.about;
    const status = document.getElementById("map-status");
    const name = document.createElement("bdi");
    name.textContent = of[0];
    status.replaceChildren(layer.label, of[0] ? " of " : "", name, of[1] ? ` ${of[1]}` : "");
    if (known.length === 0) {
      status.append(": undefined everywhere.");
      return;
    }
    const numbers = known.map((cell) => values[cell]);
    const low = numbers.reduce((one, other) => Math.min(one, other));
    const high = numbers.reduce((one, other) => Math.max(one, other));
    status.append(
      `: ${grouped.format(known.length)} cells, from ${shown(low)} to ${shown(high)} ${layer.unit}.`,
    );
  }

  // BokehJS keeps colours as numbers, or as they came.
  function colours() {
    return Array.from(find("colours").palette, (colour) =>
      typeof colour === "number" ? `#${(colour >>> 8).toString(16).padStart(6, "0")}` : colour,
    );
  }

  function drawLegend({ layer, span, values }) {
    const palette = colours();
    const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((at) => palette[at]);
    const bar = document.getElementById("map-bar");
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    const ticks = document.getElementById("map-ticks");
    const marks = [0, 0.5, 1].map((share) => {
      const tick = document.createElement("span");
      const value = span[0] + share * (span[1] - span[0]);
      const beyond = values.some((each) => each !== null && (share === 0 ? each < span[0] : share === 1 && each > span[1]));
      const sign = beyond ? (share === 0 ? "≤ " : "≥ ") : "";
      tick.textContent = sign + shown(value) + (share === 1 ? ` ${layer.unit}` : "");
      return tick;
    });
    ticks.replaceChildren(...marks);
    document.getElementById("map-none").hidden = layer.key !== "hot";
    document.getElementById("map-counted").textContent = layer.ofScale ? "centres" : "samples";
  }

  function listCells() {
    const { layer, values, of } = chosen();
    const table = document.createElement("table");
    const caption = table.createCaption();
    const said = document.createElement("span");
    said.textContent = [layer.label, of[0] && `of ${of[0]}`, of[1]].filter(Boolean).join(" ");
    caption.append(said);
    const heading = table.createTHead().insertRow();
    for (const title of ["Place", "Middle", "Samples", `${layer.label} (${layer.unit})`]) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = title;
      cell.className = title === "Place" || title === "Middle" ? "word" : "number";
      heading.append(cell);
    }
    const body = table.createTBody();
    const order = Array.from(values.keys()).sort((one, other) => cells.samples[other] - cells.samples[one]);
    for (const cell of order) {
      const row = body.insertRow();
      const first = document.createElement("th");
      first.scope = "row";
      first.className = "word";
      first.textContent = facts.places[cells.place[cell]];
      row.append(first);
      const middle = row.insertCell();
      middle.className = "word";
      middle.textContent = position(cell);
      for (const [text, value] of [
        [grouped.format(cells.samples[cell]), cells.samples[cell]],
        [values[cell] === null ? "undefined" : shown(values[cell]), values[cell]],
      ]) {
        const entry = row.insertCell();
        entry.className = "number";
        entry.textContent = text;
        if (value !== null) {
          entry.dataset.order = value;
        }
      }
    }
    const holder = document.getElementById("map-table");
    holder.className = "window tall";
    holder.setAttribute("role", "region");
    holder.setAttribute("aria-label", "Cells of the map");
    holder.tabIndex = 0;
    holder.replaceChildren(table);
    geobiasTables.makeSortable(table);
  }

  function scheme() {
    return dark.matches ? "dark" : "light";
  }

  function paint() {
    const colours = COLOURS[scheme()];
    figure.setv({ background_fill_color: colours.paper, border_fill_color: colours.paper });
    find("sea-shape").glyph.fill_color = colours.sea;
    find("land-shape").glyph.fill_color = colours.land;
    find("borders-shape").glyph.line_color = colours.border;
    find("cells-shape").glyph.line_color = colours.edge;
    find("empty-shape").glyph.line_color = colours.empty;
    find("circles-halo").glyph.line_color = colours.paper;
    find("circles-shape").glyph.line_color = colours.ink;
    find("numbers-halo").glyph.text_outline_color = colours.paper;
    find("numbers-shape").glyph.text_color = colours.ink;
    find("chosen-shape").glyph.line_color = colours.chosen;
    tint();
  }

  // Magnify around the middle of what is seen, or move by shares of it; never off the map.
  function look(middleX, middleY, width) {
    const wide = Math.min(Math.max(width, (right - left) / 60), right - left);
    const tall = (wide * (top - bottom)) / (right - left);
    const x = Math.min(Math.max(middleX, left + wide / 2), right - wide / 2);
    const y = Math.min(Math.max(middleY, bottom + tall / 2), top - tall / 2);
    figure.x_range.setv({ start: x - wide / 2, end: x + wide / 2 });
    figure.y_range.setv({ start: y - tall / 2, end: y + tall / 2 });
  }

  function move(how) {
    const { x_range: across, y_range: up } = figure;
    const wide = across.end - across.start;
    const tall = up.end - up.start;
    const x = (across.start + across.end) / 2;
    const y = (up.start + up.end) / 2;
    const moves = {
      in: [x, y, wide / 1.5],
      out: [x, y, wide * 1.5],
      home: [x, y, right - left],
      left: [x - wide / 6, y, wide],
      right: [x + wide / 6, y, wide],
      up: [x, y + tall / 6, wide],
      down: [x, y - tall / 6, wide],
    };
    look(...moves[how]);
  }

  const KEYS = {
    "+": "in", "=": "in", "-": "out", "_": "out", "−": "out", 0: "home",
    ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  };

  function showPlace(row) {
    const cell = Number(row.dataset.cell);
    radios.find((radio) => radio.value === "accuracy").checked = true;
    pickers.model.value = String(facts.models.indexOf(row.dataset.model));
    drawLayer();
    look(xs[cell], ys[cell], Math.max((right - left) / 8, 4 * Number(row.dataset.radius)));
    find("chosen").data = { x: [xs[cell]], y: [ys[cell]], radius: [facts.radius * 1.25] };
    holder.scrollIntoView({ block: "center" });
    holder.focus({ preventScroll: true });
  }

  function offerPlaces() {
    for (const row of document.querySelectorAll("tr[data-cell]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "show";
      button.textContent = "show";
      const place = row.cells[2];
      const [name] = place.innerText.split("\n");
      button.setAttribute("aria-label", `Show ${name.trim()}, ${row.cells[3].textContent.trim()} on the map`);
      button.addEventListener("click", () => showPlace(row));
      place.insertBefore(button, place.querySelector("small"));
    }
  }

  // The wheel, and a finger, scroll the page unless the map is in use.
  function use(active) {
    const toolbar = figure.toolbar;
    toolbar.active_scroll = active ? find("wheel") : null;
    toolbar.active_drag = active || !coarse.matches ? find("pan") : null;
  }

  function print() {
    const { layer, values, counts, span } = chosen();
    const { x_range: across, y_range: up } = figure;
    const palette = colours();
    const hexagons = values.map((value, cell) => hexagon(cell, (value === null ? cells.samples : counts)[cell]));
    geobiasPaper.draw(document.getElementById("map-print"), {
      window: { left: across.start, right: across.end, bottom: up.start, top: up.end },
      shapes,
      cells: { ...columns(hexagons, "x", "y", "radius", "alpha"), values },
      circles: find("circles").data,
      numbers: find("numbers").data,
      chosen: find("chosen").data,
      colours: COLOURS.light,
      colourOf: (value) => {
        if (layer.key === "hot" && value === 0) {
          return COLOURS.light.none;
        }
        const share = (value - span[0]) / (span[1] - span[0]);
        return palette[Math.min(palette.length - 1, Math.max(0, Math.floor(share * palette.length)))];
      },
    });
  }

  async function start() {
    const manager = await Bokeh.embed.embed_item(item);
    const view = Array.from(manager)[0];
    figure = view.model;
    find = (name) => figure.document.get_model_by_name(name);
    for (const [name, data] of Object.entries(shapes)) {
      find(name).data = data;
    }
    paint();
    use(false);
    drawLayer();
    dark.addEventListener("change", paint);
    for (const input of [...radios, ...Object.values(pickers)]) {
      input.addEventListener("change", drawLayer);
    }
    holder.addEventListener("focusin", () => use(true));
    holder.addEventListener("focusout", () => use(false));
    holder.addEventListener("pointerdown", () => holder.focus({ preventScroll: true }));
    holder.addEventListener("keydown", (event) => {
      const how = KEYS[event.key];
      if (how && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        move(how);
      }
    });
    document.querySelectorAll("button[data-move]").forEach((button) => {
      button.addEventListener("click", () => move(button.dataset.move));
    });
    document.getElementById("map-cells").addEventListener("toggle", (event) => {
      if (event.target.open) {
        listCells();
      }
    });
    addEventListener("beforeprint", print);
    offerPlaces();
    holder.dataset.ready = "true";
  }

  start();
})();
