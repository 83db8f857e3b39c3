"""Who is staff and who is client in a stored session, and swapping them without analysing again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from attune import InputError
from scoring.files import link_or_copy, writing
from scoring.judge import Setting, judge
from scoring.landmark_store import rename_people
from scoring.profile import Profile
from scoring.score_table import AnalysisResult
from scoring.session import LANDMARKS, SECOND_VIDEO, VIDEO, Session, SessionWriter, speech_of
from scoring.speech import GIVEN
from vision.signals import Signals

OTHER = {"staff": "client", "client": "staff"}
SWAPPED = "staff and client were swapped after the analysis"


def roles_of(path: Path) -> dict[str, str]:
    """Person -> by which face or camera they were chosen."""
    roles = Session.open(path).info.get("roles") or {}
    return {person: ", ".join(f"{k} {v}" for k, v in chosen.items()) for person, chosen in roles.items()}


def swap_roles(path: Path) -> AnalysisResult:
    """Make the staff member the client and the other way round, and judge the session anew.

    Signals and landmarks change their names, and the roles which camera shows whom; events, scores and
    feedback are made again from the stored signals. Speech found in the two recordings' sound changes sides
    with them; what the user gave says who is who already, and stays. The folder is replaced as a whole.

    Raises
    ------
    InputError
        When it is no session of two people.
    OutputError
        When it can't be written.
    """
    session = Session.open(path)
    info = dict(session.info)
    table = session.signals().table
    if set(table["person"]) != set(OTHER):
        raise InputError(f"{path} is a session of one person: there are no roles to swap")
    setting = Setting(**(info.get("setting") or asdict(Setting(2, 1, str(info.get("target") or "lens"), 2))))
    signals = Signals(_swapped(table))
    speech = speech_of(session)
    if speech is not None and speech.source != GIVEN:
        speech = speech.swapped()
    profile = Profile.load(str(info.get("profile") or "default"))
    judgement = judge(signals, profile, setting=setting, speech=speech)
    roles = info.get("roles") or {}
    info["roles"] = {person: roles[other] for person, other in OTHER.items() if other in roles}
    said = [text for text in info.get("notices", ()) if text != SWAPPED]
    info["notices"] = said if SWAPPED in info.get("notices", ()) else [*said, SWAPPED]
    folder = session.path.resolve()
    with writing(folder), SessionWriter(folder.parent, folder.name) as new:
        for name in (VIDEO, SECOND_VIDEO):
            if (session.path / name).is_file():
                link_or_copy(session.path / name, new.folder / name)
        if (session.path / LANDMARKS).is_file():
            rename_people(session.path / LANDMARKS, OTHER, new.folder / LANDMARKS)
        swapped = new.commit(info, signals, judgement)
    return AnalysisResult(
        swapped.path, judgement.events, judgement.scores, judgement.feedback, tuple(info["notices"])
    )


def _swapped(table: pd.DataFrame) -> pd.DataFrame:
    turned = table.assign(person=table["person"].map(OTHER))
    order = np.argsort(turned["person"].eq("client").to_numpy(), kind="stable")  # staff first
    return turned.iloc[order].reset_index(drop=True)
