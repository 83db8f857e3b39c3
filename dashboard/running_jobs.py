"""What is being analysed, as the list of sessions shows it: progress, reasons, and what can be done."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from attune import AttuneError
from dashboard.text import plain
from scoring.catalogue import Catalogue
from scoring.jobs import DONE, FAILED, QUEUED, Job, Jobs
from scoring.timeline import clock

EVERY_S = 1.0


def show(shelf: Catalogue) -> None:
    """Jobs that aren't done; looks again every second while one is under way."""
    jobs = Jobs(shelf.folder, shelf.user)
    under_way = _under_way(_listed(jobs))
    st.fragment(lambda: _list(jobs, under_way), run_every=EVERY_S if under_way else None)()


def _listed(jobs: Jobs) -> list[Job]:
    """What runs, what waits in the order of its turn, then what ended, the newest first."""
    listed = [job for job in jobs.list() if job.state != DONE]
    active = sorted((job for job in reversed(listed) if job.active), key=lambda job: job.state == QUEUED)
    return active + [job for job in listed if not job.active]


def _under_way(listed: list[Job]) -> frozenset[str]:
    return frozenset(job.id for job in listed if job.active)


def _list(jobs: Jobs, before: frozenset[str]) -> None:
    listed = _listed(jobs)
    if _under_way(listed) != before:
        st.rerun(scope="app")  # one has become a session, or has begun: the list below changes, too
    for job in listed:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"job-{job.id}"):
            with st.container(gap="xsmall", key=f"state-{job.id}"):
                _state(job)
            _buttons(jobs, job)


def _state(job: Job) -> None:
    title = f"**{plain(job.title)}**"
    if job.active:
        st.progress(job.progress or 0.0, text=f"{title} {plain(_progress(job))}")
    elif job.state == FAILED:
        st.markdown(f":material/error: {title} could not be analysed.  \n{plain(job.reason)}")
    else:
        st.markdown(f"{title} was cancelled.")


def _progress(job: Job) -> str:
    if job.cancelled:
        return "is being stopped …"
    if job.state == QUEUED:
        return f"waits for its turn. {job.reason}".strip()
    if job.progress is None:
        return "is being analysed …"
    left = f", about {clock(job.left_s)} left" if job.left_s is not None else ""
    return f"is being analysed: {job.progress:.0%}{left}"


def _buttons(jobs: Jobs, job: Job) -> None:
    def button(label: str, does: Callable[[str], object], disabled: bool = False) -> None:
        named = f"{label} *{plain(job.title)}*"  # of which one is heard only, as on the cards
        key = f"{label}-{job.id}"
        st.button(named, key=key, on_click=_do, args=(does, job.id), disabled=disabled)

    if job.active:
        button("Cancel", jobs.cancel, job.cancelled)
    else:
        button("Try again", jobs.retry)
        button("Dismiss", jobs.dismiss)


def _do(does: Callable[[str], object], id: str) -> None:
    try:
        does(id)
    except LookupError:
        pass  # somebody dismissed it meanwhile
    except AttuneError as problem:
        st.toast(plain(str(problem)))  # it ended, or began, meanwhile
