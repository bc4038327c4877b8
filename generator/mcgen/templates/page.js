"use strict";
// The page works on what is in it: it makes no element from data, and reaches no network.
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const one = (selector, from = document) => from.querySelector(selector);
  root.classList.add("js");

  // Colours: as the system says, until somebody says otherwise.
  const theme = one("#theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const remember = (value) => { try { return value ? localStorage.setItem("mcgen-theme", value) : localStorage.getItem("mcgen-theme"); } catch { return null; } };
  const paint = () => theme.setAttribute("aria-pressed", String(dark()));
  if (["dark", "light"].includes(remember())) root.dataset.theme = remember();
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; remember(root.dataset.theme); paint(); });
  system.addEventListener("change", paint);
  paint();

  // Views.
  const tabs = all("[role=tab]");
  const show = (id) => {
    for (const tab of tabs) {
      const chosen = tab.getAttribute("aria-controls") === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      one(`#${tab.getAttribute("aria-controls")}`).classList.toggle("shown", chosen);
    }
    if (id === "map" && !touched) fit();
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener("click", () => show(tab.getAttribute("aria-controls")));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -i, End: tabs.length - 1 - i }[event.key];
      if (step === undefined) return;
      const next = tabs[(i + step + tabs.length) % tabs.length];
      event.preventDefault();
      event.stopPropagation();
      next.focus();
      next.click();
    });
  });

  // The map: a view box of the one that is shown, moved and scaled. `touched`: whether somebody moved it.
  const panel = one("#map");
  const maps = all("svg.map");
  const map = () => maps.find((svg) => getComputedStyle(svg).display !== "none") || maps[0];
  const EDGE = 16, SMALLEST = 0.45, LARGEST = 1.3;
  let view = { x: 0, y: 0, scale: 1 };
  let touched = false;
  const draw = () => {
    const { width, height } = panel.getBoundingClientRect();
    if (width && height) map().setAttribute("viewBox", `${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`);
  };
  const full = () => ({ width: Number(map().dataset.width), height: Number(map().dataset.height) });
  const fit = (everything = false) => {
    const { width, height } = panel.getBoundingClientRect();
    if (!width || !height) return;
    const size = full();
    const whole = Math.min(LARGEST, (width - 2 * EDGE) / size.width, (height - 2 * EDGE) / size.height);
    // What does not fit is not made too small to be read: it begins at its first corner.
    const across = Math.min(LARGEST, (width - 2 * EDGE) / size.width);
    const scale = everything || whole >= SMALLEST ? whole : Math.min(1, Math.max(across, SMALLEST));
    const spare = (outer, inner, most) => Math.max(EDGE / scale, Math.min((outer / scale - inner) / 2, most));
    view = { scale, x: -spare(width, size.width, Infinity), y: -spare(height, size.height, 150 / scale) };
    touched = everything;
    draw();
  };
  const zoom = (factor, at) => {
    const box = panel.getBoundingClientRect();
    const point = at || { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    const scale = Math.min(4, Math.max(0.08, view.scale * factor));
    const change = 1 / view.scale - 1 / scale;
    view = { scale, x: view.x + (point.x - box.left) * change, y: view.y + (point.y - box.top) * change };
    touched = true;
    draw();
  };
  const reveal = (cluster) => {
    const box = cluster.getBoundingClientRect(), frame = panel.getBoundingClientRect(), room = 24;
    const beyond = (low, high, from, to) => (low < from + room ? low - from - room : high > to - room ? high - to + room : 0);
    const dx = beyond(box.left, box.right, frame.left, frame.right), dy = beyond(box.top, box.bottom, frame.top, frame.bottom);
    if (!dx && !dy) return;
    view.x += dx / view.scale;
    view.y += dy / view.scale;
    draw();
  };
  for (const button of all("[data-zoom]")) {
    button.addEventListener("click", () => (button.dataset.zoom === "fit" ? fit(true) : zoom(Number(button.dataset.zoom))));
  }
  panel.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), { x: event.clientX, y: event.clientY });
  }, { passive: false });
  const fingers = new Map();
  let dragged = false;
  panel.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) dragged = false;
  });
  panel.addEventListener("pointermove", (event) => {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const now = { x: event.clientX, y: event.clientY };
    if (!dragged && Math.hypot(now.x - last.x, now.y - last.y) < 4) return;
    if (!dragged) panel.setPointerCapture(event.pointerId);
    dragged = touched = true;
    panel.classList.add("moving");
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      zoom(Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(last.x - other.x, last.y - other.y)), other);
    } else {
      view.x -= (now.x - last.x) / view.scale;
      view.y -= (now.y - last.y) / view.scale;
      draw();
    }
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    panel.addEventListener(kind, (event) => {
      fingers.delete(event.pointerId);
      if (!fingers.size) panel.classList.remove("moving");
    });
  }

  // Clusters: one is chosen, one can be reached with Tab, and some are found.
  const details = all("[data-details]");
  const words = details.map((article) => article.dataset.words);
  const rows = all("[data-row]");
  const drawn = (index) => one(`[data-cluster="${index}"]`, map());
  let chosen = -1, found = details.map(() => true);
  const stop = (index) => {
    for (const cluster of all('[data-cluster][tabindex="0"]')) cluster.setAttribute("tabindex", "-1");
    for (const cluster of all(`[data-cluster="${index}"]`)) cluster.setAttribute("tabindex", "0");
  };
  const middle = (cluster) => {
    const { e, f } = cluster.transform.baseVal.consolidate().matrix;
    const face = one(".face", cluster).getBBox();
    return { x: e + face.width / 2, y: f + face.height / 2 };
  };
  const choose = (index, { focus = false } = {}) => {
    chosen = index;
    one("#overview").hidden = index >= 0;
    details.forEach((article, i) => { article.hidden = i !== index; });
    for (const cluster of all("[data-cluster]")) cluster.classList.toggle("chosen", Number(cluster.dataset.cluster) === index);
    for (const line of all("[data-reads]")) line.classList.toggle("reads", line.dataset.reads.split(" ").includes(String(index)));
    if (index < 0) return;
    stop(index);
    reveal(drawn(index));
    one("aside").scrollTop = 0;
    if (focus) one(".close", details[index]).focus();
    one("h2", details[index]).scrollIntoView({ block: "nearest" });
  };
  const close = () => { const last = chosen; choose(-1); if (last >= 0 && panel.classList.contains("shown")) drawn(last).focus(); };
  const next = (cluster, key) => {
    const from = middle(cluster), level = key === "ArrowLeft" || key === "ArrowRight", forward = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    let best = null, least = Infinity;
    for (const other of all("[data-cluster]:not(.lost)", map())) {
      const to = middle(other), dx = to.x - from.x, dy = to.y - from.y;
      const along = (level ? dx : dy) * forward, aside = Math.abs(level ? dy : dx);
      if (along > 1 && along + 3 * aside < least) { least = along + 3 * aside; best = other; }
    }
    return best;
  };
  panel.addEventListener("click", (event) => {
    const cluster = event.target.closest("[data-cluster]");
    if (!dragged && cluster) choose(Number(cluster.dataset.cluster));
    else if (!dragged && !event.target.closest("button") && chosen >= 0) choose(-1);
    dragged = false;
  });
  panel.addEventListener("focusin", (event) => { const cluster = event.target.closest("[data-cluster]"); if (cluster) { stop(cluster.dataset.cluster); reveal(cluster); } });
  panel.addEventListener("keydown", (event) => {
    const cluster = event.target.closest("[data-cluster]");
    if (!cluster || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") choose(Number(cluster.dataset.cluster), { focus: true });
    else if (event.key.startsWith("Arrow")) { const to = next(cluster, event.key); if (to) to.focus(); }
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const go = event.target.closest("[data-go]");
    if (go) choose(Number(go.dataset.go), { focus: true });
    else if (event.target.closest(".close")) close();
  });

  // Search: every word must be found; the rest of the map steps back, the rest of the table goes.
  const search = one("#search");
  const chips = all("[data-find]");
  const find = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = words.map((text) => wanted.every((word) => text.includes(word)));
    for (const cluster of all("[data-cluster]")) cluster.classList.toggle("lost", !found[cluster.dataset.cluster]);
    rows.forEach((row, i) => { row.hidden = !found[i]; });
    const count = found.filter(Boolean).length;
    one(".none").hidden = count > 0;
    one("#found").textContent = wanted.length ? `${count} of ${found.length} clusters found` : "";
    for (const chip of chips) chip.setAttribute("aria-pressed", String(wanted.includes(chip.dataset.find)));
    if (count && !found[one('[data-cluster][tabindex="0"]').dataset.cluster]) stop(found.indexOf(true));
  };
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    // Without its default the same key would press the button that is focused now.
    if (event.key === "Enter" && found.includes(true)) { event.preventDefault(); choose(found.indexOf(true), { focus: true }); }
    if (event.key === "Escape") { event.stopPropagation(); search.value ? (search.value = "", find()) : search.blur(); }
  });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const others = search.value.split(/\s+/).filter((word) => word && word.toLowerCase() !== chip.dataset.find);
      search.value = [...others, ...(chip.getAttribute("aria-pressed") === "true" ? [] : [chip.dataset.find])].join(" ");
      find();
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); search.select(); }
    else if (event.key === "Escape" && chosen >= 0) close();
    else if (event.key === "+" || event.key === "=") zoom(1.3);
    else if (event.key === "-") zoom(0.77);
    else if (event.key === "0") fit(true);
  });

  const measure = () => {
    root.style.setProperty("--top", `${one("body > header").offsetHeight}px`);
    if (touched) draw(); else fit();
  };
  new ResizeObserver(measure).observe(panel);
  stop(0);
  show("map");
  measure();
  root.dataset.ready = "";
})();
