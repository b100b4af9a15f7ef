/* Colours of the page as numbers, and canvases that keep sharp and are drawn anew when either changes. */
function easel(root) {
  const probe = root.appendChild(document.createElement("i"));
  probe.hidden = true;
  let known = {};
  const redraws = [];

  // a custom property is text until a real one is made of it
  function rgb(name) {
    if (!known[name]) {
      probe.style.color = `var(${name})`;
      known[name] = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    }
    return known[name];
  }
  function ink(name, alpha = 1) {
    return `rgb(${rgb(name).join(" ")} / ${alpha})`;
  }
  function mixed(from, to, share) {
    return from.map((c, i) => c + (to[i] - c) * share);
  }

  /* Return a function that draws `canvas` anew, which is also done when its size or the colours change. */
  function board(canvas, draw) {
    const context = canvas.getContext("2d");
    function redraw() {
      const [w, h] = [canvas.clientWidth, canvas.clientHeight];
      if (!w || !h) return;
      const ratio = Math.min(window.devicePixelRatio || 1, 2);
      const [wide, high] = [Math.round(w * ratio), Math.round(h * ratio)];
      if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, w, h);
      context.save();
      draw(context, w, h);
      context.restore();
    }
    new ResizeObserver(redraw).observe(canvas);
    redraws.push(redraw);
    return redraw;
  }

  /* Return a canvas off the page that holds `colour(i)` for each of its pixels. */
  function picture(width, height, colour) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d");
    const image = context.createImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      const [r, g, b] = colour(i);
      image.data.set([r, g, b, 255], 4 * i);
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    known = {};
    redraws.forEach((redraw) => redraw());
  });
  return { rgb, ink, mixed, board, picture };
}
