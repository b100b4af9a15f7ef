/* What the readout thinks: a line for each word it knows, and who leads now in words. */
function votes(figure, ease, time, { strip, ticks }, facts, data, own) {
  const { classes, duration } = facts;
  const all = data.votes;
  const [rows, n] = all.shape;
  let [low, high] = [Infinity, -Infinity];
  for (const v of all) [low, high] = [Math.min(low, v), Math.max(high, v)];
  const room = 0.06 * (high - low || 1);
  [low, high] = [low - room, high + room];
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
    const last = ranked(rows - 1);
    let lowest = -Infinity; // of the labels so far
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const c of [...classes.keys()].filter((c) => c !== leader).concat(leader < 0 ? [] : [leader])) {
      const leads = c === leader;
      context.strokeStyle = leads ? ease.ink(own) : ease.ink("--control", 0.65);
      context.lineWidth = leads ? 3 : 1.2;
      context.beginPath();
      for (let k = 0; k < rows; k++) context.lineTo(x(k), y(all[k * n + c]));
      context.stroke();
    }
    for (const c of last) {
      const at = Math.max(y(all[(rows - 1) * n + c]), lowest + 11);
      lowest = at;
      if (at > h + 6) break; // no room for the last ones of many
      context.fillStyle = c === leader ? ease.ink(own) : ease.ink("--muted");
      context.fillText(classes[c], x(rows - 1) + 4, at);
    }
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
    hears.textContent = over ? facts.verdict.name : k < 0 ? "–" : classes[first];
    if (over) says.textContent = facts.verdict.says;
    else if (k < 0) says.textContent = "Nothing is heard yet.";
    else says.textContent = `So far ${classes[first]}, ${(all[k * n + first] - all[k * n + second]).toFixed(2)} ahead of ${classes[second]}.`;
    if (first !== leader) {
      leader = first;
      redraw();
    }
  });
}
