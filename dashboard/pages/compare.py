"""Two sessions side by side on one control, and what differs between their scores."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from attune import InputError
from dashboard import charts
from dashboard.page import catalogue, component
from dashboard.text import address, moment, plain
from scoring.catalogue import Catalogue, Entry
from scoring.comparison import changes, same_recording, short, unlike
from scoring.history import Past, ratings, read
from scoring.profile import Band
from scoring.timeline import PERSON_LABELS

SIDES = ("a", "b")
HOW_TO_READ = (
    "Each difference is B minus A, with a 95 % interval made of both scores' own intervals (Zou and Donner "
    "2008), as if the two sessions were independent. Where it holds zero, the upright line, there is no "
    "clear change. Shares differ by percentage points. Of twenty scores that stayed the same, about one will "
    "still look changed."
)


def main() -> None:
    st.title("Compare two sessions", anchor=False)
    shelf = catalogue()
    entries = {entry.id: entry for entry in shelf.entries() if not entry.problem}
    if len(entries) < 2:
        st.info("Two sessions are needed to compare. Add a recording, then choose both here.")
        return
    chosen = choose(entries)
    if chosen[0] == chosen[1]:
        st.info("This is the same session twice: choose another one for A or B.")
        return
    pasts = []
    for entry in chosen:
        try:
            pasts.append(read(shelf, entry))
        except (InputError, LookupError) as problem:
            st.warning(f"{plain(entry.title)} can't be compared: {plain(str(problem))}")
            return
    show(shelf, *pasts)


def choose(entries: dict[str, Entry]) -> list[Entry]:
    """The two sessions that the address names or the user chooses; else the two newest, A the earlier one."""
    given = {side: st.query_params.get(side, "") for side in SIDES}
    chosen = {side: id for side, id in given.items() if id in entries}
    for side in reversed(SIDES):
        if side not in chosen:
            chosen[side] = next(id for id in entries if id not in chosen.values())
    with st.container(key="pair"):
        first, middle, second = st.columns([12, 2, 12], vertical_alignment="bottom")
    for side, place in zip(SIDES, (first, second), strict=True):
        # the address is what counts: a link that is opened anew shows what it names
        st.session_state[f"compare_{side}"] = chosen[side]
        place.selectbox(
            side.upper(), list(entries), format_func=lambda id: label(entries[id]), key=f"compare_{side}",
            on_change=remember,
        )  # fmt: skip
    middle.button("Swap", on_click=swap, help="A becomes B, and B becomes A", width="stretch")
    if any(id and id not in entries for id in given.values()):
        st.info("A session of this address isn't in this library. Another one is shown in its place.")
    return [entries[chosen[side]] for side in SIDES]


def label(entry: Entry) -> str:
    return " · ".join(part for part in (entry.title, moment(entry.created), entry.person) if part)


def remember() -> None:
    """Write the choice into the address."""
    for side in SIDES:
        st.query_params[side] = st.session_state[f"compare_{side}"]


def swap() -> None:
    for side, other in zip(SIDES, reversed(SIDES), strict=True):
        st.query_params[side] = st.session_state[f"compare_{other}"]


def show(shelf: Catalogue, before: Past, after: Past) -> None:
    charts.style()
    charts.words(notes=before_reading(before, after))
    sides = [
        {"url": address(past.id), "name": label(past.entry)}
        for past in (before, after)
    ]
    component("twin", {"sides": sides}, key=f"twin-{before.id}-{after.id}", styles=("review",))
    charts.words(HOW_TO_READ, "What differs")
    durations = before.entry.duration_s, after.entry.duration_s
    people = [person for person in PERSON_LABELS if person in before.scores and person in after.scores]
    for person in people:
        bands = shared_bands(before, after) if person == "staff" else {}
        found = changes(before.scores[person], after.scores[person], bands, durations, person=person)
        charts.differences(PERSON_LABELS[person], found)
    if not people:
        charts.words("The two sessions have no scores of the same person's role.")
    rated(shelf, before, after)


def before_reading(before: Past, after: Past) -> list[str]:
    """What to know before taking a difference for one of behaviour."""
    found = []
    different = unlike(before.info, after.info)
    if different:
        found.append(
            f"Not measured alike: {'; '.join(different)}. Some of the differences may come from that."
        )
    if said := short(before.info, after.info):
        found.append(said)
    people = before.entry.person, after.entry.person
    if all(people) and people[0].casefold() != people[1].casefold():
        found.append(f"Different people: {people[0]} in A, {people[1]} in B.")
    elif any(people) and not all(people):
        found.append(f"Nobody is named in {'A' if people[1] else 'B'}: this may be somebody else.")
    if same_recording(before.info, after.info):
        found.append(
            "Both were made from the same recording, so they are not independent: read no change here."
        )
    return found


def shared_bands(before: Past, after: Past) -> Mapping[str, Band]:
    """The bands that both profiles set alike."""
    return {name: band for name, band in after.bands.items() if before.bands.get(name) == band}


def rated(shelf: Catalogue, before: Past, after: Past) -> None:
    """What notes on either session rated."""
    found = ratings(shelf.library, [before.id, after.id])
    if not found:
        return
    labels = {**before.rubric, **after.rubric}
    sides = [found.get(past.id, {}) for past in (before, after)]
    rows = tuple(
        ("", (labels[item].label if item in labels else item, *(written(side.get(item)) for side in sides)))
        for item in dict.fromkeys([*labels, *sides[0], *sides[1]])
        if item in sides[0] or item in sides[1]
    )
    text = "From 1 to 5, as somebody rated these behaviours in their notes: a judgement, without an interval."
    charts.words(
        text, "Ratings", shown=charts.Table("Ratings of both sessions", ("Behaviour", "A", "B"), rows)
    )


def written(rating: list[int] | None) -> str:
    """The mean of a session's ratings, and of how many."""
    if not rating:
        return "not rated"
    mean = f"{sum(rating) / len(rating):.1f}".removesuffix(".0")
    return mean if len(rating) == 1 else f"{mean} (mean of {len(rating)})"


main()
