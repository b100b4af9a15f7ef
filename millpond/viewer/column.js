/* The column in space: turned by dragging or with the arrow keys; a neuron lights up when it fires and fades away. */
const FADE = 0.006; // s of the word

function column(canvas, ease, time, facts, data, own) {
  const { places, inhibitory, times, units } = data;
  const n = facts.n_neurons;
  const middle = facts.sides.map((side) => (side - 1) / 2);
  const radius = Math.hypot(...facts.sides) / 2;
  let [turn, tilt] = [-0.6, 0.42];
  const light = new Float32Array(n);
  const screen = new Float32Array(2 * n);

  /* Turn about the upright axis, tilt towards the viewer, and make what is farther a little smaller. */
  function projected(x, y, z) {
    const [a, b, c] = [x - middle[0], y - middle[1], z - middle[2]];
    const [along, deep] = [a * Math.cos(turn) + b * Math.sin(turn), b * Math.cos(turn) - a * Math.sin(turn)];
    const [up, far] = [c * Math.cos(tilt) + deep * Math.sin(tilt), deep * Math.cos(tilt) - c * Math.sin(tilt)];
    const size = 4 / (4 + far / radius);
    return [along * size, -up * size, far, size];
  }
  function first(tick) { // the first spike not before a time
    let [low, high] = [0, times.length];
    while (low < high) {
      const half = (low + high) >> 1;
      if (times[half] < tick) low = half + 1;
      else high = half;
    }
    return low;
  }
  function shape(context, x, y, r, inhibits) {
    if (inhibits) {
      context.moveTo(x, y - 1.25 * r);
      context.lineTo(x + 1.1 * r, y + 0.8 * r);
      context.lineTo(x - 1.1 * r, y + 0.8 * r);
      context.closePath();
    } else {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 6.2832);
    }
  }
  const redraw = ease.board(canvas, (context, w, h) => {
    const now = time.now() / facts.tick;
    const fade = FADE / facts.tick;
    light.fill(0);
    for (let i = first(now - 5 * fade); i < times.length && times[i] <= now; i++) {
      light[units[i]] = Math.exp((times[i] - now) / fade);
    }
    const edge = facts.sides.map((side) => side - 0.5);
    const corners = Array.from({ length: 8 }, (_, i) => projected(...edge.map((end, axis) => (i >> axis & 1 ? end : -0.5))));
    const [xs, ys] = [corners.map((c) => c[0]), corners.map((c) => c[1])];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = 0.95 * Math.min(w / (right - left), h / (bottom - top));
    const [cx, cy] = [w / 2 - (scale * (left + right)) / 2, h / 2 - (scale * (top + bottom)) / 2];
    context.strokeStyle = ease.ink("--line");
    context.lineWidth = 1;
    context.beginPath();
    for (let axis = 0; axis < 3; axis++) {
      for (let corner = 0; corner < 4; corner++) {
        const ends = [-0.5, edge[axis]].map((end) => {
          const at = [0, 0, 0];
          at[axis] = end;
          at[(axis + 1) % 3] = corner & 1 ? edge[(axis + 1) % 3] : -0.5;
          at[(axis + 2) % 3] = corner & 2 ? edge[(axis + 2) % 3] : -0.5;
          return projected(...at);
        });
        context.moveTo(cx + scale * ends[0][0], cy + scale * ends[0][1]);
        context.lineTo(cx + scale * ends[1][0], cy + scale * ends[1][1]);
      }
    }
    context.stroke();
    const all = [];
    for (let k = 0; k < n; k++) all.push([k, ...projected(places[3 * k], places[3 * k + 1], places[3 * k + 2])]);
    all.sort((p, q) => q[3] - p[3]); // the far ones first
    const unit = Math.max(1.6, 0.17 * scale);
    const [resting, lit] = [ease.rgb("--muted"), [ease.rgb(own), ease.rgb("--ink")]];
    for (const [k, px, py, , size] of all) {
      const [x, y, glow] = [cx + scale * px, cy + scale * py, light[k]];
      [screen[2 * k], screen[2 * k + 1]] = [x, y];
      const r = unit * size * (0.75 + 0.9 * glow);
      if (glow > 0.05) {
        context.fillStyle = `rgb(${lit[inhibitory[k]].join(" ")} / ${0.25 * glow})`;
        context.beginPath();
        context.arc(x, y, 2.3 * r, 0, 6.2832);
        context.fill();
      }
      const colour = ease.mixed(resting, lit[inhibitory[k]], Math.min(1, 1.5 * glow));
      context.fillStyle = `rgb(${colour.join(" ")} / ${0.3 + 0.7 * glow})`;
      context.beginPath();
      shape(context, x, y, r, inhibitory[k]);
      context.fill();
    }
  });
  canvas.placeOf = (k) => [screen[2 * k], screen[2 * k + 1]]; // px in the canvas, for whoever looks for a neuron
  time.tell(redraw);

  function turned(by, over) {
    turn += by;
    tilt = Math.max(-1.5, Math.min(1.5, tilt + over));
    redraw();
  }
  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons && canvas.hasPointerCapture(event.pointerId)) turned(event.movementX / 100, event.movementY / 100);
  });
  canvas.addEventListener("keydown", (event) => {
    const does = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[event.key];
    if (!does) return;
    event.preventDefault();
    turned(...does);
  });
}
