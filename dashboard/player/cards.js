// What stands beside the timeline: feedback cards, scores with their intervals, the list of moments.

import { chip, make } from "./format.js";

const TYPES = { keep: ["Keep", "✓"], try: ["Try", "→"] };

/** Fills the feedback: one card each in the profile's language, its times as links that play them. */
export function feedback(slot, { feedback: items, language: lang }, play) {
  if (!items.length) {
    slot.append(make("p", { cls: "none", text: "No feedback: too little could be measured in this recording." }));
  }
  for (const item of items) {
    const [word, sign] = TYPES[item.type] ?? ["Note", "·"];
    const spans = item.spans.map(([start, end]) => chip(start, end, play));
    slot.append(
      make("article", { cls: `card ${item.type}` }, [
        make("p", { cls: "type" }, [make("span", { text: sign, "aria-hidden": "true" }), ` ${word}`]),
        make("h3", { text: item.title, lang }),
        make("p", { text: item.seen, lang }),
        ...(spans.length ? [make("p", { cls: "chips" }, spans)] : []),
        ...(item.why ? [make("p", { cls: "why", text: item.why, lang })] : []),
        ...(item.try_next ? [make("p", { cls: "next", text: item.try_next, lang })] : []),
      ]),
    );
  }
}

/** Fills the scores: for each person one card per cue, one row per score. */
export function scores(slot, people) {
  for (const person of people) {
    if (people.length > 1) slot.append(make("h3", { cls: "person", text: person.label }));
    const grid = make("div", { cls: "grid" });
    for (const group of person.groups) {
      const rows = group.rows.map(row);
      const notes = group.notes.map((text) => make("p", { cls: "words", text }));
      grid.append(make("article", { cls: "card" }, [make("h3", { text: group.label }), ...notes, ...rows]));
    }
    slot.append(grid);
  }
}

/** The first person's scores for which the profile has a band; false where there is none. */
export function glance(slot, [person]) {
  const banded = person?.groups.flatMap((group) => group.rows).filter((score) => score.band) ?? [];
  slot.append(make("h2", { text: `${person?.label ?? ""}: scores` }), ...banded.map(row));
  return banded.length > 0;
}

function row(score) {
  const head = make("p", { cls: "what" }, [
    make("span", { text: score.label }),
    make("b", { text: score.text, ...(score.value === null ? { class: "none" } : {}) }),
  ]);
  const parts = [head];
  if (score.value !== null && score.scale !== null) parts.push(gauge(score));
  if (score.verdict) parts.push(make("p", { cls: "verdict", text: score.said }));
  if (score.notes.length) parts.push(make("p", { cls: "words", text: score.notes.join(" · ") }));
  return make("div", { cls: "score" }, parts);
}

/** Value as a dot, interval as a line, the profile's band as a field behind them. */
function gauge({ value, ci95, band, scale, spoken }) {
  const at = (x) => `${(100 * Math.min(Math.max(x, 0), scale)) / scale}%`;
  const bar = make("div", { cls: "gauge", role: "img", "aria-label": spoken });
  const place = (cls, low, high) => {
    const part = make("i", { cls });
    part.style.left = at(low);
    part.style.width = `calc(${at(high)} - ${at(low)})`;
    bar.append(part);
  };
  if (band) place("band", band[0] ?? 0, band[1] ?? scale);
  if (ci95) place("interval", ci95[0], ci95[1]);
  place("dot", value, value);
  return bar;
}

/** Every event and every gap, in order of time. */
export function momentsOf(lanes) {
  const all = lanes.flatMap((lane) => [
    ...lane.blocks.map((block) => ({ ...block, lane: lane.label })),
    ...lane.gaps.map((gap) => ({ ...gap, lane: lane.label, text: `Not measurable: ${gap.reason}` })),
  ]);
  return all.sort((a, b) => a.start - b.start);
}

/** Fills the list of moments, each a link that plays it. */
export function moments(slot, all, play) {
  for (const { start, end, text, lane } of all) {
    const words = [make("span", { text }), make("span", { cls: "lane-name", text: lane })];
    slot.append(make("li", {}, [chip(start, end, play), ...words]));
  }
}

/** What is going on in a lane at a time, in a word. */
export function happening(lane, time) {
  if (lane.empty) return "";
  const gap = lane.gaps.find(({ start, end }) => start <= time && time < end);
  if (gap) return gap.reason;
  const here = lane.blocks.filter(({ start, end }) => start <= time && time < end);
  return here.map(({ kind }) => lane.kinds.find((k) => k.kind === kind).short).join(", ");
}

