/* Spikes over time: a tick for each, on the input lines and of the neurons. */
function spikes(figure, ease, { strip }, facts, data, own) {
  const { duration } = facts;
  const ticks = (times, units, count, colour) => (context, w, h) => {
    const wide = Math.max(0.6, Math.min(1.5, w / (400 * duration))); // finer where there are many
    const high = Math.max(wide, h / count);
    for (let i = 0; i < times.length; i++) {
      context.fillStyle = colour(units[i]);
      context.fillRect(((times[i] * facts.tick) / duration) * w, (units[i] / count) * h, wide, high);
    }
  };
  strip(figure(".lines"), ticks(data.input_times, data.lines, facts.n_lines, () => ease.ink("--ink", 0.7)),
    [["1", 0.06], [String(facts.n_lines), 0.94]]);
  // the inhibitory neurons lie below the others, so that place tells them apart, not colour alone
  const order = [...data.inhibitory.keys()].sort((a, b) => data.inhibitory[a] - data.inhibitory[b] || a - b);
  const place = new Uint16Array(order.length);
  order.forEach((unit, row) => { place[unit] = row; });
  const n = facts.n_neurons, excites = n - facts.n_inhibitory;
  const rows = data.units.map((unit) => place[unit]);
  strip(figure(".raster"), (context, w, h) => {
    ticks(data.times, rows, n, (row) => ease.ink(row < excites ? own : "--ink"))(context, w, h);
    context.fillStyle = ease.ink("--line");
    context.fillRect(0, (excites / n) * h, w, 1);
  }, [["1", 0.03], [String(excites), Math.max(0.1, excites / n - 0.03)], [String(n), 0.98]]);
}

/* Spikes as clicks while the word plays: high for excitatory neurons, low for inhibitory ones. */
function clicks(root, time, facts, data) {
  const box = root.querySelector(".clicks");
  const most = 40; // clicks of one frame; more cannot be heard one by one
  let context = null, click = null, playing = false, speed = 1, last = 0;
  box.addEventListener("change", () => {
    if (!box.checked || context) return;
    context = new AudioContext();
    click = context.createBuffer(1, Math.round(0.012 * context.sampleRate), context.sampleRate);
    const wave = click.getChannelData(0);
    for (let i = 0; i < wave.length; i++) {
      const s = i / context.sampleRate;
      wave[i] = Math.sin(2 * Math.PI * 900 * s) * Math.exp(-s / 0.002);
    }
  });
  time.tellPlaying((on, t, times) => { playing = on; speed = times; last = t; });
  time.tell((t) => {
    const from = last;
    last = t;
    if (!playing || !box.checked || t <= from) return;
    const heard = [];
    for (let i = 0; i < data.times.length; i++) {
      const s = data.times[i] * facts.tick;
      if (s > from && s <= t) heard.push(i);
    }
    const every = Math.max(1, Math.ceil(heard.length / most));
    for (let k = 0; k < heard.length; k += every) {
      const i = heard[k];
      const source = context.createBufferSource(), volume = context.createGain();
      source.buffer = click;
      source.playbackRate.value = data.inhibitory[data.units[i]] ? 0.4 : 0.8 + 0.8 * (data.units[i] / facts.n_neurons);
      volume.gain.value = 0.15;
      source.connect(volume).connect(context.destination);
      source.start(context.currentTime + (data.times[i] * facts.tick - from) / speed);
    }
  });
}
