/* What a mix of measures changes in every draw, from response surfaces: the same numbers as those of
   expatsim.page.surface, expatsim.intervals and expatsim.findings. Plain script without modules: it
   runs in a page from the disk, and in Node. */
"use strict";

function whole(text) {
  const bytes = atob(text);
  const found = new Int16Array(bytes.length / 2);
  for (let k = 0; k < found.length; k++) {
    found[k] = bytes.charCodeAt(2 * k) | (bytes.charCodeAt(2 * k + 1) << 8);
  }
  return found;
}

function opened(surface) {
  if (typeof surface.steps === "string") surface.steps = whole(surface.steps);
  return surface;
}

/* a number that all draws share, or that of one */
function ofDraw(x, draw) {
  return typeof x === "number" ? x : x[draw];
}

/* terms of the polynomial in one draw; `levels` has null where a lever is not moved */
function terms(shape, surface, levels, delay, draw) {
  const wait = delay / shape.longest;
  const axes = shape.members[0].length;
  const place = new Array(axes).fill(0);
  const start = new Array(axes).fill(0);
  for (let x = 0; x < levels.length; x++) {
    const before = ofDraw(surface.levels[x], draw);
    const weight = ofDraw(surface.weights[x], draw);
    const after = levels[x] === null ? before : levels[x];
    for (let a = 0; a < axes; a++) {
      const member = shape.members[x][a];
      if (member) {
        start[a] += weight * before * member;
        place[a] += weight * after * member;
      }
    }
  }
  const found = [];
  for (let a = 0; a < axes; a++) {
    for (const k of shape.powers) {
      for (const w of shape.waits) found.push((place[a] ** k - start[a] ** k) * wait ** w);
    }
  }
  for (const [a, b] of shape.pairs) {
    const change = (place[a] - start[a]) * (place[b] - start[b]);
    for (const w of shape.pair_waits) found.push(change * wait ** w);
  }
  return found;
}

/* differences from the baseline, by outcome and draw */
function differences(shape, surface, levels, delay) {
  opened(surface);
  const draws = surface.baseline[0].length;
  const outcomes = surface.baseline.length;
  const found = Array.from({ length: outcomes }, () => new Array(draws).fill(0));
  for (let d = 0; d < draws; d++) {
    const x = terms(shape, surface, levels, delay, d);
    for (let o = 0; o < outcomes; o++) {
      const scale = surface.scale[o];
      let change = 0;
      for (let t = 0; t < scale.length; t++) {
        if (x[t]) change += x[t] * scale[t] * surface.steps[(o * scale.length + t) * draws + d];
      }
      surface.of_pairs[o].forEach((size, k) => { change += x[scale.length + k] * size; });
      const base = surface.baseline[o][d];
      const more = Math.expm1(change);
      found[o][d] = shape.shares[o]
        ? (base * (1 - base) * more) / (1 + base * more)
        : base * more;
    }
  }
  return found;
}

function quantile(values, q) {
  const ordered = Float64Array.from(values).sort();
  const place = (ordered.length - 1) * q;
  const below = Math.floor(place);
  const above = Math.min(below + 1, ordered.length - 1);
  const part = place - below;
  const gap = ordered[above] - ordered[below];
  if (part === 0 || gap === 0) return ordered[below];
  return part < 0.5 ? ordered[below] + gap * part : ordered[above] - gap * (1 - part);
}

function spread(values) {
  const [low, low50, middle, high50, high] = [0.05, 0.25, 0.5, 0.75, 0.95].map((q) =>
    quantile(values, q)
  );
  return { low, low50, middle, high50, high };
}

function higher(values) {
  let count = 0;
  for (const x of values) count += x > 0 ? 1 : x === 0 ? 0.5 : 0;
  return count / values.length;
}

function verdict(rules, values, least) {
  if (values.length < rules.fewest_draws) return "too few draws";
  if (values.every((x) => x === 0)) return "no difference";
  const up = higher(values);
  const sure = Math.max(up, 1 - up);
  const { low, middle, high } = spread(values);
  if (-least < low && high < least) return "practically no difference";
  if (-least < middle && middle < least) return "the model is undecided";
  if (sure >= rules.clear) return "clear";
  return sure >= rules.likely ? "likely" : "the model is undecided";
}

function moments(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, spread: Math.sqrt(variance) };
}

function basis(rules, after, before) {
  if (Math.min(after.length, before.length) < rules.fewest_draws) return "not known";
  const a = moments(after);
  const b = moments(before);
  let ratio = Infinity;
  let shift = Infinity;
  if (b.spread > 0) {
    ratio = a.spread / b.spread;
    shift = Math.abs(a.mean - b.mean) / b.spread;
  } else if (a.spread === 0 && a.mean === b.mean) {
    ratio = 1;
    shift = 0;
  }
  const error = Math.sqrt(0.5 / after.length + 0.5 / before.length);
  const narrower = ratio * Math.exp(rules.errors * error);
  const square = Math.min(ratio, 1e6) ** 2;
  const nearer = shift - rules.errors * Math.sqrt(square / after.length + 1 / before.length);
  if (narrower <= rules.measured[0] || nearer >= rules.measured[1]) return "measured";
  if (narrower <= rules.partly[0] || nearer >= rules.partly[1]) return "partly measured";
  return "assumption only";
}

const SPOKEN = ["clear", "likely", "the model is undecided", "practically no difference"];

/* everything that is shown of a mix, by outcome */
function answer(data, city, levels, delay) {
  const { posterior, prior } = data.cities[city];
  const after = differences(data.shape, posterior, levels, delay);
  const before = prior && differences(data.shape, prior, levels, delay);
  return after.map((values, o) => {
    const least = data.shape.shares[o] ? data.rules.share : data.rules.number;
    const sure = verdict(data.rules, values, least);
    const base = posterior.baseline[o];
    return {
      baseline: spread(base),
      plan: spread(values.map((x, d) => base[d] + x)),
      difference: spread(values),
      higher: higher(values),
      verdict: sure,
      rests: SPOKEN.includes(sure) && before ? basis(data.rules, values, before[o]) : "",
    };
  });
}

if (typeof module !== "undefined") module.exports = { answer, differences };
