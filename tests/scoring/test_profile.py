"""Profiles: the bundled ones are whole, and a wrong one says what is wrong where."""

import re
import tomllib

import pytest

from attune import InputError
from scoring.profile import FOLDER, PARTS, Profile, profile_names

# Attune describes movements; these words would be about what somebody feels or is.
FEELINGS = re.compile(
    r"\b(emotion|mood|feel|happ(y|ily)|sad|angry|anger|calm|nervous|anxi|stress|confiden|engag|interest|bored"
    r"|attentive|personality|friendly|unfriendly|warm|cold|trust|empath"
    r"|gefühl|stimmung|fühl|glücklich|traurig|wütend|ruhig|nervös|ängstlich|selbstbewusst|selbstsicher|gelangweilt"
    r"|aufmerksam|persönlichkeit|freundlich|sympath|vertrauen)\w*"
)


def texts(value):
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    return [value] if isinstance(value, str) else []


def write(tmp_path, text):
    path = tmp_path / "salon.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", profile_names())
def test_every_bundled_profile_is_valid_and_names_its_sources(name):
    profile = Profile.load(name)
    assert profile.name == name
    assert all(band.source for band in profile.bands.values())
    assert "extends" in profile.culture_note  # says how to write one's own


@pytest.mark.parametrize("name", profile_names())
def test_no_bundled_profile_speaks_of_feelings(name):
    text = " ".join(texts(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8")))).lower()
    assert FEELINGS.search(text) is None


def test_the_german_profile_leaves_no_text_in_english():
    default, german = Profile.load("default"), Profile.load("de")
    for subject, cases in default.wording.items():
        for case, wording in cases.items():
            for part in PARTS:
                assert getattr(wording, part) != getattr(german.wording[subject][case], part), (
                    subject,
                    case,
                    part,
                )
    for name in ("reasons", "cue_names", "sentences"):
        for key, text in getattr(default, name).items():
            assert text != getattr(german, name)[key], (name, key)
    assert {name: (b.low, b.high) for name, b in german.bands.items()} == {
        name: (b.low, b.high) for name, b in default.bands.items()
    }


def test_numbers_follow_the_language():
    assert Profile.load("default").number(0.625, "share") == "62%"
    assert Profile.load("de").number(0.625, "share") == "62 %"
    assert Profile.load("de").number(3.25, "s") == "3,2"
    assert Profile.load("default").number(3.0, "s") == "3"


def test_gaze_is_said_to_be_toward_the_camera_that_stands_in_for_the_client():
    profile = Profile.load()
    assert "the camera, which stands in for your client" in profile.sentence("toward_lens")
    for score in ("eye_contact_share", "eye_contact_mean_bout_s"):
        for side in profile.wording[score]:
            words = profile.words(
                score, side, value="3", band_low="1", band_high="2", toward=profile.sentence("toward_lens")
            )
            assert "toward the camera, which stands in for your client, for 3" in words.seen


def test_a_profile_of_ones_own_changes_only_what_it_names(tmp_path):
    path = write(
        tmp_path, 'extends = "default"\n[bands.eye_contact_share]\nlow = 0.2\nhigh = 0.5\nsource = "ours"\n'
    )
    profile = Profile.load(path)
    assert profile.name == "salon"
    assert profile.bands["eye_contact_share"].high == 0.5
    assert profile.bands["nods_per_min"] == Profile.load().bands["nods_per_min"]


def test_an_unknown_profile_lists_those_there_are():
    with pytest.raises(InputError, match=r"no profile 'nobody'.*de, default"):
        Profile.load("nobody")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[bands", "salon.toml can't be read"),
        ('name = "x"', "'numbers' is missing"),
        (
            "[bands.eye_contact_share]\nlow = 2",
            "'bands.eye_contact_share.low' is 2: use a number from 0 to 1",
        ),
        ("[bands.eye_contact_share]\nlow = 0.9", "not below high"),
        ("[bands.eye_contact_share]\nlow = true", "'bands.eye_contact_share.low' is True"),
        ("[bands.charm]\nlow = 1", "'bands.charm' is not a known key"),
        ("[bands]\nnods_per_min = 3", "'bands.nods_per_min.' is not a table"),
        ("[hysteresis.nod]\nonset = 0.1", "'hysteresis.nod' needs 0 < offset <= onset"),
        (
            "[hysteresis.gaze_away]\nmin_duration_off_s = 1",
            "'hysteresis.gaze_away.min_duration_off_s' must be 0",
        ),
        ("[hysteresis.nod]\nspeed = 0.1", "'hysteresis.nod.speed' is not a known key"),
        ("[min_coverage]\nnod = 50", "'min_coverage.nod' is 50"),
        ("[reasons]\nno_face = ''", "'reasons.no_face' is not a text"),
        ("[wording.nods_per_min.inside]\nseen = '{age}'", "'wording.nods_per_min.inside.seen' uses {age}"),
        ("[wording.nods_per_min.inside]\nseen = '{'", "is not a template"),
        ("[bands.facing_share]\nhigh = 0.9", "'wording.facing_share.above' is missing"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, text, words):
    extends = "" if text.startswith("name") else 'extends = "default"\n'
    with pytest.raises(InputError) as error:
        Profile.load(write(tmp_path, extends + text + "\n"))
    assert words in str(error.value)
    assert "salon.toml" in str(error.value)


def test_only_one_step_of_extending(tmp_path):
    with pytest.raises(InputError, match="extends 'de'"):
        Profile.load(write(tmp_path, 'extends = "de"\n'))
