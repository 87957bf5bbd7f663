/* The saved page: levers, undo, two languages; answers come from surface.js. */
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const start = () => ({ city: data.first, delay: 0, levels: {} }); // levels in the levers' units
  const MOST_UNDONE = 200;
  let language = document.documentElement.lang;
  let plan = start();
  let before = [];
  let drawn = ""; // slider that is being moved, by pointer or keys: its moves are undone together
  let later = 0;

  /* --- words and numbers */

  const said = (key) => data.texts[language][key];
  const fill = (text, values = {}) =>
    text.replace(/%\((\w+)\)s|%%/g, (all, name) => (all === "%%" ? "%" : values[name]));
  const say = (key, values) => fill(said(key), values);

  function number(x, digits = 0, sign = false) {
    const rounded = Number(x.toFixed(digits)) + 0;
    const text = new Intl.NumberFormat(said("locale"), {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(Math.abs(rounded));
    return (rounded < 0 ? "−" : sign && rounded > 0 ? "+" : "") + text;
  }

  const percent = (x) => `${number(100 * x)}%`;
  const range = (low, high) => say("range", { low, high });
  const isShare = (o) => data.shape.shares[o];

  function valueOf(x, o) {
    const show = isShare(o) ? percent : number;
    return `${show(x.middle)} (${range(show(x.low), show(x.high))})`;
  }

  function points(x, o) {
    const [scale, digits] = isShare(o) ? [100, 1] : [1, 0];
    const [low, middle, high] = [x.low, x.middle, x.high].map((y) => number(scale * y, digits, true));
    return `${middle} (${range(low, high)})`;
  }

  const leverOf = (name) => data.levers.find((x) => x.name === name);
  const moved = () => data.levers.filter((x) => x.name in plan.levels);
  const shown = (x, level) => Number((level * x.factor).toFixed(4));
  const levelOf = (x, value) => Number((value / x.factor).toFixed(6));

  function levelText(x, level) {
    let text = x.unit === "percent" ? percent(level) : number(level, Number.isInteger(level) ? 0 : 1, x.signed);
    const arrive = x.arrive[plan.city];
    if (arrive && level > 0) {
      text = say("people", { level: text, people: number(level * arrive) });
    }
    return text;
  }

  /* --- the plan as a file */

  function yaml() {
    const city = data.cities[plan.city];
    const lines = [`title: ${city.titles.en}`, `title_nl: ${city.titles.nl}`, `city: ${plan.city}`];
    lines.push(`start: ${city.start}`, `years: ${data.years}`);
    const levels = moved().map((x) => `${x.name}: ${plan.levels[x.name]}`);
    if (levels.length && plan.delay) {
      const [year, month] = city.start.split("-");
      lines.push("changes:", `- date: ${Number(year) + plan.delay}-${month}`, "  policy:");
      lines.push(...levels.map((line) => `    ${line}`));
    } else if (levels.length) {
      lines.push("policy:", ...levels.map((line) => `  ${line}`));
    }
    lines.push(`seed: ${data.seed}`, "draws: 100");
    return lines.join("\n") + "\n";
  }

  /* --- what is shown */

  function bars(rows) {
    const tag = (name, values, text = "") =>
      `<${name} ${Object.entries(values).map(([k, x]) => `${k}="${x}"`).join(" ")}>${text}</${name}>`;
    const wide = by("bars").clientWidth || 600;
    const left = 8;
    const narrow = wide < 480; // the table below has the numbers
    const right = narrow ? wide - 8 : wide - 170;
    const step = 44;
    const ends = rows.flatMap((r) => [r.difference.low, r.difference.high, 0]).map((x) => 100 * x);
    const room = 0.06 * (Math.max(...ends) - Math.min(...ends)) || 1;
    const [low, high] = [Math.min(...ends) - room, Math.max(...ends) + room];
    const across = (x) => (left + ((x - low) / (high - low)) * (right - left)).toFixed(1);
    const size = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].find((s) => (high - low) / s <= (narrow ? 4 : 8)) || 100;
    const bottom = rows.length * step + 4;
    let marks = "";
    for (let k = Math.ceil(low / size); k * size <= high; k++) {
      const x = across(k * size);
      marks += tag("line", { x1: x, x2: x, y1: 0, y2: bottom, stroke: k ? "#e0e0e0" : "#595959" });
      const digits = size < 1 ? 1 : 0;
      marks += tag("text", { x, y: bottom + 16, "text-anchor": "middle" }, number(k * size, digits, true));
    }
    rows.forEach((r, k) => {
      const y = k * step + 32;
      const d = r.difference;
      const line = (a, b, width) =>
        tag("line", { x1: across(100 * a), x2: across(100 * b), y1: y, y2: y, stroke: "#0072B2", "stroke-width": width });
      marks += tag("text", { x: left, y: y - 14 }, r.label);
      marks += line(d.low, d.high, 2) + line(d.low50, d.high50, 6);
      marks += tag("circle", { cx: across(100 * d.middle), cy: y, r: 4, fill: "#fff", stroke: "#0072B2", "stroke-width": 1.5 });
      if (!narrow) marks += tag("text", { x: right + 12, y: y + 4 }, r.text);
    });
    return tag("svg", { viewBox: `0 0 ${wide} ${bottom + 22}`, class: narrow ? "narrow" : "wide", "aria-hidden": "true", focusable: "false" }, marks);
  }

  function label(place, kind, key) {
    place.className = key ? kind : "";
    place.textContent = key ? said(key) : "–";
  }

  const sureClass = (key) => `verdict ${key === "clear" || key === "likely" ? key : "open"}`;
  const restsClass = (key) =>
    `basis ${{ measured: "measured", "partly measured": "partly" }[key] || "assumed"}`;

  function sentence(found, o) {
    const main = found[o];
    const [low, middle, high] = [main.difference.low, main.difference.middle, main.difference.high];
    const name = main.verdict === "clear" || main.verdict === "likely"
      ? `${main.verdict} ${main.higher > 0.5 ? "more" : "fewer"}`
      : main.verdict;
    return say(`sentence ${name}`, {
      base: data.cities[plan.city].baselines[language],
      size: number(100 * Math.abs(middle), 1),
      low: number(100 * low, 1, true),
      middle: number(100 * middle, 1, true),
      high: number(100 * high, 1, true),
      smallest: number(100 * data.rules.share, 1),
      draws: data.rules.fewest_draws,
    });
  }

  function strong(place, first, rest) {
    const bold = document.createElement("strong");
    bold.textContent = first;
    place.replaceChildren(bold, ` ${rest}`);
  }

  function showRows(found, any) {
    document.querySelectorAll("#rest .stack tbody tr").forEach((row, o) => {
      const [base, ours, difference] = row.querySelectorAll("td");
      const x = found[o];
      base.textContent = valueOf(x.baseline, o);
      ours.textContent = any ? valueOf(x.plan, o) : "–";
      difference.textContent = any ? points(x.difference, o) : "–";
      if (!any) return;
      difference.append(document.createElement("br"));
      for (const [kind, key] of [[sureClass, x.verdict], [restsClass, x.rests]]) {
        if (!key) continue;
        const mark = document.createElement("span");
        label(mark, kind(key), key);
        difference.append(mark, " ");
      }
    });
  }

  function showAnswer() {
    const levels = data.levers.map((x) => (x.name in plan.levels ? plan.levels[x.name] : null));
    const found = answer(data, plan.city, levels, plan.delay);
    const o = data.main;
    const any = moved().length > 0;
    const city = data.cities[plan.city];
    const outcome = said("outcomes")[o];
    by("name").textContent = any ? city.titles[language] : city.baselines[language];
    strong(by("sentence"), any ? `${outcome}.` : `${outcome}:`, any ? sentence(found, o) : `${valueOf(found[o].baseline, o)}.`);
    by("labels").hidden = !any;
    label(by("sure"), sureClass(found[o].verdict), found[o].verdict);
    label(by("rests"), restsClass(found[o].rests), found[o].rests);
    by("compared").hidden = false;
    by("compared").textContent = any
      ? say("compared", { title: city.baselines[language], value: valueOf(found[o].baseline, o) })
      : said("nothing");
    by("chart").hidden = !any;
    if (any) {
      const rows = found.map((x, k) => ({ ...x, label: said("outcomes")[k], text: points(x.difference, k) }));
      by("bars").replaceChildren();
      data.charts.forEach((outcomes, k) => {
        const title = document.createElement("p");
        title.className = "hint";
        title.textContent = said("charts")[k];
        const place = document.createElement("div");
        by("bars").append(title, place);
        place.innerHTML = bars(outcomes.map((at) => rows[at]));
      });
    }
    showRows(found, any);
    const short = any ? points(found[o].difference, o) : valueOf(found[o].baseline, o);
    by("bar").textContent = `${outcome}: ${short}`;
    clearTimeout(later);
    later = setTimeout(() => { by("said").textContent = `${outcome}: ${short}`; }, 500);
  }

  function showControls() {
    by("city").value = plan.city;
    by("delay").value = String(plan.delay);
    by("undo").disabled = !before.length;
    for (const x of data.levers) {
      const any = x.name in plan.levels;
      const base = x.baseline[plan.city];
      const value = any ? shown(x, plan.levels[x.name]) : base.value;
      for (const id of ["s", "n"]) {
        if (by(`${id}-${x.name}`) !== document.activeElement || Number(by(`${id}-${x.name}`).value) !== value) {
          by(`${id}-${x.name}`).value = value;
        }
      }
      const text = any ? levelText(x, plan.levels[x.name]) : base.text[language];
      by(`t-${x.name}`).textContent = text;
      by(`s-${x.name}`).setAttribute("aria-valuetext", text);
      by(`b-${x.name}`).hidden = !any;
      by(`s-${x.name}`).closest(".lever").classList.toggle("moved", any);
    }
    by("yaml").value = yaml();
    by("yaml").rows = yaml().split("\n").length + 1;
    by("copied").textContent = "";
  }

  function show() {
    showControls();
    showAnswer();
  }

  /* --- moves */

  function go(change, slider = "") {
    if (!slider || slider !== drawn) before = [...before, plan].slice(-MOST_UNDONE);
    drawn = slider;
    plan = { ...plan, ...change };
    tell("");
    show();
  }

  function tell(text) {
    by("problem").textContent = text;
    by("problem").hidden = !text;
  }

  function move(x, text, slider = "") {
    const value = Number(String(text).replace(",", "."));
    const [low, high] = [x.low, x.high];
    if (String(text).trim() === "" || !Number.isFinite(value) || value < low || value > high) {
      showControls();
      tell(say("range problem", { what: x.labels[language], value: text || "–", low: number(low), high: number(high) + (x.unit === "percent" ? "%" : "") }));
      return;
    }
    go({ levels: { ...plan.levels, [x.name]: levelOf(x, value) } }, slider);
  }

  function without(name) {
    const levels = { ...plan.levels };
    delete levels[name];
    go({ levels });
    by(`s-${name}`).focus({ preventScroll: true });
  }

  function copy() {
    const place = by("yaml");
    place.focus();
    place.select();
    let done = false;
    try { done = document.execCommand("copy"); } catch (error) { done = false; }
    by("copied").textContent = said(done ? "copied" : "copy by hand");
  }

  function speak(code) {
    language = code;
    document.documentElement.lang = code;
    document.title = said("title");
    const open = by("d-grades") && by("d-grades").open;
    by("page").replaceChildren(by(`page-${code}`).content.cloneNode(true));
    by("d-grades").open = Boolean(open);
    show();
  }

  const nameOf = (at) => at.closest(".lever") && at.closest(".lever").dataset.lever;

  document.addEventListener("input", (event) => {
    const at = event.target;
    if (at.dataset.part === "slider") move(leverOf(nameOf(at)), at.value, nameOf(at));
  });

  for (const end of ["pointerdown", "focusout"]) {
    document.addEventListener(end, () => { drawn = ""; });
  }

  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.dataset.part === "level") move(leverOf(nameOf(at)), at.value);
    else if (at.id === "city") go({ city: at.value });
    else if (at.id === "delay") go({ delay: Number(at.value) });
  });

  document.addEventListener("click", (event) => {
    const at = event.target.closest("button");
    if (!at) return;
    if (at.dataset.language) {
      speak(at.dataset.language);
      document.querySelector(`[data-language="${language}"]`).focus();
    } else if (at.dataset.part === "before") without(nameOf(at));
    else if (at.id === "copy") copy();
    else if (at.id === "reset") go(start());
    else if (at.id === "undo" && before.length) {
      plan = before[before.length - 1];
      before = before.slice(0, -1);
      drawn = "";
      tell("");
      show();
    }
  });

  let resizing = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(showAnswer, 100);
  });

  speak(language);
})();
