/* The water from above, lit from one side, and what the camera makes of it. */
const FINER = 4; // pixels to a point of the surface, between which a cubic spline runs

/* Return weights that lay a uniform cubic B-spline over `count` points, mirrored at the walls as the waves are. */
function spline(count) {
  return Array.from({ length: count * FINER }, (_, i) => {
    const at = (i + 0.5) / FINER - 0.5;
    const k = Math.floor(at);
    const f = at - k;
    const mirror = (j) => (j < 0 ? -1 - j : j >= count ? 2 * count - 1 - j : j);
    const shares = [(1 - f) ** 3 / 6, (3 * f ** 3 - 6 * f * f + 4) / 6, (-3 * f ** 3 + 3 * f * f + 3 * f + 1) / 6, f ** 3 / 6];
    return shares.map((share, j) => [mirror(k + j - 1), share]);
  });
}

function water(figure, ease, time, facts, data, own) {
  const { heights, frames, motors } = data;
  const [rows, n_y, n_x] = heights.shape;
  const [wide, high] = [n_x * FINER, n_y * FINER];
  const [across, down] = [spline(n_x), spline(n_y)];
  const level = new Float32Array(n_x * n_y), half = new Float32Array(wide * n_y), fine = new Float32Array(wide * high);
  const relief = document.createElement("canvas");
  [relief.width, relief.height] = [wide, high];
  const relit = relief.getContext("2d");
  const image = relit.createImageData(wide, high);

  // what is kept is the root of each height
  const height = Float32Array.from({ length: 256 }, (_, level) => (level / 127.5 - 1) * Math.abs(level / 127.5 - 1));

  /* Heights from -1 to 1 at the time of the clock: still at 0, and in between those at the ends of the rows. */
  function level_now() {
    const at = time.now() / facts.period - 1;
    const k = Math.min(rows - 1, Math.floor(at + 1e-6));
    const next = Math.min(rows - 1, k + 1), share = Math.min(1, Math.max(0, at - k)), size = n_x * n_y;
    for (let i = 0; i < size; i++) {
      const before = k < 0 ? 0 : height[heights[k * size + i]];
      level[i] = before + (height[heights[next * size + i]] - before) * share;
    }
  }
  function lit() {
    for (let y = 0; y < n_y; y++) {
      for (let x = 0; x < wide; x++) {
        let sum = 0;
        for (const [j, share] of across[x]) sum += share * level[y * n_x + j];
        half[y * wide + x] = sum;
      }
    }
    for (let y = 0; y < high; y++) {
      const [a, b, c, d] = down[y];
      for (let x = 0; x < wide; x++) {
        fine[y * wide + x] =
          a[1] * half[a[0] * wide + x] + b[1] * half[b[0] * wide + x] + c[1] * half[c[0] * wide + x] + d[1] * half[d[0] * wide + x];
      }
    }
    const gain = (0.3 * FINER) / (2 * facts.slope);
    const [deep, base, bright] = [[4, 30, 52], ease.rgb(own), [236, 252, 250]];
    for (let y = 0, i = 0; y < high; y++) {
      for (let x = 0; x < wide; x++, i++) {
        const slope_x = fine[i + (x + 1 < wide ? 1 : 0)] - fine[i - (x ? 1 : 0)];
        const slope_y = fine[i + (y + 1 < high ? wide : 0)] - fine[i - (y ? wide : 0)];
        const share = -gain * (slope_x + slope_y); // the light comes from the upper left
        const [to, much] = share < 0 ? [deep, Math.min(0.9, -share)] : [bright, Math.min(0.95, share * share)];
        for (let c = 0; c < 3; c++) image.data[4 * i + c] = base[c] * 0.8 + (to[c] - base[c] * 0.8) * much;
        image.data[4 * i + 3] = 255;
      }
    }
    relit.putImageData(image, 0, 0);
  }
  const surface = ease.board(figure(".surface"), (context, w, h) => {
    level_now();
    lit();
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(relief, 0, 0, w, h);
    for (let k = 0; k < motors.shape[0]; k++) {
      const [x, y] = [motors[2 * k] * w, motors[2 * k + 1] * h];
      const steady = facts.reference && k === motors.shape[0] - 1;
      for (const [width, colour] of [[3.5, "rgb(0 0 0 / .55)"], [1.5, "#fff"]]) {
        context.lineWidth = width;
        context.strokeStyle = colour;
        context.beginPath();
        if (steady) {
          context.rect(x - 4, y - 4, 8, 8);
        } else {
          context.moveTo(x - 4, y); context.lineTo(x + 4, y);
          context.moveTo(x, y - 4); context.lineTo(x, y + 4);
        }
        context.stroke();
      }
    }
  });
  time.tell(surface);

  const [, f_y, f_x] = frames.shape;
  let [shown, picture] = [-2, null];
  const camera = ease.board(figure(".camera"), (context, w, h) => {
    const k = Math.min(rows - 1, Math.ceil(time.now() / facts.period - 1e-6) - 1);
    if (k < 0) return;
    picture = ease.picture(f_x, f_y, (i) => {
      const share = (frames[k * f_x * f_y + i] - facts.dark) / (facts.light - facts.dark);
      return Array(3).fill(255 * Math.sqrt(Math.min(1, Math.max(0, share))));
    });
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, 0, 0, w, h);
  });
  time.tell((t) => {
    const k = Math.min(rows - 1, Math.ceil(t / facts.period - 1e-6) - 1);
    if (k === shown) return; // the camera looks once a row
    shown = k;
    camera();
  });
}
