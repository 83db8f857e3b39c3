"""Mirroring: does one person move as the other did a moment before?"""
