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
