"""One person's scores over time, their goals, and the feedback that keeps coming back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from attune import AttuneError
from dashboard import charts
from dashboard.page import catalogue
from dashboard.text import day, plain
from scoring.catalogue import Catalogue, Entry
from scoring.comparison import NO_CLEAR_CHANGE, change, measured_alike
from scoring.goals import Goal, goals_of, remove_goal, set_goal
from scoring.history import Past, Point, history, points, ratings, recurring
from scoring.profile import BANDED, top_of
from scoring.scorecard import SCORES, row, write
from scoring.timeline import CUES, PURPLE

NOBODY = ""
SIDES = ("the first session", "the last one")
HOW_TO_READ = (
    "The dot is what was measured, the line its 95 % interval, the green field the band of the profile, the "
    "dashed line a personal goal. A hollow dot: not measurable in that session. Open “As numbers” to go to a "
    "session."
)


def main() -> None:
    st.title("Progress", anchor=False)
    shelf = catalogue()
    entries = shelf.entries()
    if not entries:
        st.info("There are no sessions yet. Add a recording and say whom it shows: progress appears here.")
        return
    person = choose(shelf, entries)
    pasts, problems = history(shelf, (one for one in entries if one.person == person and not one.problem))
    charts.style()
    if person == NOBODY and pasts:
        st.info("These sessions name nobody. Name people in the list of sessions to see each one's progress.")
    for problem in problems:
        st.warning(f"A session is left out: {plain(problem)}")
    if not pasts:
        st.info(f"No session shows {plain(person) or 'anybody without a name'} yet.")
    else:
        show(shelf, person, pasts)
    if person != NOBODY:
        edit_goals(shelf, person)


def choose(shelf: Catalogue, entries: Sequence[Entry]) -> str:
    """Whose progress: as the address says, or of whom the newest session is."""
    people = shelf.people()
    if any(not entry.person and not entry.problem for entry in entries):
        people.append(NOBODY)
    if not people:
        people = [NOBODY]
    named = next((entry.person for entry in entries if entry.person), people[0])
    given = st.query_params.get("person", named)
    st.session_state["progress_person"] = given if given in people else named
    person = st.selectbox(
        "Person", people, format_func=lambda name: name or "Nobody named", key="progress_person",
        on_change=lambda: st.query_params.update(person=st.session_state["progress_person"]),
    )  # fmt: skip
    if given not in people:
        st.info(f"{plain(given) or 'Somebody unnamed'} isn't in this library. Choose somebody who is.")
    return person


def show(shelf: Catalogue, person: str, pasts: list[Past]) -> None:
    goals = {} if person == NOBODY else goals_of(shelf.library, person)
    shown = [made for name in BANDED if (made := trend(name, pasts, goals.get(name)))]
    charts.words(overview(pasts), notes=before_reading(pasts))
    if shown:
        charts.trends(shown, "Scores over time", HOW_TO_READ)
    else:
        st.info("No score with a band was computed in these sessions.")
    come_back(pasts)
    rated(shelf, pasts)


def overview(pasts: Sequence[Past]) -> str:
    """How many sessions there are, and what changed from the first to the last."""
    if len(pasts) == 1:
        return "One session so far: with a second one you will see what changes."
    dates = list(dict.fromkeys(filter(None, (day(past.entry.created) for past in pasts))))
    when = f", {dates[0]} to {dates[-1]}" if len(dates) > 1 else f", {dates[0]}" if dates else ""
    said: dict[str, list[str]] = {verdict: [] for verdict in ("higher", "lower", NO_CLEAR_CHANGE)}
    for name in BANDED:
        known = measured(points(pasts, name))
        one = compared(name, known) if len(known) > 1 else None
        if one and one.difference:
            said[one.verdict].append(one.label + (f" ({one.toward})" if one.toward else ""))
    lines = [f"{verdict}: {', '.join(labels)}" for verdict, labels in said.items() if labels]
    summary = f" From the first measured session to the last: {'; '.join(lines)}." if lines else ""
    return f"{len(pasts)} sessions{when}.{summary}"


def before_reading(pasts: Sequence[Past]) -> list[str]:
    found = []
    differing = measured_alike([past.info for past in pasts])
    if differing:
        found.append(f"Not all sessions were measured alike: they differ in {', '.join(differing)}.")
    undated = sum(past.entry.created is None for past in pasts)
    if undated:
        found.append(f"Without a date, so in the tables but not in the charts: {undated}.")
    return found


def measured(known: Sequence[Point]) -> list[Point]:
    return [point for point in known if point.value is not None]


def compared(name: str, known: Sequence[Point]):
    """The change from the first to the last of these points."""
    first, last = known[0], known[-1]
    scores = (point.past.staff[name] for point in (first, last))
    bands = [point.past.bands.get(name) for point in (first, last)]
    durations = first.past.entry.duration_s, last.past.entry.duration_s
    return change(name, *scores, bands[1] if bands[0] == bands[1] else None, durations, SIDES)


def trend(name: str, pasts: Sequence[Past], goal: Goal | None) -> charts.Trend | None:
    """One score's chart; None where no session has that score."""
    found = points(pasts, name)
    if not found:
        return None
    _, label, style = SCORES[name]
    known = measured(found)
    band = found[-1].past.bands.get(name)
    return charts.Trend(
        label,
        f"latest {write(known[-1].value, style)}" if known else "not measurable yet",
        tuple(mark(name, point) for point in found),
        lambda value: write(value, style),
        high=1.0 if style == "share" else None,
        band=band and row(name, found[-1].past.staff[name], band).band,
        goal=goal and (goal.low, goal.high),
        change=what_changed(name, known),
        aim=f"Goal: {goal.text}, {goal.progress([point.value for point in found])}." if goal else "",
        colour=colour(name),
    )


def mark(name: str, point: Point) -> charts.Mark:
    shown = row(name, point.past.staff[name])
    interval = next((note.removeprefix("95 %: ") for note in shown.notes if note.startswith("95 %")), "")
    entry = point.past.entry
    return charts.Mark(
        entry.created, point.value, point.ci95, entry.title, charts.address(entry.id), shown.text, interval,
        point.reason,
    )  # fmt: skip


def what_changed(name: str, known: Sequence[Point]) -> str:
    if len(known) < 2:
        return ""
    one = compared(name, known)
    if one.difference is None:
        return f"First to last: {one.before} to {one.after}. {one.why}"
    toward = f", {one.toward}" if one.toward else ""
    return f"First to last: {one.text} ({one.interval}), {one.verdict}{toward}."


def colour(name: str) -> str:
    """The colour of what the score is about, as on the timeline."""
    kinds = CUES[SCORES[name][0]][1]
    return next((kind.colour for kind in kinds if name.startswith(kind.kind)), kinds[0].colour)


def come_back(pasts: Sequence[Past]) -> None:
    found = recurring(pasts)
    if found:
        charts.again("Feedback that keeps coming back", found)
    elif len(pasts) > 1:
        charts.words("No feedback came back in the last sessions.", "Feedback that keeps coming back")


def rated(shelf: Catalogue, pasts: Sequence[Past]) -> None:
    """Ratings of the rubric over time, where notes have any."""
    found = ratings(shelf.library, [past.id for past in pasts])
    if not found:
        return
    labels = {item: known.label for past in pasts for item, known in past.rubric.items()}
    items = dict.fromkeys([*labels, *(item for rated in found.values() for item in rated)])
    shown = [rating(labels.get(item, item), item, pasts, found) for item in items]
    text = "From 1 to 5, as trainers rated these behaviours in their notes; the mean where there are several."
    charts.trends([one for one in shown if one.marks], "Ratings over time", text)


def rating(
    label: str, item: str, pasts: Sequence[Past], found: dict[str, dict[str, list[int]]]
) -> charts.Trend:
    marks = []
    for past in pasts:
        given = found.get(past.id, {}).get(item)
        if given:
            mean = sum(given) / len(given)
            entry, note = past.entry, f"mean of {len(given)}" if len(given) > 1 else ""
            text = f"{mean:.1f}".removesuffix(".0")
            marks.append(
                charts.Mark(entry.created, mean, None, entry.title, charts.address(entry.id), text, note=note)
            )
    latest = f"latest {marks[-1].text}" if marks else ""
    return charts.Trend(label, latest, tuple(marks), "{:g}".format, low=1.0, high=5.0, colour=PURPLE)


def edit_goals(shelf: Catalogue, person: str) -> None:
    """Set, change and remove the person's goals."""
    goals = goals_of(shelf.library, person)
    text = f"What {person} aims at; the charts show it, and how many of the last sessions reached it."
    charts.words(text, "Personal goals")
    labels = {name: SCORES[name][1] + (" · has a goal" if name in goals else "") for name in BANDED}
    name = st.selectbox("Goal for", BANDED, format_func=labels.__getitem__, key="goal_score")
    share = SCORES[name][2] == "share"
    factor, unit = (100.0, "%") if share else (1.0, "s" if SCORES[name][2] == "seconds" else "per minute")
    goal = goals.get(name)
    top = factor * top_of(name) if share else None
    with st.form(f"goal-{person}-{name}"), st.container(horizontal=True, vertical_alignment="bottom"):
        ends = []
        for word, end in (("From", goal and goal.low), ("To", goal and goal.high)):
            key = f"goal-{person}-{name}-{word}-{end}"
            # a value given to the field itself could be changed but never taken out again
            st.session_state.setdefault(key, None if end is None else end * factor)
            ends.append(
                st.number_input(
                    f"{word} ({unit})", 0.0, top, None, 5.0 if share else 0.5, format="%g",
                    placeholder="open", key=key,
                )
            )  # fmt: skip
        saved = st.form_submit_button("Change goal" if goal else "Set goal")
        removed = bool(goal) and st.form_submit_button("Remove goal")
    try:
        if removed:
            remove_goal(shelf.library, person, name)
        elif saved:
            low, high = (None if end is None else end / factor for end in ends)
            set_goal(shelf.library, person, Goal(name, low, high))
        else:
            return
    except AttuneError as problem:
        st.error(plain(f"{str(problem)[:1].upper()}{str(problem)[1:]}."))
    else:
        st.rerun()


main()
