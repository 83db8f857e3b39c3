"""Practice prompts: neutral situations at a desk or counter, to begin a recording with."""

PROMPTS = {
    "A first greeting": (
        "A client comes to your desk for the first time. Greet them, find out what brings them here, and "
        "tell them what happens next."
    ),
    "Explaining a form": (
        "A client brings a form and doesn't know what to write into two of its fields. Explain them, one "
        "after the other, and ask whether anything is open."
    ),
    "A longer wait": (
        "The appointment begins twenty minutes late. Tell the client how long it takes, why, and what "
        "they can do until then."
    ),
    "Saying no": (
        "A client asks for something that the rules don't allow. Say so, give the reason, and offer what "
        "is possible instead."
    ),
    "A handover": (
        "A colleague will go on with this client. Sum up what was agreed, introduce your colleague, and "
        "say goodbye."
    ),
    "Listening to a complaint": (
        "A client was sent to the wrong place twice and tells you about it. Listen to the end, say back "
        "what you understood, and agree on the next step."
    ),
}
