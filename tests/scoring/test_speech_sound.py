"""Who speaks by the sound: two microphones tell, one does not, and neither is guessed at."""

import numpy as np
import pytest

from scoring.speech import LISTENING, UNCLEAR
from scoring.speech_sound import NOT_APART, ONE_MICROPHONE, speech_heard
from tests.videos import make_video
from tests.vision.test_sound import record
from tests.voices import HZ, conversation, microphone

STAFF, CLIENT = [(1.0, 4.0), (9.0, 12.0)], [(5.0, 8.0), (13.0, 16.0)]
SECONDS = 17.0


def two(folder, staff, client, cross_db=12.0, gain=1.0, offset_s=0.0):
    """Recordings of both microphones; the client's has another gain and begins later."""
    rng = np.random.default_rng(3)
    one, other = conversation(SECONDS, staff, client)
    near = microphone(rng, one, other, cross_db)
    far = microphone(rng, other, one, cross_db, gain)[round(offset_s * HZ) :]
    return record(folder / "staff.mp4", near), record(folder / "client.mp4", far)


def overlap(turns, truth):
    """Intersection over union of two lists of spans."""
    grid = np.arange(0, SECONDS, 0.01)
    found, true = (
        np.any(
            [(start <= grid) & (grid < end) for start, end in spans] or [np.zeros(len(grid), bool)], axis=0
        )
        for spans in (turns, truth)
    )
    return (found & true).sum() / max(1, (found | true).sum())


@pytest.mark.parametrize(("cross_db", "gain"), [(12, 1.0), (9, 0.2), (6, 3.0)])
def test_two_microphones_tell_who_speaks_whatever_their_gains(tmp_path, cross_db, gain):
    speech, notices = speech_heard(*two(tmp_path, STAFF, CLIENT, cross_db, gain), 0.0, SECONDS)
    assert notices == () and speech.source == "sound"
    assert overlap(speech.staff, STAFF) > 0.85 and overlap(speech.client, CLIENT) > 0.85
    assert sum(end - start for start, end in speech.unclear) < 1.0


def test_a_client_recording_that_begins_later_is_moved(tmp_path):
    speech, _ = speech_heard(*two(tmp_path, STAFF, CLIENT, offset_s=2.0), 2.0, SECONDS)
    assert overlap(speech.client, CLIENT) > 0.85
    before = speech.spans("staff", UNCLEAR, (0.0, SECONDS))[0]
    assert before.start_s == 0 and before.end_s == pytest.approx(2.0, abs=0.1)


def test_one_microphone_doesnt_tell_who(tmp_path):
    speech, notices = speech_heard(two(tmp_path, STAFF, CLIENT)[0], None, 0.0, SECONDS)
    assert notices == (ONE_MICROPHONE,)
    assert not speech.staff and not speech.client
    assert overlap(speech.unclear, [*STAFF, *CLIENT]) > 0.85
    assert speech.spans("staff", LISTENING, (0.0, SECONDS)) == []


@pytest.mark.parametrize(
    ("staff", "client", "cross_db"), [(STAFF, CLIENT, 0.5), ([*STAFF, *CLIENT], [], 12.0)],
    ids=["equally loud", "one speaks"],
)  # fmt: skip
def test_where_loudness_doesnt_tell_nobody_is_guessed(tmp_path, staff, client, cross_db):
    speech, notices = speech_heard(*two(tmp_path, staff, client, cross_db), 0.0, SECONDS)
    assert notices == (NOT_APART,)
    assert not speech.staff and not speech.client and overlap(speech.unclear, [*STAFF, *CLIENT]) > 0.85


def test_whoever_speaks_alone_is_told_beside_time_in_which_both_do(tmp_path):
    speech, _ = speech_heard(*two(tmp_path, [(1, 8)], [(5, 12)]), 0.0, SECONDS)
    alone = {"staff": (1.2, 4.8), "client": (8.2, 11.8)}
    for person, other in (("staff", "client"), ("client", "staff")):
        for start, end in getattr(speech, person):
            assert not (start < alone[other][1] and end > alone[other][0]), "the other one speaks alone there"
        assert any(a <= alone[person][0] and b >= alone[person][1] for a, b in getattr(speech, person))


def test_no_sound_is_not_silence(tmp_path):
    video = make_video(tmp_path / "silent.mp4", [0.0, 0.1])
    speech, (notice,) = speech_heard(video, None, 0.0, 3.0)
    assert notice == "silent.mp4 has no sound track: who speaks is not known"
    assert speech.spans("staff", UNCLEAR, (0.0, 3.0)) == [(0.0, 3.0)]
