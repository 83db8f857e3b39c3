"""Codings of a minute of one person or of two: written to a file, read, and told as plain values."""

import pytest

from scoring.codings import CodingError, Frame, read_codings

ONE, TWO = Frame(60.0, ("staff",)), Frame(60.0, ("staff", "client"))


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def spans(coded, kind="eye_contact"):
    return [(one.person, one.start_s, one.end_s) for one in coded.codings if one.kind == kind]


def problems(path, frame=ONE, **options):
    with pytest.raises(CodingError) as caught:
        read_codings(path, frame, **options)
    return caught.value.problems
