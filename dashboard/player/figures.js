// The overlay's figures. Bright lines have a dark edge, so that they show on any background; every state is
// a word as well as a colour. As in vision/overlay.py, which draws them into exported videos.

const FACE = "rgb(130, 220, 255)";
const EYES = "rgb(255, 225, 90)";
const BODY = "rgb(140, 240, 170)";
const DARK = "rgb(20, 24, 29)";
const LIGHT = "rgb(255, 255, 255)";
const PLAIN = "rgb(163, 172, 182)";
const SHORT_PX = 4; // an arrow into the lens is a ring

/** Outline, eyes, brows, nose, lips and irises; nothing where the face was not found. */
export function face(pen, place, { x, height, face: points }, { face_edges: edges, irises }, thick) {
  if (!Number.isFinite(x + height) || points.some(Number.isNaN)) return;
  const path = new Path2D();
  for (const [a, b] of edges) {
    path.moveTo(...place(a));
    path.lineTo(...place(b));
  }
  edged(pen, path, FACE, thick);
  const rings = new Path2D();
  for (const [centre, ...rim] of irises) {
    const [left, top] = place(centre);
    const lengths = rim.map((point) => Math.hypot(place(point)[0] - left, place(point)[1] - top));
    const radius = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    rings.moveTo(left + radius, top);
    rings.arc(left, top, radius, 0, 2 * Math.PI);
  }
  edged(pen, rings, EYES, thick);
}

/** Shoulders, arms and trunk, as far as they are seen. */
export function skeleton(pen, points, picture, { pose_edges: edges, min_visibility: least }, thick) {
  const seen = (i) => points[3 * i + 2] >= least && Number.isFinite(points[3 * i] + points[3 * i + 1]);
  const place = (i) => [points[3 * i] * picture.width, points[3 * i + 1] * picture.height];
  const lines = new Path2D();
  const dots = new Path2D();
  for (const edge of edges.filter(([a, b]) => seen(a) && seen(b))) {
    lines.moveTo(...place(edge[0]));
    lines.lineTo(...place(edge[1]));
    for (const end of edge.map(place)) {
      dots.moveTo(end[0] + 3 * thick, end[1]);
      dots.arc(...end, 3 * thick, 0, 2 * Math.PI);
    }
  }
  edged(pen, lines, BODY, 2 * thick);
  edged(pen, dots, BODY, 1);
  pen.fillStyle = BODY;
  pen.fill(dots);
}

/** The line of sight as an arrow from between the eyes; a ring where it goes into the lens. */
export function gaze(pen, [x, y], { yaw, pitch }, length, thick) {
  const [across, up] = [yaw, pitch].map((angle) => (angle * Math.PI) / 180);
  const [right, down] = [length * Math.sin(across) * Math.cos(up), -length * Math.sin(up)];
  if (!Number.isFinite(x + y + right + down)) return;
  const path = new Path2D();
  path.arc(x, y, 4 * thick, 0, 2 * Math.PI);
  const long = Math.hypot(right, down);
  if (long > SHORT_PX) {
    const tip = [x + right, y + down];
    path.moveTo(x, y);
    path.lineTo(...tip);
    const angle = Math.atan2(down, right);
    for (const side of [-0.5, 0.5]) {
      path.moveTo(...tip);
      path.lineTo(tip[0] - 0.2 * long * Math.cos(angle + side), tip[1] - 0.2 * long * Math.sin(angle + side));
    }
  }
  edged(pen, path, EYES, 2 * thick);
}

function edged(pen, path, colour, thick) {
  pen.lineCap = pen.lineJoin = "round";
  for (const [paint, width] of [[DARK, thick + 2], [colour, thick]]) {
    pen.strokeStyle = paint;
    pen.lineWidth = width;
    pen.stroke(path);
  }
}

/** Words in boxes from the top, at the left or the right border of the picture. */
export function labels(pen, words, picture, { top, right, share }) {
  const size = textSize(pen, picture);
  const room = picture.width * share - 9;
  let y = top + 6;
  for (const word of words) {
    const width = Math.min(boxWidth(pen, word, size), room);
    box(pen, word, right ? picture.width - width - 6 : 6, y, width, size);
    y += 1.6 * size + 3;
  }
}

/** Words in boxes from the bottom up, in the middle: what belongs to both people. */
export function labelsBelow(pen, words, picture) {
  const size = textSize(pen, picture);
  let y = picture.height - 6;
  for (const word of words) {
    const width = boxWidth(pen, word, size);
    y -= 1.6 * size;
    box(pen, word, (picture.width - width) / 2, y, width, size);
    y -= 3;
  }
}

function textSize(pen, picture) {
  const size = Math.min(Math.max(11, Math.round(picture.width / 56)), 15);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  return size;
}

function boxWidth(pen, { text }, size) {
  return pen.measureText(text).width + 1.9 * size;
}

function box(pen, { text, colour }, x, y, width, size) {
  pen.fillStyle = "rgb(20 24 29 / 78%)";
  pen.beginPath();
  pen.roundRect(x, y, width, 1.6 * size, 4);
  pen.fill();
  pen.fillStyle = colour ?? PLAIN;
  pen.fillRect(x + 0.5 * size, y + 0.4 * size, 0.5 * size, 0.8 * size);
  pen.fillStyle = LIGHT;
  pen.textBaseline = "middle";
  pen.fillText(text, x + 1.3 * size, y + 0.84 * size, width - 1.6 * size);
}
