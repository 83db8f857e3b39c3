// What somebody filled into the form for a new recording: what is wrong with it, and how the server is told.

const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)$/;

/** The fields that can't stay as they are, in the form's order, each with a sentence. */
export function checked(form) {
  const text = (name) => form.text(name);
  const found = {};
  if (form.byPath()) {
    if (!text("path")) found.path = "Give the path of the recording.";
  } else if (!form.transfers.upload) {
    found.upload = "Choose the recording.";
  }
  if (form.two() && text("offset_s") && !NUMBER.test(text("offset_s"))) {
    found.offset_s = "Give a number of seconds, or leave it empty.";
  }
  Object.assign(found, form.missing());
  if (text("target") === "calibrated") {
    const [from, to] = [text("from"), text("to")];
    const numbers = NUMBER.test(from) && NUMBER.test(to) && seconds(from) >= 0;
    if (!numbers) found.from = "Give two numbers of seconds.";
    else if (seconds(from) >= seconds(to)) found.from = "The second number has to be later than the first.";
  }
  if (text("speech") === "table") {
    if (form.byPath()) {
      if (!text("speech_path")) found.speech_path = "Give the path of the table.";
    } else if (!form.transfers.speech_upload) {
      found.speech_upload = "Choose the table.";
    }
  }
  return found;
}

/** What `POST /api/recordings` wants; `ids` are those of the files that have arrived. */
export function values(form, ids) {
  const text = (name) => form.text(name);
  const two = form.two();
  const paths = { path: text("path"), client_path: text("client_path") || null };
  const table = form.byPath() ? text("speech_path") : null; // an uploaded one is among the ids
  const calibrated = () => `calibrated:${seconds(text("from"))}-${seconds(text("to"))}`;
  return {
    ...(form.byPath() ? paths : ids),
    offset_s: two && text("offset_s") ? seconds(text("offset_s")) : null,
    speech: text("speech") === "table" ? table : text("speech") || null,
    title: text("title"),
    person: text("person"),
    scenario: text("scenario"),
    tags: text("tags").split(",").map((tag) => tag.trim()).filter(Boolean),
    people: two ? "auto" : text("people"),
    staff: two || text("people") === "1" ? null : text("staff") || null,
    target: text("target") === "calibrated" ? calibrated() : text("target"),
    profile: text("profile"),
    keep_video: form.field("keep_video").checked,
    consent: form.consent,
  };
}

function seconds(text) {
  return Number(text.replace(",", "."));
}
