/* What the readout thinks: a line for each word it knows, and who leads now in words. */
const DOT = 9, LABEL = 16, GAP = 11, ROOM = 72; // px: past the end of the lines, between labels, for a label

/* Return a text cut to the room that labels have. */
function fitted(context, text) {
  let n = text.length;
  while (n > 1 && context.measureText(n < text.length ? `${text.slice(0, n)}…` : text).width > ROOM) n--;
  return n < text.length ? `${text.slice(0, n)}…` : text;
}

/* Return the room at the right of every picture over time, in which the longest label is. */
function margin(liquids) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = "11px system-ui, sans-serif";
  const widths = liquids.flatMap((liquid) => liquid.classes.map((c) => context.measureText(fitted(context, c)).width));
  return Math.ceil(LABEL + 4 + Math.max(...widths));
}

function votes(figure, ease, time, { strip, ticks }, facts, data, own) {
  const { classes, duration } = facts;
  const all = data.votes;
  const [rows, n] = all.shape;
  let [low, high] = [Infinity, -Infinity];
  const final = facts.verdict.votes;
  for (const v of [...all, ...final]) [low, high] = [Math.min(low, v), Math.max(high, v)];
  const room = 0.06 * (high - low || 1);
  [low, high] = [low - room, high + room];
  const ends = [...classes.keys()].sort((a, b) => final[b] - final[a]);
  const ranked = (k) => [...classes.keys()].sort((a, b) => all[k * n + b] - all[k * n + a]);
  let leader = -2;

  const redraw = strip(figure(".votes"), (context, w, h) => {
    const x = (k) => (((k + 1) * facts.period) / duration) * w;
    const y = (v) => (1 - (v - low) / (high - low)) * h;
    context.strokeStyle = ease.ink("--line");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y(0));
    context.lineTo(w, y(0));
    context.stroke();
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const c of [...classes.keys()].filter((c) => c !== leader).concat(leader < 0 ? [] : [leader])) {
      const leads = c === leader;
      context.strokeStyle = leads ? ease.ink(own) : ease.ink("--control", 0.65);
      context.lineWidth = leads ? 3 : 1.2;
      context.beginPath();
      for (let k = 0; k < rows; k++) context.lineTo(x(k), y(all[k * n + c]));
      context.stroke();
      // the readout of whole words has the last say: a dot of its own, past the end
      context.lineWidth = 0.8;
      context.beginPath();
      context.moveTo(x(rows - 1), y(all[(rows - 1) * n + c]));
      context.lineTo(w + DOT, y(final[c]));
      context.stroke();
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      context.arc(w + DOT, y(final[c]), leads ? 4 : 2.5, 0, 7);
      context.fill();
    }
    const named = ends.slice(0, Math.max(1, Math.floor((h + 12) / GAP))); // of many words the last ones go without
    const places = named.map((c) => y(final[c]));
    for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i], places[i - 1] + GAP);
    for (let i = places.length - 1, limit = h + 6; i >= 0; i--, limit -= GAP) places[i] = Math.min(places[i], limit);
    named.forEach((c, i) => {
      context.fillStyle = c === leader ? ease.ink(own) : ease.ink("--muted");
      context.fillText(fitted(context, classes[c]), w + LABEL, places[i]);
    });
  }, () => ticks(low, high, 4).map((v) => [String(Number(v.toFixed(2))), 1 - (v - low) / (high - low)]));

  const hears = figure(".hears"), says = figure(".says");
  let shown = -2;
  time.tell((t) => {
    const k = Math.min(rows - 1, Math.ceil(t / facts.period - 1e-6) - 1);
    const over = t >= duration - 1e-9;
    const state = over ? rows : k;
    if (state === shown) return;
    shown = state;
    const [first, second] = k < 0 ? [-1] : ranked(k);
    const named = over ? facts.verdict.first : first; // of this one line and dot are in colour
    hears.textContent = over ? classes[named] : k < 0 ? "–" : classes[first];
    if (over) says.textContent = facts.verdict.says;
    else if (k < 0) says.textContent = "No input yet.";
    else says.textContent = `So far ${classes[first]}, ${(all[k * n + first] - all[k * n + second]).toFixed(2)} ahead of ${classes[second]}.`;
    hears.title = hears.textContent;
    if (named !== leader) {
      leader = named;
      redraw();
    }
  });
}
