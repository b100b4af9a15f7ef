/* The states of units: a picture of their course, and the way through the plane in which words move them most. */
function states(figure, ease, time, { strip }, facts, data, own) {
  const { states: shown, path, dots } = data;
  const [rows, units] = shown.shape;
  strip(figure(".course"), (context, w, h) => {
    const [low, middle, high] = [ease.rgb("--second"), ease.rgb("--paper"), ease.rgb(own)];
    const image = ease.picture(rows, units, (i) => {
      const value = shown[(i % rows) * units + Math.floor(i / rows)] / 127.5 - 1;
      return ease.mixed(middle, value < 0 ? low : high, Math.abs(value));
    });
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, (w * rows * facts.period) / facts.duration, h);
  }, [["1", 0.03], [String(units), 0.97]]);

  const every = [...dots, ...path];
  const reach = 1.05 * every.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9);
  const mark_at = Math.max(1, Math.floor(reach / 2));
  const redraw = ease.board(figure(".phase"), (context, w, h) => {
    const scale = Math.min(w / 2, h / 2) / reach;
    const [cx, cy] = [w / 2, h / 2];
    const put = (array, k) => [cx + array[2 * k] * scale, cy - array[2 * k + 1] * scale];
    context.strokeStyle = ease.ink("--line");
    context.strokeRect(0.5, 0.5, w - 1, h - 1);
    context.beginPath();
    context.moveTo(0, cy); context.lineTo(w, cy);
    context.moveTo(cx, 0); context.lineTo(cx, h);
    context.stroke();
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = ease.ink("--muted");
    context.textAlign = "right";
    context.fillText("→ first, ↑ second axis (standard deviations)", w - 6, h - 8);
    for (const mark of [-mark_at, mark_at]) {
      context.textAlign = "center";
      context.fillText(String(mark), cx + mark * scale, cy + 13);
      context.textAlign = "right";
      context.fillText(String(mark), cx - 5, cy - mark * scale + 4);
    }
    context.fillStyle = ease.ink("--muted", 0.35);
    for (let k = 0; k < dots.shape[0]; k++) {
      const [x, y] = put(dots, k);
      context.fillRect(x - 1, y - 1, 2, 2);
    }
    const at = time.now() / facts.period - 1; // row k stands at the end of its 10 ms
    const k = Math.min(rows - 1, Math.floor(at + 1e-6));
    if (k < 0) return;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.strokeStyle = ease.ink(own);
    context.beginPath();
    for (let i = 0; i <= k; i++) context.lineTo(...put(path, i));
    const [x0, y0] = put(path, k);
    const [x1, y1] = put(path, Math.min(rows - 1, k + 1));
    const [x, y] = [x0 + (x1 - x0) * (at - k), y0 + (y1 - y0) * (at - k)];
    context.lineTo(x, y);
    context.stroke();
    context.fillStyle = ease.ink(own);
    context.beginPath();
    context.arc(x, y, 6, 0, 7);
    context.fill();
  });
  time.tell(redraw);
}
