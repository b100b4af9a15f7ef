/* A picture over time: its axis, and where the clock stands; a click or a drag moves the clock. */
const LEFT = 44, TOP = 6, BOTTOM = 18; // px around what is drawn; viewer.css has the same

function strips(ease, time, duration, right) {
  function ticks(low, high, about) {
    const raw = (high - low) / about;
    const ten = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * ten).find((s) => s >= raw);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    return found;
  }

  /* `inside(context, width, height)` draws with its origin in the upper left corner; `rows` are [text, share of height]. */
  function strip(canvas, inside, rows = []) {
    const redraw = ease.board(canvas, (context, w, h) => {
      const [wide, high] = [w - LEFT - right, h - TOP - BOTTOM];
      context.save();
      context.translate(LEFT, TOP);
      inside(context, wide, high);
      context.restore();
      context.font = "11px system-ui, sans-serif";
      context.fillStyle = ease.ink("--muted");
      context.strokeStyle = ease.ink("--line");
      context.lineWidth = 1;
      context.textAlign = "center";
      context.textBaseline = "top";
      context.beginPath();
      context.moveTo(LEFT, TOP + high + 0.5);
      context.lineTo(LEFT + wide, TOP + high + 0.5);
      for (const at of ticks(0, duration, wide / 60)) {
        const x = Math.round(LEFT + (at / duration) * wide) + 0.5;
        context.moveTo(x, TOP + high);
        context.lineTo(x, TOP + high + 4);
        context.fillText(at ? `${Number(at.toFixed(3))} s` : "0", x, TOP + high + 5);
      }
      context.stroke();
      context.textAlign = "right";
      context.textBaseline = "middle";
      for (const [text, share] of typeof rows === "function" ? rows() : rows) {
        context.fillText(text, LEFT - 5, TOP + share * high);
      }
    });
    const holder = canvas.parentElement;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      time.seek((duration * (event.clientX - box.left - LEFT)) / (box.width - LEFT - right));
    };
    holder.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      holder.setPointerCapture(event.pointerId);
      at(event);
    });
    holder.addEventListener("pointermove", (event) => event.buttons && holder.hasPointerCapture(event.pointerId) && at(event));
    return redraw;
  }
  return { strip, ticks };
}
