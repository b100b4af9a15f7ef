/* What is heard: the wave, the cochleagram, and the sound itself for those who ask for it. */
function sound(root, ease, time, { strip }, facts, data) {
  const wave = data.wave;
  strip(root.querySelector(".wave"), (context, w, h) => {
    const n = wave.shape[0];
    context.fillStyle = ease.ink("--ink", 0.75);
    for (let i = 0; i < n; i++) {
      // down to the one before, or up to it: where bins are wider than a pixel the line would fall apart
      const low = i ? Math.min(wave[2 * i], wave[2 * i - 1]) : wave[0];
      const high = i ? Math.max(wave[2 * i + 1], wave[2 * i - 2]) : wave[1];
      const top = (0.5 - high / 254) * h;
      context.fillRect((i / n) * w, top, Math.max(0.7, w / n), Math.max(1, ((high - low) / 254) * h));
    }
  }, [["1", 0], ["0", 0.5], ["-1", 1]]);

  const cochlea = data.cochlea;
  const [steps, channels] = cochlea.shape;
  strip(root.querySelector(".cochlea"), (context, w, h) => {
    const [none, full] = [ease.rgb("--card"), ease.rgb("--ink")];
    const image = ease.picture(steps, channels, (i) => {
      const [row, step] = [channels - 1 - Math.floor(i / steps), i % steps]; // low tones lie at the bottom
      return ease.mixed(none, full, cochlea[step * channels + row] / 255);
    });
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, w, h);
  }, facts.tones.map(([hertz, share]) => [String(hertz), 1 - share]));

  const box = root.querySelector(".aloud");
  const speed = root.querySelector(".speed");
  box.addEventListener("change", () => {
    if (box.checked) speed.value = "1";
    speed.dispatchEvent(new Event("change")); // whoever plays hears of it
  });
  let player = null;
  time.tellPlaying((playing, t, times) => {
    if (player) player.pause();
    if (!playing || !box.checked || times !== 1) return;
    player = player || new Audio(root.querySelector(".wav").textContent.trim());
    player.currentTime = t;
    player.play().catch(() => { box.checked = false; }); // the browser will not have it
  });
}
