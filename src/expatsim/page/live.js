// The page's only script: it sends moves, and shows the newest answer. What it is given as HTML was
// made and escaped by expatsim.
"use strict";
(() => {
  const body = document.body;
  const by = (id) => document.getElementById(id);
  const head = by("head"), rest = by("rest"), choices = by("choices"), bar = by("bar");
  const LARGEST = 200000; // bytes of a scenario file
  let revision = Number(body.dataset.revision);
  let asking = null; // the request for an answer that is under way
  let gesture = 0; // moves of one gesture are undone together
  let sending = false;
  const unsent = new Map(); // newest move of each control

  function tell(id, text) {
    by(id).textContent = text;
    by(id).hidden = !text;
  }

  // details stay open and the focus stays where it is
  function replace(place, html) {
    const open = [...place.querySelectorAll("details[open]")].map((x) => x.id);
    const focus = document.activeElement && place.contains(document.activeElement) ? document.activeElement.id : "";
    place.innerHTML = html;
    open.forEach((id) => by(id) && (by(id).open = true));
    if (focus && by(focus)) by(focus).focus({ preventScroll: true });
  }

  async function request(where, options) {
    const reply = await fetch(where, options);
    const told = await reply.json();
    if (by("problem").textContent === body.dataset.lost) tell("problem", ""); // it is there again
    return told;
  }

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  async function follow() {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    let stage = 0;
    body.dataset.stage = 0;
    head.setAttribute("aria-busy", "true");
    rest.setAttribute("aria-busy", "true");
    while (stage < 3 && mine === asking) {
      let told;
      try {
        told = await request(`answer?revision=${revision}&after=${stage}`, { signal: mine.signal });
      } catch (error) {
        if (mine !== asking || error.name === "AbortError") return;
        tell("problem", body.dataset.lost);
        await wait(1000);
        continue;
      }
      if (mine !== asking) return;
      if (told.state === "superseded") {
        revision = told.revision; // moved in another window, or by a move that is under way
        if (!sending) replace(choices, told.controls);
      } else if (told.state === "working") {
        working(told);
      } else if (told.state === "answer") {
        stage = told.stage;
        show(told);
      } else {
        tell("problem", told.problem);
        break;
      }
    }
    head.removeAttribute("aria-busy");
    rest.removeAttribute("aria-busy");
  }

  function working(told) {
    const progress = by("progress");
    if (!progress) return;
    progress.hidden = false;
    progress.max = told.of;
    progress.value = told.done;
  }

  function show(told) {
    replace(head, told.head);
    replace(rest, told.rest);
    bar.textContent = by("short").textContent;
    bar.classList.toggle("rough", told.stage < 2);
    const sentence = by("sentence").textContent;
    if (told.stage > 1 && by("said").textContent !== sentence) by("said").textContent = sentence;
    body.dataset.stage = told.stage;
    body.dataset.shown = revision;
  }

  function changed(told, control) {
    tell("problem", told.problem || "");
    if (told.controls && !unsent.size) replace(choices, told.controls);
    if (told.problem) return;
    revision = told.revision;
    if (told.text && control) {
      by(`t-${control}`).textContent = told.text;
      by(`s-${control}`).setAttribute("aria-valuetext", told.text);
    }
    body.dataset.asked = revision;
    follow();
  }

  // one move is under way; of those that come meanwhile, the newest of each control is sent
  async function send(key, move) {
    unsent.delete(key);
    unsent.set(key, move);
    if (sending) return;
    sending = true;
    while (unsent.size) {
      const [first, next] = unsent.entries().next().value;
      unsent.delete(first);
      try {
        const told = await request("move", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(next),
        });
        changed(told, next.lever || first);
      } catch (error) {
        tell("problem", body.dataset.lost);
      }
    }
    sending = false;
  }

  async function post(where, content) {
    try {
      return await request(where, { method: "POST", body: content });
    } catch (error) {
      return { problem: body.dataset.lost };
    }
  }

  function moveOf(control, level) {
    const from = control.querySelector('[data-part="from"]').value;
    if (control.dataset.lever === undefined) return { move: "climate", climate: level, from };
    return { move: "lever", lever: control.dataset.lever, level, unit: control.dataset.unit, from };
  }

  const levelOf = (control) => control.querySelector('[data-part="level"]');
  const nameOf = (control) => control.dataset.lever || "economy";

  choices.addEventListener("input", (event) => {
    const at = event.target, control = at.closest(".lever");
    if (at.dataset.part !== "slider") return;
    levelOf(control).value = at.value;
    send(nameOf(control), { ...moveOf(control, at.value), gesture, drawing: true });
  });

  choices.addEventListener("change", (event) => {
    const at = event.target, control = at.closest(".lever"), part = at.dataset.part;
    if (at.id === "file") load(at);
    else if (at.dataset.field) field(at);
    else if (at.dataset.people) send(at.id, { move: "people", what: at.dataset.people, people: at.value });
    else if (!control) return;
    else if (part === "slider") {
      send(nameOf(control), { ...moveOf(control, at.value), gesture });
      gesture += 1;
    } else if (part === "level" || part === "from") {
      send(nameOf(control), moveOf(control, levelOf(control).value));
    } else if (part === "unit") {
      send(at.id, { move: "unit", lever: nameOf(control), unit: at.value });
    } else if (part === "cost") {
      send(at.id, { move: "cost", lever: nameOf(control), cost: at.dataset.cost, euros: at.value });
    } else if (part === "euros") {
      send(nameOf(control), { ...moveOf(control, at.value), unit: "euros" });
    }
  });

  function field(at) {
    const name = at.dataset.field;
    const moves = {
      city: { move: "city", city: at.value },
      start: { move: "start", year: at.value },
      title: { move: "title", title: at.value },
      value: { move: "value", euros: at.value },
    };
    send(name, moves[name]);
  }

  async function load(at) {
    const file = at.files[0];
    if (!file) return;
    if (file.size > LARGEST) {
      tell("problem", body.dataset.large);
    } else {
      const content = await file.arrayBuffer().catch(() => null); // gone or changed since
      if (content) changed(await post("load", content));
      else tell("problem", body.dataset.unreadable);
    }
    at.value = "";
  }

  choices.addEventListener("click", async (event) => {
    const at = event.target.closest("button");
    if (!at) return;
    if (at.dataset.part === "before") {
      const name = nameOf(at.closest(".lever"));
      await send(name, { move: "lever as before", lever: name });
      by(`s-${name}`).focus({ preventScroll: true });
    } else if (at.dataset.do === "save") {
      tell("notice", body.dataset.writing);
      at.disabled = true;
      const told = await post("report", "");
      at.disabled = false;
      tell("problem", told.problem || "");
      tell("notice", told.problem ? "" : told.text);
      if (!told.problem) by("notice").append(" ", link(told));
    } else if (at.dataset.do) {
      send(at.dataset.do, { move: at.dataset.do });
    }
  });

  function link(told) {
    const a = document.createElement("a");
    a.href = told.href;
    a.target = "_blank";
    a.textContent = told.open;
    return a;
  }

  follow();
})();
